package ai.chronon.api

import scala.collection.JavaConverters._

/** Lengths and names of windows. A window of length `Int.MaxValue`, or of none at all, is unbounded. */
object Windows {
  val Unbounded: Window = new Window(Int.MaxValue, TimeUnit.DAYS)
  val Hour: Window = new Window(1, TimeUnit.HOURS)
  val Day: Window = new Window(1, TimeUnit.DAYS)

  val HourMillis: Long = 3600L * 1000
  val DayMillis: Long = 24 * HourMillis
  val FiveMinuteMillis: Long = 5L * 60 * 1000

  def isUnbounded(window: Window): Boolean =
    window == null || window.getLength == Int.MaxValue || window.getLength <= 0

  def unitMillis(unit: TimeUnit): Long = unit match {
    case TimeUnit.HOURS => HourMillis
    case TimeUnit.DAYS  => DayMillis
  }

  def unitText(unit: TimeUnit): String = unit match {
    case TimeUnit.HOURS => "h"
    case TimeUnit.DAYS  => "d"
  }

  /** Length times unit, also for the unbounded length: callers that must not reach past all time ask `isUnbounded`. */
  def millis(window: Window): Long = window.getLength.toLong * unitMillis(window.getTimeUnit)

  /** `7d`, `3h`. */
  def text(window: Window): String = s"${window.getLength}${unitText(window.getTimeUnit)}"

  /** What a window adds to a column name: `_7d`, or nothing for an unbounded one. */
  def suffix(window: Window): String = if (isUnbounded(window)) "" else "_" + text(window)

  /** The longest window of a group-by; none if it has no aggregations or one of them is unwindowed. */
  def longest(groupBy: GroupBy): Option[Window] = {
    val windows =
      Option(groupBy.getAggregations).map(_.asScala.toList).getOrElse(Nil).map(a => Option(a.getWindows))
    val all = windows.flatten.flatMap(_.asScala)
    if (windows.exists(_.isEmpty) || all.isEmpty) None else Some(all.maxBy(millis))
  }

  /** A span in the largest unit that divides it: `1d`, `25h`, `5 minutes`, `1 seconds`. */
  def spanText(millis: Long): String =
    if (millis % DayMillis == 0) s"${millis / DayMillis}d"
    else if (millis % HourMillis == 0) s"${millis / HourMillis}h"
    else if (millis % 60000 == 0) s"${millis / 60000} minutes"
    else s"${millis / 1000} seconds"
}
