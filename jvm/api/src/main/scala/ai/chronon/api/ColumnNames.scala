package ai.chronon.api

import scala.collection.JavaConverters._

/** Names of feature columns, keys included, in the order in which tables have them. */
object ColumnNames {

  /** `[<prefix>_]<clean group-by name>`: what stands before every value column of a join part. */
  def fullPrefix(part: JoinPart): String =
    (Option(part.getPrefix).toSeq :+ TableNames.clean(part.getGroupBy.getMetaData.getName)).mkString("_")

  /** Left name of each key of a part by its right name; keys that are not mapped have one name on both sides. */
  def rightToLeft(part: JoinPart): Map[String, String] = {
    val mapped =
      Option(part.getKeyMapping).map(_.asScala.map(_.swap).toMap).getOrElse(Map.empty[String, String])
    part.getGroupBy.getKeyColumns.asScala.map(right => right -> mapped.getOrElse(right, right)).toMap
  }

  /** One part for each bucket and window of an aggregation: buckets outside, windows inside. */
  def unpack(aggregation: Aggregation): Seq[AggregationPart] = {
    val windows = Option(aggregation.getWindows).map(_.asScala.toList).getOrElse(List(Windows.Unbounded))
    for (bucket <- buckets(aggregation); window <- windows) yield part(aggregation, bucket, window)
  }

  /** As `unpack`, as if there were no windows. */
  def unpackUnwindowed(aggregation: Aggregation): Seq[AggregationPart] =
    buckets(aggregation).map(part(aggregation, _, Windows.Unbounded))

  /** `<input>_<operation>[_<window>][_by_<bucket>]`. */
  def of(part: AggregationPart): String =
    s"${part.getInputColumn}_${operation(part)}${Windows.suffix(part.getWindow)}${bucketSuffix(part)}"

  /** The name without its window: a column of the daily intermediate table. */
  def incremental(part: AggregationPart): String =
    s"${part.getInputColumn}_${operation(part)}${bucketSuffix(part)}"

  /** Value columns of a group-by: those of its aggregations, or without any the selected columns that are no keys. */
  def values(groupBy: GroupBy): Seq[String] = Option(groupBy.getAggregations) match {
    case Some(aggregations) => aggregations.asScala.toList.flatMap(unpack).map(of)
    case None               =>
      val keys = groupBy.getKeyColumns.asScala.toSet
      val selects = Sources.of(groupBy).headOption.flatMap(s => Option(Sources.query(s))).flatMap(q =>
        Option(q.getSelects)
      )
      selects.map(_.asScala.keys.toList).getOrElse(Nil).filterNot(keys)
  }

  /** Value columns as they are called in the join's table. */
  def values(part: JoinPart): Seq[String] = values(part.getGroupBy).map(fullPrefix(part) + "_" + _)

  private def buckets(aggregation: Aggregation): Seq[Option[String]] =
    Option(
      aggregation.getBuckets
    ).map(_.asScala.toList.map(Option(_))).filter(_.nonEmpty).getOrElse(List(None))

  private def part(aggregation: Aggregation, bucket: Option[String], window: Window): AggregationPart = {
    val result = new AggregationPart()
    result.setInputColumn(aggregation.getInputColumn)
    result.setOperation(aggregation.getOperation)
    result.setArgMap(Option(aggregation.getArgMap).getOrElse(new java.util.HashMap[String, String]()))
    result.setWindow(window)
    bucket.foreach(result.setBucket)
    if (aggregation.isSetElementWise) result.setElementWise(aggregation.isElementWise)
    result
  }

  private def bucketSuffix(part: AggregationPart): String =
    Option(part.getBucket).map("_by_" + _).getOrElse("")

  private def operation(part: AggregationPart): String = part.getOperation match {
    case Operation.LAST_K   => "last" + k(part)
    case Operation.FIRST_K  => "first" + k(part)
    case Operation.TOP_K    => "top" + k(part)
    case Operation.BOTTOM_K => "bottom" + k(part)
    case other              => other.name.toLowerCase
  }

  private def k(part: AggregationPart): Int = {
    val text = Option(part.getArgMap).flatMap(map => Option(map.get("k"))).map(_.trim)
    text.flatMap(t => scala.util.Try(t.toInt).toOption).getOrElse(
      throw new InvalidDefinitionException(
        s"${part.getOperation} of `${part.getInputColumn}`: argMap.k = ${text.getOrElse("(absent)")}: a whole number is needed"
      )
    )
  }
}
