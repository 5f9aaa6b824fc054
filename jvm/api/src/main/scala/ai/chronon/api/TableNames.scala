package ai.chronon.api

/** Names of tables and datasets. Stored data is found by them, so they never change. */
object TableNames {

  /** Every character that a table or column may not have becomes `_`. */
  def clean(name: String): String = Option(name).map(_.replaceAll("[^a-zA-Z0-9_]", "_")).orNull

  /** The definition's own name, or a placeholder where there is none: for messages. */
  def name(metaData: MetaData): String =
    Option(metaData).flatMap(m => Option(m.getName)).getOrElse("(unnamed)")

  /** The table of a join, group-by or staging query; the others are named after it. */
  def output(metaData: MetaData): String = s"${metaData.getOutputNamespace}.${clean(metaData.getName)}"

  def incremental(metaData: MetaData): String = output(metaData) + "_daily_inc"
  def preModelTransforms(metaData: MetaData): String = output(metaData) + "_pre_mt"
  def bootstrap(metaData: MetaData): String = output(metaData) + "_bootstrap"
  def upload(metaData: MetaData): String = output(metaData) + "_upload"
  def labels(metaData: MetaData): String = output(metaData) + "_labels"
  def labeledView(metaData: MetaData): String = output(metaData) + "_labeled"
  def latestLabeledView(metaData: MetaData): String = labeledView(metaData) + "_latest"
  def logged(metaData: MetaData): String = output(metaData) + "_logged"
  def loggedStats(metaData: MetaData): String = logged(metaData) + "_daily_stats"
  def dailyStats(metaData: MetaData): String = output(metaData) + "_daily_stats"
  def comparison(metaData: MetaData): String = output(metaData) + "_comparison"
  def consistency(metaData: MetaData): String = output(metaData) + "_consistency"
  def consistencyUpload(metaData: MetaData): String = consistency(metaData) + "_upload"
  def schema(metaData: MetaData): String = output(metaData) + "_schema"

  /** `<output>[_<prefix>]_<clean group-by name>`. */
  def joinPart(join: MetaData, prefix: Option[String], groupBy: GroupBy): String =
    (Seq(output(join)) ++ prefix :+ clean(groupBy.getMetaData.getName)).mkString("_")

  def joinPart(join: Join, part: JoinPart): String =
    joinPart(join.getMetaData, Option(part.getPrefix), part.getGroupBy)

  /** Key-value datasets of a group-by. */
  def batchDataset(groupBy: GroupBy): String = clean(groupBy.getMetaData.getName).toUpperCase + "_BATCH"
  def streamingDataset(groupBy: GroupBy): String = clean(groupBy.getMetaData.getName).toUpperCase +
    "_STREAMING"
}
