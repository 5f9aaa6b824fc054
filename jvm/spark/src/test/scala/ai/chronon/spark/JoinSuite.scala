package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Accuracy, Operation}
import org.apache.spark.sql.Row

/** Whole joins over small Hive tables. */
class JoinSuite extends SparkSuite {
  import Confs._

  private def fill(join: api.Join, end: String) =
    new Join(join, end, tables, pointInTime = pit).computeJoin()

  /** Replaced by the operator in suites that have the native library. */
  protected def pit: job.JoinAssembler.PointInTime = NaivePointInTime.apply(_, _, _)

  private lazy val clicks = table(
    "clicks",
    "user STRING, amount DOUBLE, item STRING, ts BIGINT, ds STRING",
    Row("a", 1.0, "x", at("2024-03-08 10:00"), "2024-03-08"),
    Row("a", 2.0, "y", at("2024-03-09 23:59"), "2024-03-09"),
    Row("a", 4.0, null, at("2024-03-10 10:00"), "2024-03-10"),
    Row("b", 8.0, "x", at("2024-03-10 11:00"), "2024-03-10"),
    Row(null, 16.0, "x", at("2024-03-10 11:00"), "2024-03-10"),
    Row("a", null, "x", at("2024-03-10 11:30"), "2024-03-10")
  )

  private lazy val views = table(
    "views",
    "user STRING, request_id BIGINT, at BIGINT, ds STRING",
    Row("a", 1L, at("2024-03-10 10:00"), "2024-03-10"),
    Row("a", 2L, at("2024-03-10 10:01"), "2024-03-10"),
    Row("a", 2L, at("2024-03-10 10:01"), "2024-03-10"),
    Row("b", 3L, at("2024-03-11 00:00"), "2024-03-11"),
    Row("c", 4L, at("2024-03-11 00:00"), "2024-03-11"),
    Row(null, 5L, at("2024-03-11 00:00"), "2024-03-11")
  )

  private lazy val users = table(
    "users",
    "user STRING, age INT, country STRING, ds STRING",
    Row("a", 20, "NL", "2024-03-08"),
    Row("a", 21, "NL", "2024-03-09"),
    Row("b", 30, "DE", "2024-03-09"),
    Row("a", 22, "BE", "2024-03-10"),
    Row("b", 31, "DE", "2024-03-10")
  )

  private def left(table: String = views) = events(table, query(same("user", "request_id"), "at"))

  private def amounts(accuracy: Accuracy) = groupBy(
    meta(s"test.amounts.${accuracy.toString.toLowerCase}", db),
    Seq(events(clicks, query(same("user", "amount", "item"), "ts"))),
    Seq("user"),
    Seq(
      aggregation("amount", Operation.SUM, Seq(days(1), days(2))),
      aggregation("amount", Operation.COUNT)
    ),
    accuracy
  )

  private def countries = groupBy(
    meta("test.countries", db),
    Seq(entities(users, query(same("user", "age", "country")))),
    Seq("user"),
    null
  )

  test("a TEMPORAL part is as of the left row's own time, and duplicate rows stay") {
    val out = fill(join(meta("test.temporal", db), left(), part(amounts(Accuracy.TEMPORAL))), "2024-03-11")
    assert(out.columns.toSeq == Seq(
      "user",
      "ts",
      "request_id",
      "test_amounts_temporal_amount_sum_1d",
      "test_amounts_temporal_amount_sum_2d",
      "test_amounts_temporal_amount_count",
      "ds"
    ))
    assert(rowsOf(out.drop("ts", "user")) == Seq(
      "1|2.0|3.0|2|2024-03-10", // an event at exactly the query time is not seen
      "2|6.0|7.0|3|2024-03-10",
      "2|6.0|7.0|3|2024-03-10",
      "3|8.0|8.0|1|2024-03-11",
      "4|null|null|null|2024-03-11",
      "5|null|null|null|2024-03-11"
    ))
  }

  test("a SNAPSHOT part is as of the start of the left row's day") {
    val out = fill(join(meta("test.snapshot", db), left(), part(amounts(Accuracy.SNAPSHOT))), "2024-03-11")
    assert(rowsOf(out.drop("ts", "user")) == Seq(
      "1|2.0|3.0|2|2024-03-10",
      "2|2.0|3.0|2|2024-03-10",
      "2|2.0|3.0|2|2024-03-10",
      "3|8.0|8.0|1|2024-03-11",
      "4|null|null|null|2024-03-11",
      "5|null|null|null|2024-03-11"
    ))
  }

  test("an entity part is the snapshot of the day before the left row's time") {
    val out = fill(join(meta("test.plain", db), left(), part(countries)), "2024-03-11")
    assert(out.columns.toSeq ==
      Seq("user", "ts", "request_id", "test_countries_country", "test_countries_age", "ds"))
    assert(rowsOf(out.drop("ts", "user")) == Seq(
      "1|NL|21|2024-03-10",
      "2|NL|21|2024-03-10",
      "2|NL|21|2024-03-10",
      "3|DE|31|2024-03-11",
      "4|null|null|2024-03-11",
      "5|null|null|2024-03-11"
    ))
  }

