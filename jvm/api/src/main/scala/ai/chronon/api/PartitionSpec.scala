package ai.chronon.api

import java.text.{ParsePosition, SimpleDateFormat}
import java.util.{Date, Locale, TimeZone}

/** How a partition value stands for a span of time. All arithmetic is in UTC.
  *
  * @param format     pattern of a partition value, in the letters of `java.text.SimpleDateFormat`
  * @param spanMillis length of one partition in milliseconds
  */
case class PartitionSpec(format: String, spanMillis: Long) {

  /** The first millisecond of a partition.
    *
    * @throws java.lang.IllegalArgumentException if the value does not follow the pattern from its first to its last
    *                                            character, or names a day that does not exist
    */
  def epochMillis(partition: String): Long = {
    val position = new ParsePosition(0)
    val parsed = Option(partition).flatMap(p => Option(formatter.parse(p, position)))
    parsed.filter(_ => position.getIndex == partition.length).map(_.getTime).getOrElse(
      throw new IllegalArgumentException(s"partition `$partition` does not follow the pattern $format")
    )
  }

  /** The partition that holds a moment. */
  def at(millis: Long): String = formatter.format(new Date(millis))

  def before(partition: String): String = shift(partition, -1)

  /** The partition before the one that holds a moment. */
  def before(millis: Long): String = at(millis - spanMillis)

  def after(partition: String): String = shift(partition, 1)

  /** The partition that holds the start of `partition` minus a window: an hour window floors to its partition. */
  def minus(partition: String, window: Window): String = at(epochMillis(partition) - Windows.millis(window))

  /** Moves by whole partitions, backwards if negative. */
  def shift(partition: String, partitions: Int): String = at(epochMillis(partition) + partitions * spanMillis)

  def now: String = at(System.currentTimeMillis())

  def shiftBackFromNow(partitions: Int): String = shift(now, -partitions)

  // SimpleDateFormat keeps state while it works, so each call takes its own.
  private def formatter: SimpleDateFormat = {
    val result = new SimpleDateFormat(format, Locale.US)
    result.setTimeZone(TimeZone.getTimeZone("UTC"))
    result.setLenient(false)
    result
  }
}

object PartitionSpec {

  /** `yyyy-MM-dd`, one partition a day: what every table has unless its settings say otherwise. */
  val Daily: PartitionSpec = PartitionSpec("yyyy-MM-dd", 24L * 3600 * 1000)
}
