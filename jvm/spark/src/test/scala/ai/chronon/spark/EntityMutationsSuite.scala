package ai.chronon.spark

import ai.chronon.api.{Accuracy, Aggregation, Operation, Query}
import org.apache.spark.sql.Row

/** Joins with entities that have mutations, through the native operator.
  *
  * Expected values are those of the reference's join job over the same tables; where it is said, those that a fetch gives instead.
  */
class EntityMutationsSuite extends SparkSuite {
  import Confs._

  private val (before, after) = (true, false)
  private val (firstDay, secondDay) = ("2024-03-04", "2024-03-05")

  private lazy val snapshot = table(
    "s",
    "user BIGINT, shop STRING, ts BIGINT, v BIGINT, item STRING, ds STRING",
    Row(1L, "x", at("2024-03-03 20:00"), 10L, "a", "2024-03-03"),
    Row(3L, "x", at("2024-03-03 20:00"), 20L, "a", "2024-03-03"),
    Row(3L, "x", at("2024-02-27 03:00"), 4L, "a", "2024-03-03"),
    Row(3L, "x", at("2024-03-04 20:00"), 30L, "a", firstDay),
    Row(5L, "x", at("2024-03-03 20:00"), 10L, "a", "2024-03-03"),
    Row(8L, "x", at("2024-03-03 00:00"), 1L, "a", "2024-03-03"),
    Row(8L, "x", at("2024-02-26 00:00"), 16L, "a", "2024-03-03"),
    Row(8L, "x", at("2024-03-03 00:00") + 1, 2L, "a", "2024-03-03"),
    Row(9L, "x", at("2024-03-04 05:00"), 9L, "a", "2024-03-03"),
    Row(9L, "x", at("2024-03-03 05:00"), 1L, "a", "2024-03-03"),
    Row(10L, "x", at("2024-03-03 05:00"), 1L, "a", "2024-03-03"),
    Row(12L, "x", at("2024-03-03 05:00"), 1L, "a", "2024-03-03"),
    Row(13L, "x", at("2024-03-04 20:00"), 30L, "a", firstDay),
    Row(18L, "x", at("2024-03-03 05:00"), 5L, "a", "2024-03-03"),
    Row(19L, "x", at("2024-03-03 05:00"), 5L, "a", "2024-03-03"),
    Row(null, "x", at("2024-03-03 05:00"), 31L, "a", "2024-03-03")
  )

  private def mutation(user: Any, at: Any, ts: Long, v: Any, isBefore: Any, day: String, item: String = "a") =
    Row(user, "x", ts, v, item, at, isBefore, day)

  private def inserted(user: Any, at: Long, v: Any, day: String) = mutation(user, at, at, v, after, day)

  private lazy val mutations = {
    val old = at("2024-03-03 20:00")
    table(
      "m",
      "user BIGINT, shop STRING, ts BIGINT, v BIGINT, item STRING, mutation_ts BIGINT, is_before BOOLEAN, ds STRING",
      inserted(2L, at("2024-03-04 05:00"), 7L, firstDay),
      mutation(3L, at("2024-03-04 02:00"), old, 20L, before, firstDay),
      mutation(3L, at("2024-03-04 02:00"), old, 103L, after, firstDay),
      inserted(3L, at("2024-03-04 09:00"), 1003L, firstDay),
      inserted(5L, at("2024-03-04 09:50"), 3L, firstDay),
      mutation(6L, at("2024-03-04 01:00"), at("2024-03-04 05:00"), 5L, after, firstDay),
      // on the day of another partition
      inserted(7L, at("2024-03-05 01:00"), 5L, firstDay),
      inserted(7L, at("2024-03-04 09:00"), 50L, secondDay),
      mutation(10L, at("2024-03-04 01:00"), at("2024-03-04 01:00"), 6L, null, firstDay),
      inserted(12L, at("2024-03-04 00:00"), 6L, firstDay),
      inserted(13L, at("2024-03-05 01:00"), 400L, secondDay),
      mutation(14L, null, at("2024-03-04 01:00"), 5L, after, firstDay),
      inserted(16L, at("2024-03-03 23:00"), 5L, firstDay),
      inserted(16L, at("2024-03-04 01:00"), null, firstDay),
      mutation(16L, at("2024-03-04 02:00"), at("2024-03-03 23:00"), 5L, before, firstDay),
      mutation(18L, at("2024-03-04 01:00"), at("2024-03-03 05:00"), 5L, before, firstDay),
      mutation(19L, at("2024-03-04 01:00"), at("2024-03-03 05:00"), 5L, before, firstDay),
      mutation(19L, at("2024-03-04 01:00"), at("2024-03-03 05:00"), 6L, after, firstDay, item = "b"),
      inserted(null, at("2024-03-04 01:00"), 32L, firstDay)
    )
  }