  test("columns of a wide join stand as the worked example of the reference has them") {
    val out = fill(
      join(
        meta("test.wide", db),
        left(),
        part(amounts(Accuracy.SNAPSHOT)),
        part(amounts(Accuracy.TEMPORAL)),
        part(countries)
      ),
      "2024-03-11"
    )
    assert(out.columns.toSeq == Seq("user", "ts", "request_id") ++
      Seq("snapshot", "temporal").flatMap(a =>
        Seq("sum_1d", "sum_2d", "count").map(c => s"test_amounts_${a}_amount_$c")
      ) ++
      Seq("test_countries_country", "test_countries_age", "ds"))
  }

  test("keys are mapped and prefixes put first") {
    val renamed = events(views, query(Seq("viewer" -> "user", "request_id" -> "request_id"), "at"))
    val out = fill(
      join(meta("test.mapped", db), renamed, part(countries, Map("viewer" -> "user"), "v")),
      "2024-03-11"
    )
    assert(out.columns.toSeq ==
      Seq("viewer", "ts", "request_id", "v_test_countries_country", "v_test_countries_age", "ds"))
    assert(rowsOf(out.select("request_id", "v_test_countries_age")).take(1) == Seq("1|21"))
  }

  test("an entity left takes the state at the end of its partition") {
    val people = entities(users, query(same("user"), start = "2024-03-08"))
    val out = fill(
      join(meta("test.entity_left", db), people, part(amounts(Accuracy.TEMPORAL)), part(countries)),
      "2024-03-10"
    )
    assert(rowsOf(out.select("user", "ds", "test_amounts_temporal_amount_sum_1d", "test_countries_age")) ==
      Seq(
        "a|2024-03-08|1.0|20",
        "a|2024-03-09|2.0|21",
        "a|2024-03-10|4.0|22",
        "b|2024-03-09|null|30",
        "b|2024-03-10|8.0|31"
      ))
  }

  test("an aggregated entity snapshot counts rows of one day only, its windows to the millisecond") {
    val logins = table(
      "logins",
      "user STRING, n BIGINT, seen BIGINT, ds STRING",
      Row("a", 1L, at("2024-03-08 00:00"), "2024-03-09"), // lies before the day that ends with 03-09
      Row("a", 2L, at("2024-03-09 00:00"), "2024-03-09"),
      Row("a", 4L, at("2024-03-10 00:00"), "2024-03-09"), // not yet seen at 03-10 00:00
      Row("a", 8L, at("2024-03-09 12:00"), "2024-03-10")
    )
    def definition(name: String, windows: Seq[api.Window]) = groupBy(
      meta(name, db),
      Seq(entities(logins, query(same("user", "n"), "seen"))),
      Seq("user"),
      Seq(aggregation("n", Operation.SUM, windows), aggregation("n", Operation.COUNT))
    )
    val out = fill(
      join(
        meta("test.entity_sums", db),
        left(),
        part(definition("test.w", Seq(days(1)))),
        part(definition("test.all", null))
      ),
      "2024-03-11"
    )
    assert(rowsOf(out.select(
      "request_id",
      "test_w_n_sum_1d",
      "test_w_n_count",
      "test_all_n_sum",
      "test_all_n_count"
    ).where("request_id < 4")) ==
      Seq("1|2|2|7|3", "2|2|2|7|3", "2|2|2|7|3", "3|null|null|null|null"))
  }

  test("skewed keys leave the left and the right, null keys with them") {
    val definition = join(meta("test.skewed", db), left(), part(amounts(Accuracy.TEMPORAL)))
    definition.setSkewKeys(java.util.Collections.singletonMap("user", java.util.Arrays.asList("'a'", "null")))
    assert(rowsOf(fill(definition, "2024-03-11").select("user", "test_amounts_temporal_amount_count")) ==
      Seq("b|1", "c|null"))
  }

  test("only holes are filled, step by step, and a second run does nothing") {
    val definition = join(meta("test.steps", db), left(), part(countries))
    val lines = Seq.newBuilder[String]
    def again(end: String) =
      new Join(definition, end, tables, show = lines += _, pointInTime = pit).computeJoin(Some(1), None)
    again("2024-03-10")
    assert(lines.result().length == 1 && lines.result().head.contains("4 rows") == false)
    assert(lines.result().head.contains("[2024-03-10…2024-03-10]: 3 rows"))
    again("2024-03-11")
    assert(lines.result().length == 2 && lines.result().last.contains("[2024-03-11…2024-03-11]: 3 rows"))
    again("2024-03-11")
    assert(lines.result().length == 2)
  }

  test("a left row whose time lies in another day than its partition takes the features of its time") {
    val late = table(
      "late",
      "user STRING, at BIGINT, ds STRING",
      Row("a", at("2024-03-09 12:00"), "2024-03-10"),
      Row("a", at("2024-03-10 12:00"), "2024-03-10")
    )
    val out = fill(
      join(
        meta("test.late", db),
        events(late, query(same("user"), "at")),
        part(countries),
        part(amounts(Accuracy.SNAPSHOT))
      ),
      "2024-03-10"
    )
    assert(rowsOf(out.select("test_countries_age", "test_amounts_snapshot_amount_sum_1d")) ==
      Seq("20|1.0", "21|2.0"))
  }
}
