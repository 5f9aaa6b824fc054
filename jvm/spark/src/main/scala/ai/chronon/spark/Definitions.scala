package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api._
import ai.chronon.spark.source.SourceView

import scala.collection.JavaConverters._

/** What batch jobs ask of a definition: absent Thrift fields read as empty, inferred facts in one place. Names come from
  * `ai.chronon.api`.
  */
object Definitions {

  def label(join: api.Join): String = s"join ${TableNames.name(join.getMetaData)}"

  def label(groupBy: api.GroupBy): String = s"group-by ${TableNames.name(groupBy.getMetaData)}"

  /** Table properties that the author asks for. */
  def properties(metaData: MetaData): Map[String, String] =
    Option(metaData.getTableProperties).map(_.asScala.toMap).getOrElse(Map.empty)

  def joinParts(join: api.Join): Seq[JoinPart] =
    Option(join.getJoinParts).map(_.asScala.toList).getOrElse(Nil)

  def skewKeys(join: api.Join): Map[String, Seq[String]] =
    Option(
      join.getSkewKeys
    ).map(_.asScala.map { case (k, v) => k -> v.asScala.toList }.toMap).getOrElse(Map.empty)

  /** Left and right name of each key of a part, in the order of the group-by's keys. */
  def keyPairs(part: JoinPart): Seq[KeyPair] = {
    val toLeft = ColumnNames.rightToLeft(part)
    part.getGroupBy.getKeyColumns.asScala.toList.map(right => KeyPair(toLeft(right), right))
  }

  /** @param asWritten see [[SourceView.of]] */
  def sources(groupBy: api.GroupBy, asWritten: Boolean = false): Seq[SourceView] =
    Sources.of(groupBy).map(SourceView.of(_, asWritten))

  def aggregations(groupBy: api.GroupBy): Seq[Aggregation] =
    Option(groupBy.getAggregations).map(_.asScala.toList).getOrElse(Nil)

  private val timed = Set(Operation.FIRST, Operation.LAST, Operation.FIRST_K, Operation.LAST_K)

  /** Whether any value depends on the time of a row. Events always need it: their values are as of a moment. */
  def needsTime(groupBy: api.GroupBy): Boolean = {
    val all = aggregations(groupBy)
    all.nonEmpty &&
    (Sources.dataModel(groupBy) == DataModel.Events ||
      all.exists(a => a.getWindows != null || timed.contains(a.getOperation)))
  }

  /** Length of the longest window; `None` if any aggregation reaches back without end, or there is none at all. */
  def maxWindowMillis(groupBy: api.GroupBy): Option[Long] = {
    val unbounded =
      aggregations(groupBy).flatMap(a => Option(a.getWindows)).flatMap(_.asScala).exists(Windows.isUnbounded)
    Windows.longest(groupBy).filterNot(_ => unbounded).map(Windows.millis)
  }
}

/** Names of one key on both sides of a join part. */
final case class KeyPair(left: String, right: String)
