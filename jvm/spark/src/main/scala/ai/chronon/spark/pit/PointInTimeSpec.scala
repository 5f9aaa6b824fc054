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
  * @param mutations    for entities: the right rows are those of snapshots, and mutations. `rightTime` is the time of the row itself in
  *                     a snapshot, and that of the change of a mutation
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
    mutations: Option[MutationColumns] = None,
    together: Option[String] = None
)

/** What entities with mutations have besides. A left row gets what a fetch at its query time would give: the state at the start
  * of its day, by the rows of the snapshot, and the mutations since.
  *
  * @param leftDay  epoch millis at which the day of the query time begins
  * @param rightDay epoch millis at which the day begins that the rows of a snapshot precede, or that a mutation is of
  * @param added    whether a mutation adds its row, rather than taking it back; null for a row of a snapshot
  * @param ts       epoch millis of the row itself, by which windows take it; a null is an error
  */
case class MutationColumns(leftDay: Column, rightDay: Column, added: Column, ts: Column)
