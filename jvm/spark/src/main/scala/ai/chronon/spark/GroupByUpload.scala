package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Accuracy, Constants, DataModel, Sources, TableNames}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.job.{DefinitionChecks, Setups, Unsupported}
import ai.chronon.spark.pit.{NativePlan, PitResolution, PointInTimeJoin}
import ai.chronon.spark.source.{GroupByScan, SourceScanner}
import ai.chronon.spark.upload.{JsonSample, RowForm, ServingInfo, StoredSchemas, UploadPlan, UploadRows}
import org.apache.avro.Schema
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{coalesce, lit}
import org.apache.spark.sql.types.{LongType, StructField}
import org.slf4j.LoggerFactory

import scala.collection.JavaConverters._

/** Upload of a group-by: the table of what a key-value store serves of it, as of the end of a day.
  *
  * | Accuracy | Source   | Stored of a key |
  * |----------|----------|-----------------|
  * | SNAPSHOT | events   | values of the windows that end with the day; keys without any are left out |
  * | SNAPSHOT | entities | values over the day's partition; without aggregations the columns of each of its rows |
  * | TEMPORAL | events   | the batch IR at the end of the day |
  * | TEMPORAL | entities | the batch IR over the day's partition; what mutates later streams in |
  *
  * Derivations are not applied: the fetcher makes them. Besides, the table has one row with what the fetcher must know of the
  * group-by ([[ServingInfo]]), even if there is nothing else to store. The table is replaced as a whole, or not at all.
  */
final class GroupByUpload(
    groupBy: api.GroupBy,
    endPartition: String,
    tables: TableUtils,
    show: String => Unit = _ => ()
) {
  import GroupByUpload.Upload
  private val log = LoggerFactory.getLogger(getClass)
  private val owner = Definitions.label(groupBy)
  private val spec = tables.partitionSpec

  Unsupported.checkUpload(groupBy)
  private val model = Sources.dataModel(groupBy)
  private val accuracy = Sources.accuracy(groupBy)
  private val aggregated = Definitions.aggregations(groupBy).nonEmpty
  DefinitionChecks.shape(groupBy, daily = accuracy == Accuracy.SNAPSHOT && model == DataModel.Events)
  if (accuracy == Accuracy.TEMPORAL) DefinitionChecks.temporal(groupBy, "what streams in")
  if (groupBy.getMetaData.getOutputNamespace == null)
    throw DefinitionException.of(
      owner,
      "metaData.outputNamespace",
      null,
      "must be set; compile the definition again"
    )
  private val keys = groupBy.getKeyColumns.asScala.toList
  private val batchEnd = spec.shift(endPartition, 1)

  /** Computes and stores the upload. */
  def run(): Unit = {
    val sources = Definitions.sources(groupBy)
    sources.foreach(new SourceScanner(tables).requireTable(owner, _))
    Setups.run(tables, sources.flatMap(_.setups))
    val day = if (accuracy == Accuracy.TEMPORAL && model == DataModel.Events) batchEnd else endPartition
    val input = new GroupByScan(tables, groupBy, asWritten = true).frame(PartitionRange.of(day, day, spec))
    DefinitionChecks.columns(groupBy, input.schema)

    val upload = if (aggregated) ofKeys(input) else ofRows(input)
    val keySchema = StoredSchemas.record(owner, "Key", keyFields(input))
    val info = ServingInfo.text(owner, groupBy, batchEnd, keySchema, upload.selected, tableOf)
    val share = (Settings.UploadJsonPercent.read(tables.spark) * 100).round
    val json = JsonSample(share, keySchema.toString, upload.value.toString)
    val form = RowForm(tables.partitionColumn, endPartition, info, json)
    store(UploadRows(upload.frame, upload.plan, keys.length, form))
  }

  private def ofKeys(input: DataFrame): Upload = {
    val (stored, resolution) = (accuracy, model) match {
      case (Accuracy.TEMPORAL, _) => (UploadPlan.Stored.BatchIr, PitResolution.FiveMinute)
      case (_, DataModel.Events)  => (UploadPlan.Stored.NonEmptyOutputs, PitResolution.Daily)
      case (_, _)                 => (UploadPlan.Stored.Outputs, PitResolution.Exact)
    }
    val plan =
      NativePlan.describe(groupBy, input.schema, resolution, PointInTimeJoin.strict(tables.spark))
    val members = if (stored == UploadPlan.Stored.BatchIr) plan.batchIr else plan.outputs
    val columns = keys.map(Sql.column) ++ Seq(time(input).as("__upload_time")) ++
      plan.inputs.fieldNames.zipWithIndex.map { case (c, i) => Sql.column(c).as(s"__upload_input_$i") }
    Upload(
      input.select(columns: _*),
      UploadPlan.Aggregated(plan, keyFields(input), spec.epochMillis(batchEnd), stored),
      StoredSchemas.record(owner, "Value", members.fields.toSeq),
      StoredSchemas.record(owner, "Value", plan.inputs.fields.toSeq)
    )
  }

  /** The time of a row. Where only one before the batch's end counts, any time that there is is looked at. */
  private def time(input: DataFrame): Column = {
    val hasTime = input.schema.fields.exists(f => f.name == Constants.TimeColumn && f.dataType == LongType)
    if (Definitions.needsTime(groupBy)) Sql.column(Constants.TimeColumn)
    else if (accuracy == Accuracy.TEMPORAL && hasTime) coalesce(Sql.column(Constants.TimeColumn), lit(0L))
    else lit(0L)
  }

  private def ofRows(input: DataFrame): Upload = {
    val others = keys ++ Constants.ReservedColumns(tables.partitionColumn)
    val columns = input.schema.fields.toSeq.filterNot(field => others.contains(field.name))
    if (columns.isEmpty)
      throw DefinitionException.of(owner, "selects", null, "there is nothing to store besides the keys")
    val schema = StoredSchemas.record(owner, "Value", columns)
    Upload(
      input.select(keys.map(Sql.column) ++ columns.map(field => Sql.column(field.name)): _*),
      UploadPlan.Columns(groupBy.getMetaData.getName, keyFields(input), columns),
      schema,
      schema
    )
  }

  private def store(rows: UploadRows): Unit = {
    import rows.totals
    val table = TableNames.upload(groupBy.getMetaData)
    tables.replace(
      rows.frame,
      table,
      Definitions.properties(groupBy.getMetaData) ++
        Map(Constants.ChrononGenerated -> "true", Constants.ChrononTableType -> "upload")
    )
    val data = totals.rows.sum
    if (data == 0) log.warn(s"$table: there is no data for $endPartition; only the serving info is stored")
    show(
      s"$table: $data rows, ${totals.keyBytes.sum} bytes of keys, ${totals.valueBytes.sum} bytes of values"
    )
  }

  private def keyFields(input: DataFrame): Seq[StructField] = keys.map(key => input.schema(key))

  private def tableOf(source: api.Source) = tables.schema(Sources.table(source))

}

private object GroupByUpload {

  /** What to store, from which rows.
    *
    * @param frame    keys, then what the plan wants
    * @param value    schema of what is stored
    * @param selected schema of the columns that are aggregated or stored
    */
  final case class Upload(frame: DataFrame, plan: UploadPlan, value: Schema, selected: Schema)
}
