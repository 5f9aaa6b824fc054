package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.Operation
import org.apache.spark.sql.Row

/** Group-by backfills over small Hive tables. */
class GroupBySuite extends SparkSuite {
  import Confs._

  protected def pit: job.JoinAssembler.PointInTime = NaivePointInTime.apply(_, _, _)

  private def fill(groupBy: api.GroupBy, end: String, step: Int = 30) =
    new GroupBy(groupBy, end, tables, pointInTime = pit).computeBackfill(Some(step))

  private lazy val clicks = table(
    "clicks",
    "user STRING, shop STRING, amount DOUBLE, ts BIGINT, ds STRING",
    Row("a", "s", 1.0, at("2024-03-08 00:00"), "2024-03-08"),
    Row("a", "s", 2.0, at("2024-03-09 23:59"), "2024-03-09"),
    Row("a", null, 4.0, at("2024-03-10 10:00"), "2024-03-10"),
    Row(null, "s", 8.0, at("2024-03-10 11:00"), "2024-03-10"),
    Row(null, null, 16.0, at("2024-03-10 11:00"), "2024-03-10"),
    Row("b", "s", null, at("2024-03-10 11:00"), "2024-03-10")
  )

  private def sums(name: String, keys: Seq[String]) = groupBy(
    meta(name, db),
    Seq(events(clicks, query(same("user", "shop", "amount"), "ts"))),
    keys,
    Seq(aggregation("amount", Operation.SUM, Seq(days(2))), aggregation("amount", Operation.COUNT)),
    start = "2024-03-09"
  )

  test("events: one row per key and day with a value, as of the end of the day") {
    val out = fill(sums("test.by_user", Seq("user")), "2024-03-10")
    assert(out.columns.toSeq == Seq("user", "amount_sum_2d", "amount_count", "ds"))
    assert(rowsOf(out) == Seq("a|3.0|2|2024-03-09", "a|6.0|3|2024-03-10"))
  }

  test("keys with nulls are keys of their own, except where all are null") {
    assert(rowsOf(fill(
      sums("test.by_both", Seq("user", "shop")),
      "2024-03-10"
    ).select("user", "shop", "amount_sum_2d", "ds")) ==
      Seq("a|null|4.0|2024-03-10", "a|s|2.0|2024-03-10", "a|s|3.0|2024-03-09", "null|s|8.0|2024-03-10"))
  }

  test("steps give what one run gives") {
    val whole = rowsOf(fill(sums("test.whole", Seq("user")), "2024-03-10"))
    assert(rowsOf(fill(sums("test.stepped", Seq("user")), "2024-03-10", step = 1)) == whole)
  }

  private lazy val users = table(
    "users",
    "user STRING, age INT, seen BIGINT, ds STRING",
    Row("a", 20, at("2024-03-09 10:00"), "2024-03-09"),
    Row("a", 30, at("2024-03-01 10:00"), "2024-03-09"),
    Row("b", null, at("2024-03-09 10:00"), "2024-03-09"),
    Row(null, 1, at("2024-03-09 10:00"), "2024-03-09"),
    Row("a", 21, at("2024-03-10 10:00"), "2024-03-10")
  )

  test("entities: rows of each partition aggregated, keys without a value kept") {
    val out = fill(
      groupBy(
        meta("test.ages", db),
        Seq(entities(users, query(same("user", "age"), "seen"))),
        Seq("user"),
        Seq(aggregation("age", Operation.MAX, Seq(days(2)))),
        start = "2024-03-09"
      ),
      "2024-03-10"
    )
    assert(rowsOf(out) == Seq("a|20|2024-03-09", "a|21|2024-03-10", "b|null|2024-03-09"))
  }

  test("entities without aggregations are stored as they stand") {
    val out = fill(
      groupBy(
        meta("test.plain", db),
        Seq(entities(users, query(same("user", "age")))),
        Seq("user"),
        null,
        start = "2024-03-10"
      ),
      "2024-03-10"
    )
    assert(out.columns.toSeq == Seq("user", "age", "ds"))
    assert(rowsOf(out) == Seq("a|21|2024-03-10"))
  }

  test("sources are united by the columns of the first") {
    val more = table(
      "more",
      "amount DOUBLE, user STRING, at BIGINT, ds STRING",
      Row(32.0, "c", at("2024-03-10 01:00"), "2024-03-10")
    )
    val both = groupBy(
      meta("test.united", db),
      Seq(
        events(clicks, query(same("user", "amount"), "ts")),
        events(more, query(same("amount", "user"), "at"))
      ),
      Seq("user"),
      Seq(aggregation("amount", Operation.SUM)),
      start = "2024-03-10"
    )
    assert(rowsOf(fill(both, "2024-03-10")) == Seq("a|7.0|2024-03-10", "c|32.0|2024-03-10"))
  }

  test("without a time column an event happened at the end of its day") {
    val out = fill(
      groupBy(
        meta("test.no_time", db),
        Seq(events(clicks, query(same("user", "amount")))),
        Seq("user"),
        Seq(aggregation("amount", Operation.SUM, Seq(days(1)))),
        start = "2024-03-10"
      ),
      "2024-03-10"
    )
    assert(rowsOf(out) == Seq("a|4.0|2024-03-10"))
  }

  test("a cumulative source is read from its last partition, for every wanted day") {
    val all = table(
      "everything",
      "user STRING, amount DOUBLE, ts BIGINT, ds STRING",
      Row("a", 99.0, at("2024-03-01 00:00"), "2024-03-09"),
      Row("a", 1.0, at("2024-03-08 00:00"), "2024-03-10"),
      Row("a", 2.0, at("2024-03-10 00:00"), "2024-03-10")
    )
    val source = events(all, query(same("user", "amount"), "ts"))
    source.getEvents.setIsCumulative(true)
    val out = fill(
      groupBy(
        meta("test.cumulative", db),
        Seq(source),
        Seq("user"),
        Seq(aggregation("amount", Operation.SUM)),
        start = "2024-03-08"
      ),
      "2024-03-10"
    )
    assert(rowsOf(out) == Seq("a|1.0|2024-03-08", "a|1.0|2024-03-09", "a|3.0|2024-03-10"))
  }

  test("a partition column of another name and format of its own") {
    val other = table(
      "other",
      "user STRING, amount DOUBLE, at BIGINT, day STRING",
      Row("a", 1.0, at("2024-03-10 01:00"), "2024-03-10")
    )
    val out = fill(
      groupBy(
        meta("test.other", db),
        Seq(events(other, query(same("user", "amount"), "at", partition = "day"))),
        Seq("user"),
        Seq(aggregation("amount", Operation.SUM)),
        start = "2024-03-10"
      ),
      "2024-03-10"
    )
    assert(rowsOf(out) == Seq("a|1.0|2024-03-10"))
  }
}