  private lazy val questions = {
    val ten = at("2024-03-04 10:00")
    val some = Seq(1L, 2L, 3L, 4L, 5L, 7L, 9L, 10L, 14L, 16L, 18L, 18L, 19L).map(user => (user, ten))
    val others = Seq(
      (2L, at("2024-03-04 01:00")),
      (3L, at("2024-03-05 10:00")),
      (5L, at("2024-03-04 12:00")),
      (6L, at("2024-03-04 02:00")),
      (6L, at("2024-03-04 08:00")),
      (7L, at("2024-03-05 10:00")),
      (8L, at("2024-03-04 00:00")),
      (12L, at("2024-03-04 00:00")),
      (12L, at("2024-03-04 00:00") + 1)
    )
    table(
      "q",
      "user BIGINT, shop STRING, ts BIGINT, ds STRING",
      (some ++ others).map { case (user, time) => Row(user, "x", time, tables.partitionSpec.at(time)) } ++
        Seq(
          Row(13L, "x", at("2024-03-05 10:00"), firstDay), // a time of another day than its partition's
          Row(null, "x", ten, firstDay)
        ): _*
    )
  }

  private def asked(selects: Seq[(String, String)] = same("user", "shop", "v", "item")): Query =
    query(selects, "ts").setMutationTimeColumn("mutation_ts").setReversalColumn("is_before")

  private val sums =
    Seq(aggregation("v", Operation.SUM, Seq(hours(1), days(1), days(7), days(Int.MaxValue))))

  private def states(
      name: String,
      query: Query = asked(),
      aggregations: Seq[Aggregation] = sums,
      mutationTable: String = mutations,
      keys: Seq[String] = Seq("user")
  ) =
    groupBy(
      meta(s"test.$name", db),
      Seq(entities(snapshot, query, mutationTable)),
      keys,
      aggregations,
      Accuracy.TEMPORAL
    )

  private def joined(name: String, parts: ai.chronon.api.JoinPart*) =
    join(meta(s"test.join_$name", db), events(questions, query(same("user", "shop"), "ts")), parts: _*)

  /** User, time of the question, and the features. */
  private def filled(join: ai.chronon.api.Join, where: String = "true"): Seq[String] = {
    val out = new Join(join, secondDay, tables).computeJoin().where(where)
    rowsOf(out.selectExpr(
      "user" +: "date_format(timestamp_millis(ts), 'dd HH:mm')" +:
        out.columns.toSeq.filterNot(Set("user", "shop", "ts", "ds")): _*
    ))
  }

  private def refusal(join: => ai.chronon.api.Join): String =
    intercept[DefinitionException](filled(join)).getMessage

  test(
    "a row gets the state of its moment: the snapshot before its day, and the mutations of the day before it"
  ) {
    assert(filled(joined("sums", part(states("sums")))) == Seq(
      "10|04 10:00|null|6|7|7", // neither before nor after is after
      "12|04 00:00|6|7|7|7",
      "12|04 00:00|null|1|1|1",
      "13|05 10:00|null|430|430|430",
      "14|04 10:00|null|null|null|null", // a mutation without its time is none
      "16|04 10:00|null|-5|-5|-5",
      "18|04 10:00|null|null|0|0",
      "18|04 10:00|null|null|0|0",
      "19|04 10:00|null|null|6|6",
      "1|04 10:00|null|10|10|10",
      "2|04 01:00|null|null|null|null",
      "2|04 10:00|null|7|7|7",
      "3|04 10:00|1003|1106|1110|1110",
      "3|05 10:00|null|30|30|30",
      "4|04 10:00|null|null|null|null",
      "5|04 10:00|3|13|13|13",
      "5|04 12:00|null|13|13|13", // as fetched; the reference keeps what was folded at ten: 3
      "6|04 02:00|null|null|null|null",
      "6|04 08:00|null|5|5|5", // as fetched; the reference judges the mutation at two only: null
      "7|04 10:00|null|null|null|null",
      "7|05 10:00|null|null|null|null",
      "8|04 00:00|null|2|3|19", // exactly at the start of a window is outside, as in uploads
      "9|04 10:00|null|null|1|1",
      "null|04 10:00|null|null|null|null"
    ))
  }

  test("what ignores deletes keeps the old image, and what does not forgets it") {
    val others = Seq(
      aggregation("v", Operation.COUNT),
      aggregation("v", Operation.MAX),
      aggregation("v", Operation.LAST),
      aggregation("item", Operation.HISTOGRAM)
    )
    val found =
      filled(joined("others", part(states("others", aggregations = others))), "user IN (3, 16, 18, 19)")
    assert(found == Seq(
      "16|04 10:00|-1|null|null|Map()",
      "18|04 10:00|0|5|5|Map()",
      "18|04 10:00|0|5|5|Map()",
      "19|04 10:00|1|6|5|Map(b -> 1)",
      "3|04 10:00|3|1003|1003|Map(a -> 3)",
      "3|05 10:00|1|30|30|Map(a -> 1)"
    ))
  }

