package ai.chronon.spark.metadata

import ai.chronon.api.{AggregationPart, DataType, StructField, Windows}
import com.fasterxml.jackson.databind.node.{JsonNodeFactory, ObjectNode}

/** What is told of one column of a definition. An absent member is written as null.
  *
  * @param window      `7d`, or how the absence of one is written for this kind of column
  * @param inputColumn what the column is made of; its own name, unprefixed, where there is no such thing
  * @param groupBy     where a join has the column from
  */
private[spark] final case class Feature(
    name: String,
    dataType: DataType,
    window: Option[String],
    inputColumn: Option[String],
    operation: Option[String],
    groupBy: Option[String]
) {
  def field: StructField = StructField(name, dataType)

  def json: ObjectNode = JsonNodeFactory.instance.objectNode()
    .put("name", name)
    .put("window", window.orNull)
    .put("columnType", DataType.toString(dataType))
    .put("inputColumn", inputColumn.orNull)
    .put("operation", operation.orNull)
    .put("groupBy", groupBy.orNull)
}

private[spark] object Feature {
  private val Unwindowed = Some("Unbounded")

  /** @param column what the plan computes of the aggregation */
  def aggregated(part: AggregationPart, column: StructField): Feature = Feature(
    column.name,
    column.fieldType,
    Some(if (Windows.isUnbounded(part.getWindow)) "unbounded" else Windows.text(part.getWindow)),
    Some(part.getInputColumn),
    Some(part.getOperation.name.toLowerCase),
    None
  )

  /** A column that is kept as it is. */
  def plain(column: StructField): Feature =
    Feature(column.name, column.fieldType, Unwindowed, Some(column.name), Some("No Operation"), None)

  def derived(column: StructField): Feature =
    Feature(column.name, column.fieldType, Unwindowed, Some(column.name), Some("Derivation"), None)

  def queried(column: StructField): Feature =
    Feature(column.name, column.fieldType, None, None, Some("StagingQuery"), None)

  /** A value that an external source answers with.
    *
    * @param schema what the source calls its values, if anything; it stands in place of a group-by
    */
  def external(column: StructField, value: String, schema: Option[String]): Feature =
    Feature(column.name, column.fieldType, None, Some(value), None, schema)
}
