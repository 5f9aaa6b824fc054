package ai.chronon.spark.pit

import ai.chronon.api.GroupBy
import org.apache.spark.sql.Column

/** How finely the tail of a window moves. */
sealed abstract class PitResolution(val name: String)

object PitResolution {

  /** Hops of one day, one hour or five minutes, by the window's length: TEMPORAL accuracy. */
  case object FiveMinute extends PitResolution("five_minute")

  /** Hops of one day; windows in hours are refused: SNAPSHOT accuracy over events. */
  case object Daily extends PitResolution("daily")

  /** No rounding at all: windowed aggregations over one entity snapshot. */
  case object Exact extends PitResolution("exact")
}

/** What to aggregate, and how the rows of the two sides meet.
  *
  * @param groupBy      the definition; only its name and aggregations are used
  * @param leftKeys     key columns of the left side, paired by position with `rightKeys`; equal types
  * @param rightKeys    key columns of the right side
  * @param queryTime    epoch millis at which a left row asks; null gives null features
  * @param rightTime    epoch millis of a right row; a null is an error
  * @param resolution   how window tails are rounded
  * @param outputPrefix put before every output name
  * @param together     left column by which the result will be written, so that rows of one partition come out side by side
  */
case class PointInTimeSpec(
    groupBy: GroupBy,
    leftKeys: Seq[String],
    rightKeys: Seq[String],
    queryTime: Column,
    rightTime: Column,
    resolution: PitResolution,
    outputPrefix: String,
    together: Option[String] = None
)
