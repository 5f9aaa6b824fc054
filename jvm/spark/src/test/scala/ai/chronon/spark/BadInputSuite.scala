package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Accuracy, Operation}
import org.apache.spark.sql.Row

/** Definitions and data that cannot be run: one clear error each, and nothing left behind. */
class BadInputSuite extends SparkSuite {
  import Confs._

  private def pit: job.JoinAssembler.PointInTime = NaivePointInTime.apply(_, _, _)

  private lazy val left = table(
    "left_rows",
    "user STRING, n INT, at BIGINT, late BIGINT, when STRING, ds STRING",
    Row("a", 1, at("2024-03-10 10:00"), null, "10:00", "2024-03-10")
  )

  private lazy val right = table(
    "right_rows",
    "user STRING, id BIGINT, amount DOUBLE, item STRING, day DATE, at BIGINT, late BIGINT, ds STRING",
    Row("a", 1L, 1.0, "x", java.sql.Date.valueOf("2024-03-10"), at("2024-03-10 09:00"), null, "2024-03-10")
  )

  private lazy val people = table("people", "user STRING, age INT, ds STRING", Row("a", 1, "2024-03-09"))

  private def views(selects: Seq[(String, String)] = same("user"), time: String = "at") =
    events(left, query(selects, time))

  private def definition(
      source: api.Source = events(right, query(same("user", "id", "amount", "item", "day"), "at")),
      keys: Seq[String] = Seq("user"),
      aggregations: Seq[api.Aggregation] = Seq(aggregation("amount", Operation.SUM, Seq(days(1)))),
      accuracy: Accuracy = Accuracy.TEMPORAL
  ) = groupBy(meta("test.g", db), Seq(source), keys, aggregations, accuracy)

  private def joined(left: api.Source, parts: api.JoinPart*) = join(meta("test.j", db), left, parts: _*)

  private val cases: Seq[(String, () => api.Join, Seq[String])] = Seq(
    (
      "unknown column in a select of the left",
      () => joined(views(Seq("user" -> "usr"))),
      Seq("join test.j", "`user` = usr")
    ),
    (
      "unknown column in a select of a group-by",
      () =>
        joined(
          views(),
          part(definition(events(right, query(Seq("user" -> "user", "amount" -> "amuont"), "at"))))
        ),
      Seq("group-by test.g", "`amount` = amuont", "amuont")
    ),
    (
      "unknown column in a filter",
      () =>
        joined(
          views(),
          part(definition(events(right, query(same("user", "amount"), "at", wheres = Seq("shop = 1")))))
        ),
      Seq("group-by test.g", "`wheres` = shop = 1")
    ),
    (
      "unknown input column of an aggregation",
      () => joined(views(), part(definition(aggregations = Seq(aggregation("price", Operation.SUM))))),
      Seq("group-by test.g", "`price`", "no such column")
    ),
    (
      "unknown key of a group-by",
      () => joined(views(), part(definition(keys = Seq("usr")), Map("user" -> "usr"))),
      Seq("group-by test.g", "`usr`")
    ),
    (
      "unknown key on the left",
      () => joined(views(Seq("viewer" -> "user")), part(definition())),
      Seq("join test.j", "`user`", "no such column on the left", "viewer")
    ),
    (
      "types of a key differ",
      () => joined(views(Seq("user" -> "n")), part(definition())),
      Seq("join test.j", "`user` = int", "`user` of group-by test.g is string")
    ),
    (
      "types of a key differ, no aggregations",
      () =>
        joined(
          views(Seq("user" -> "n")),
          part(groupBy(
            meta("test.g", db),
            Seq(entities(people, query(same("user", "age")))),
            Seq("user"),
            null
          ))
        ),
      Seq("join test.j", "`user` = int", "is string")
    ),
    ("time of the left is missing", () => joined(views(time = null)), Seq("join test.j", "`ts`")),
    ("time of the left is unknown", () => joined(views(time = "clock")), Seq("join test.j", "`ts` = clock")),
    (
      "time of the left is not a long",
      () => joined(views(time = "when")),
      Seq("join test.j", "`ts` = string", "long")
    ),
    ("time of the left is an int", () => joined(views(time = "n")), Seq("join test.j", "`ts` = int")),
    (
      "time of the right is missing",
      () => joined(views(), part(definition(events(right, query(same("user", "amount")))))),
      Seq("group-by test.g", "`ts`")
    ),
    (
      "time of the right is not a long",
      () => joined(views(), part(definition(events(right, query(same("user", "amount"), "item"))))),
      Seq("group-by test.g", "`ts` = string", "long")
    ),
    (
      "a bucket that is no string",
      () =>
        joined(
          views(),
          part(definition(aggregations = Seq(aggregation("amount", Operation.SUM, buckets = Seq("id")))))
        ),
      Seq("group-by test.g", "`id` = bigint", "bucket")
    ),
    (
      "an unknown bucket",
      () =>
        joined(
          views(),
          part(definition(aggregations = Seq(aggregation("amount", Operation.SUM, buckets = Seq("shop")))))
        ),
      Seq("group-by test.g", "`shop`", "no such column")
    ),
    (
      "a window over a column of a type that cannot be summed",
      () =>
        joined(
          views(),
          part(definition(aggregations = Seq(aggregation("item", Operation.SUM, Seq(days(1))))))
        ),
      Seq("group-by test.g", "`item` = string", "SUM over 1 DAYS")
    ),
    (
      "a date",
      () => joined(views(), part(definition(aggregations = Seq(aggregation("day", Operation.COUNT))))),
      Seq("group-by test.g", "`day` = date")
    ),
    (
      "hours per day",
      () =>
        joined(
          views(),
          part(definition(
            aggregations = Seq(aggregation("amount", Operation.SUM, Seq(hours(3)))),
            accuracy = Accuracy.SNAPSHOT
          ))
        ),
      Seq("group-by test.g", "`amount` = window of 3 hours")
    ),
    (
      "an empty list of windows",
      () => joined(views(), part(definition(aggregations = Seq(aggregation("amount", Operation.SUM, Nil))))),
      Seq("group-by test.g", "windows = []")
    ),
    (
      "no table of that name",
      () => joined(events(s"$db.nowhere", query(same("user"), "at"))),
      Seq("join test.j", s"$db.nowhere")
    ),
    (
      "no table of that name on the right",
      () => joined(views(), part(definition(events(s"$db.nowhere", query(same("user", "amount"), "at"))))),
      Seq("group-by test.g", s"$db.nowhere")
    ),
    (
      "two parts with one name",
      () => joined(views(), part(definition()), part(definition())),
      Seq("join test.j", "test_g", "prefix")
    ),
    (
      "a part that gives a column of the left",
      () => joined(views(Seq("user" -> "user", "test_g_amount_sum_1d" -> "n")), part(definition())),
      Seq("join test.j", "`test_g_amount_sum_1d`")
    ),
    (
      "an unknown skewed key",
      () => {
        val j = joined(views(), part(definition()))
        j.setSkewKeys(java.util.Collections.singletonMap("usr", java.util.Arrays.asList("1")))
        j
      },
      Seq("join test.j", "`skewKeys` = usr")
    )
  )

