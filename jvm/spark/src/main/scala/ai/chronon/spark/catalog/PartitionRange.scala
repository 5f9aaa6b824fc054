package ai.chronon.spark.catalog

import ai.chronon.api.PartitionSpec

/** Consecutive partitions, both ends included. An end that is not set is open. Partitions compare as text. */
final case class PartitionRange(start: Option[String], end: Option[String], spec: PartitionSpec) {

  /** Whether both ends are set and in order: the precondition of [[partitions]]. */
  def wellDefined: Boolean = start.exists(s => end.exists(s <= _))

  /** Whether the range can hold a partition at all. */
  def valid: Boolean = !start.exists(s => end.exists(s > _))

  /** Every partition of the range in ascending order. */
  def partitions: Seq[String] = {
    require(wellDefined, s"the partition range $this has an open end or ends before it starts")
    Iterator.iterate(start.get)(spec.shift(_, 1)).takeWhile(_ <= end.get).toIndexedSeq
  }

  def intersect(other: PartitionRange): PartitionRange =
    copy(start = (start ++ other.start).reduceOption(maxText), end = (end ++ other.end).reduceOption(minText))

  def shift(days: Int): PartitionRange =
    copy(start = start.map(spec.shift(_, days)), end = end.map(spec.shift(_, days)))

  /** Chunks of `days` partitions in order; the last one may be shorter. */
  def steps(days: Int): Seq[PartitionRange] = {
    require(days > 0, s"a step must have at least one day, not $days")
    partitions.grouped(days).map(chunk => PartitionRange.of(chunk.head, chunk.last, spec)).toSeq
  }

  /** SQL predicates that select the range; none for an open end. */
  def predicates(column: String): Seq[String] =
    start.map(s => s"${Sql.name(column)} >= ${Sql.text(s)}").toSeq ++
      end.map(e => s"${Sql.name(column)} <= ${Sql.text(e)}")

  override def toString: String = s"[${start.getOrElse("…")}…${end.getOrElse("…")}]"

  private def maxText(a: String, b: String): String = if (a >= b) a else b
  private def minText(a: String, b: String): String = if (a <= b) a else b
}

object PartitionRange {
  def of(start: String, end: String, spec: PartitionSpec): PartitionRange =
    PartitionRange(Some(start), Some(end), spec)

  /** Ascending partitions, cut wherever a day is missing. */
  def consecutive(partitions: Seq[String], spec: PartitionSpec): Seq[PartitionRange] =
    partitions.foldLeft(Vector.empty[PartitionRange]) { (ranges, day) =>
      ranges.lastOption match {
        case Some(last) if last.end.exists(spec.shift(_, 1) == day) =>
          ranges.init :+ last.copy(end = Some(day))
        case _ => ranges :+ of(day, day, spec)
      }
    }
}
