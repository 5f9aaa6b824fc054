package ai.chronon.spark.job

import ai.chronon.api.Constants

/** The order of a join's output columns when its table is created.
  *
  * The reference gets there by joining part after part: each join puts its own keys first and its values last, so the keys of the
  * last part lead the table. Readers go by name, but a table that is continued by either implementation should look the
  * same.
  */
object ColumnOrder {
  private val DayOfTime = Constants.TimePartitionColumn

  /** @param joinKeys  columns of the left on which the part is joined: its mapped keys, then time or partition
    * @param values    output columns of the part, prefixed
    */
  final case class Part(joinKeys: Seq[String], values: Seq[String])

  /** Keys that are joined on besides a part's own. */
  object TimeKeys {
    def temporal(partitionColumn: String): Seq[String] = Seq(Constants.TimeColumn, partitionColumn)
    val snapshotOfEvents: Seq[String] = Seq(DayOfTime)
    def entities(partitionColumn: String): Seq[String] = Seq(partitionColumn)
  }

  /** @param left           columns of the left in the order of its scan, partition column anywhere
    * @param leftIsEvents   whether the left has a time, and with it the helper column that parts join on
    */
  def of(left: Seq[String], leftIsEvents: Boolean, partitionColumn: String, parts: Seq[Part]): Seq[String] = {
    val start = left.filterNot(_ == partitionColumn) ++ (if (leftIsEvents) Seq(DayOfTime) else Nil) :+
      partitionColumn
    val joined = parts.foldLeft(start)((columns, part) =>
      part.joinKeys ++ columns.filterNot(part.joinKeys.contains) ++ part.values
    )
    joined.filterNot(c => c == DayOfTime || c == partitionColumn) :+ partitionColumn
  }
}