  test(
    "parts on the same keys share an exchange of the left, and rows of it are matched by the day as well"
  ) {
    val clicks = table(
      "clicks",
      "user BIGINT, n BIGINT, ts BIGINT, ds STRING",
      Row(3L, 1L, at("2024-03-04 09:00"), firstDay),
      Row(3L, 2L, at("2024-03-05 09:00"), secondDay)
    )
    val clicked = groupBy(
      meta("test.clicked", db),
      Seq(events(clicks, query(same("user", "n"), "ts"))),
      Seq("user"),
      Seq(aggregation("n", Operation.SUM)),
      Accuracy.TEMPORAL
    )
    val both =
      joined("both", part(states("both")), part(clicked), part(states("keyed", keys = Seq("user", "shop"))))
    assert(filled(both, "user = 3") == Seq(
      "3|04 10:00|1003|1106|1110|1110|1|1003|1106|1110|1110",
      "3|05 10:00|null|30|30|30|3|null|30|30|30"
    ))
    val one = new job.JoinAssembler(
      tables,
      joined("one", part(states("both")), part(clicked)),
      Seq(part(states("both")), part(clicked)).map(job.PartPlan.of(ai.chronon.api.DataModel.Events, _)),
      new job.LeftFrame(tables, joined("one")),
      pit.PointInTimeJoin.apply(_, _, _)
    )
    val days = catalog.PartitionRange.of(firstDay, secondDay, tables.partitionSpec)
    val exchanges = one.assemble(
      days,
      days
    ).queryExecution.executedPlan.toString.split("Exchange hashpartitioning").length - 1
    assert(exchanges == 3, "the left, the entities and the events")
  }

  test("the range of partitions of the query holds for snapshots and for mutations") {
    val from = states("from", asked().setStartPartition(firstDay))
    assert(filled(joined("from", part(from)), "user = 3") ==
      Seq("3|04 10:00|1003|1086|1086|1086", "3|05 10:00|null|30|30|30"))
    val until = states("until", asked().setEndPartition(firstDay))
    assert(filled(joined("until", part(until)), "user = 13") == Seq("13|05 10:00|null|30|30|30"))
  }

  test("without selects, and without names of the columns of a mutation, those of the table are taken") {
    val plain = asked(Nil).setTimeColumn(null).setMutationTimeColumn(null).setReversalColumn(null)
    val unnamed = asked().setMutationTimeColumn(null).setReversalColumn(null)
    Seq(plain, unnamed).zipWithIndex.foreach { case (query, i) =>
      assert(filled(joined(s"plain_$i", part(states(s"plain_$i", query))), "user = 3") ==
        Seq("3|04 10:00|1003|1106|1110|1110", "3|05 10:00|null|30|30|30"))
    }
  }

  test("what is missing or of another type is said by definition and column") {
    def said(name: String, part: ai.chronon.api.GroupBy) = refusal(joined(name, Confs.part(part)))
    // what the definition alone tells is told before any table is looked for
    val noTable = intercept[DefinitionException](new Join(
      join(
        meta("test.early", db),
        events("no.such_table", query()),
        part(states("no_table", mutationTable = null))
      ),
      secondDay,
      tables
    )).getMessage
    assert(noTable.contains("group-by test.no_table") && noTable.contains("mutationTable"), noTable)
    val nothing = said("nothing", states("nothing", aggregations = null))
    assert(
      nothing.contains("group-by test.nothing") && nothing.contains("nothing to merge with mutations"),
      nothing
    )
    val timeless = said(
      "timeless",
      states("timeless", asked().setTimeColumn(null), Seq(aggregation("v", Operation.SUM)))
    )
    assert(
      timeless.contains("group-by test.timeless") && timeless.contains("mutations need a time"),
      timeless
    )
    val text = said("text", states("text", asked().setMutationTimeColumn("item")))
    assert(text.contains("mutation_ts") && text.contains("string") && text.contains("bigint"), text)
    val number = said("number", states("number", asked().setReversalColumn("v")))
    assert(number.contains("is_before") && number.contains("boolean"), number)
    val other = table(
      "other",
      "user BIGINT, ts BIGINT, v DOUBLE, mutation_ts BIGINT, is_before BOOLEAN, ds STRING",
      Row(3L, at("2024-03-04 09:00"), 1.0, at("2024-03-04 09:00"), after, firstDay)
    )
    val types = said("types", states("types", asked(Nil).setTimeColumn(null), mutationTable = other))
    assert(types.contains("`v` = double") && types.contains("bigint in the snapshot"), types)
  }
}
