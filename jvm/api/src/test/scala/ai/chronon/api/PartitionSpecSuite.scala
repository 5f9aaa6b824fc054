package ai.chronon.api

import org.scalatest.funsuite.AnyFunSuite

class PartitionSpecSuite extends AnyFunSuite {
  private val daily = PartitionSpec.Daily
  private val hours = (n: Int) => new Window(n, TimeUnit.HOURS)

  Seq(
    ("2024-03-10", daily.at(1710028800000L), "the first millisecond of a day"),
    ("2024-03-09", daily.at(1710028799999L), "the last millisecond of a day"),
    ("1969-12-31", daily.at(-1L), "a moment before the epoch"),
    ("2024-03-09", daily.before("2024-03-10"), "the day before"),
    ("2024-03-01", daily.after("2024-02-29"), "the day after a leap day"),
    ("2024-03-09", daily.before(1710028800000L), "the day before that of a moment"),
    ("2023-12-30", daily.shift("2024-01-01", -2), "back over a year's end"),
    ("2024-03-09", daily.minus("2024-03-10", hours(5)), "an hour window floors to its day"),
    ("2024-03-03", daily.minus("2024-03-10", new Window(7, TimeUnit.DAYS)), "a day window"),
    ("20240311", PartitionSpec("yyyyMMdd", 86400000L).after("20240310"), "another pattern"),
    ("2024-03-10-23", PartitionSpec("yyyy-MM-dd-HH", 3600000L).before("2024-03-11-00"), "another span")
  ).foreach { case (expected, actual, name) => test(name)(assert(expected == actual)) }

  test("a partition's first millisecond is that of its day in UTC")(assert(1710028800000L ==
    daily.epochMillis("2024-03-10")))

  Seq("2024-13-45", "2024-03-10x", "20240310", "__HIVE_DEFAULT_PARTITION__", "", null).foreach { value =>
    test(s"`$value` is refused by value and pattern") {
      val message = intercept[IllegalArgumentException](daily.epochMillis(value)).getMessage
      assert(message == s"partition `$value` does not follow the pattern yyyy-MM-dd")
    }
  }
}