  cases.foreach { case (name, build, expected) =>
    test(name) {
      val e = intercept[Exception](new Join(build(), "2024-03-10", tables, pointInTime = pit).computeJoin())
      val message = DefinitionException.explain(e)
      expected.foreach(text => assert(message.contains(text), message))
      assert(!tables.exists(s"$db.test_j"), "nothing was written")
    }
  }

  private val nulls: Seq[(String, () => api.Join, String)] = Seq(
    (
      "of the left",
      () => joined(views(time = "late"), part(definition())),
      "join test.j: `ts` = null in a row (ds 2024-03-10)"
    ),
    (
      "of the left, with a SNAPSHOT part",
      () => joined(views(time = "late"), part(definition(accuracy = Accuracy.SNAPSHOT))),
      "join test.j: `ts` = null"
    ),
    (
      "of the right",
      () => joined(views(), part(definition(events(right, query(same("user", "amount"), "late"))))),
      "group-by test.g: `ts` = null in a row (ds 2024-03-10)"
    )
  )

  nulls.foreach { case (name, build, expected) =>
    test(s"a null time $name fails the run and leaves no partition") {
      val e = intercept[Exception](new Join(build(), "2024-03-10", tables, pointInTime = pit).computeJoin())
      assert(DefinitionException.explain(e).startsWith(expected), DefinitionException.explain(e))
      assert(tables.partitions(s"$db.test_j").isEmpty)
      spark.sql(s"DROP TABLE IF EXISTS $db.test_j")
    }
  }

  private val unsupported: Seq[(String, api.Join => Unit)] = Seq(
    "bootstrapParts" -> (j => j.setBootstrapParts(java.util.Arrays.asList(new api.BootstrapPart()))),
    "derivations" -> (j => j.setDerivations(java.util.Arrays.asList(new api.Derivation()))),
    "labelPart" -> (j => j.setLabelPart(new api.LabelPart())),
    "onlineExternalParts" -> (j => j.setOnlineExternalParts(java.util.Arrays.asList(new api.ExternalPart()))),
    "modelTransforms" -> (j => j.setModelTransforms(new api.ModelTransforms())),
    "left.joinSource" -> (j => j.setLeft(api.Source.joinSource(new api.JoinSource()))),
    "left.isCumulative" -> (j => j.getLeft.getEvents.setIsCumulative(true)),
    "derivations" ->
      (j => j.getJoinParts.get(0).getGroupBy.setDerivations(java.util.Arrays.asList(new api.Derivation()))),
    "isIncremental" -> (j => j.getJoinParts.get(0).getGroupBy.setIsIncremental(true)),
    "sources.joinSource" ->
      (j =>
        j.getJoinParts.get(
          0
        ).getGroupBy.setSources(java.util.Arrays.asList(api.Source.joinSource(new api.JoinSource())))
      ),
    "the macro in the select `amount`" ->
      (j =>
        j.getJoinParts.get(0).getGroupBy.getSources.get(0).getEvents.getQuery.getSelects.put(
          "amount",
          "'{{ CHRONON_RUN_DS }}'"
        )
      )
  )

  unsupported.zipWithIndex.foreach { case ((what, change), i) =>
    test(s"refused by name before any work ($i): $what") {
      val definition = join(
        meta("test.j", db),
        events("no.table", query(same("user"), "at")),
        part(groupBy(
          meta("test.g", db),
          Seq(events("no.table", query(same("user", "amount"), "at"))),
          Seq("user"),
          Seq(aggregation("amount", Operation.SUM))
        ))
      )
      change(definition)
      val e = intercept[DefinitionException](new Join(definition, "2024-03-10", tables))
      assert(e.getMessage.contains(s"$what") && e.getMessage.contains("is not built yet"), e.getMessage)
    }
  }
}
