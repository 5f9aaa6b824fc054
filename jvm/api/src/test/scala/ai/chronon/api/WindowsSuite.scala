package ai.chronon.api

import ai.chronon.api.Samples._
import org.scalatest.funsuite.AnyFunSuite

class WindowsSuite extends AnyFunSuite {
  private val week = new Window(7, TimeUnit.DAYS)
  private val day = new Window(24, TimeUnit.HOURS)

  Seq(
    ("_7d", week, "days"),
    ("_24h", day, "hours are not made days"),
    ("", Windows.Unbounded, "unbounded"),
    ("", new Window(0, TimeUnit.DAYS), "no length at all"),
    ("", null, "absent")
  ).foreach { case (expected, window, name) =>
    test(s"suffix: $name")(assert(expected == Windows.suffix(window)))
  }

  Seq(("3d", 259200000L), ("25h", 90000000L), ("5 minutes", 300000L), ("1 seconds", 1000L)).foreach {
    case (expected, millis) => test(s"$millis ms is $expected")(assert(expected == Windows.spanText(millis)))
  }

  private val source = Seq(events("db.t"))
  Seq(
    (Some(week), groupBy("g", source, aggregation("a", Operation.SUM, Seq(day, week))), "the longest of all"),
    (
      None,
      groupBy("g", source, aggregation("a", Operation.SUM, Seq(week)), aggregation("a", Operation.MAX)),
      "one is unwindowed"
    ),
    (None, groupBy("g", source), "no aggregations")
  ).foreach { case (expected, definition, name) =>
    test(s"longest window: $name")(assert(expected == Windows.longest(definition)))
  }
}
