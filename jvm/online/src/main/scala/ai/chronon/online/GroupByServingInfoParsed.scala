package ai.chronon.online

import ai.chronon.api.Extensions.GroupByOps
import ai.chronon.api._
import ai.chronon.jni.ServingPlan
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.JsonNodeFactory

import scala.collection.JavaConverters._

/** The metadata row of a batch dataset, with the schemas and codecs that follow from it, each made when it is first needed. */
class GroupByServingInfoParsed(val groupByServingInfo: GroupByServingInfo, partitionSpec: PartitionSpec)
    extends GroupByServingInfo(groupByServingInfo) with Serializable {

  /** Midnight, UTC, of the day up to which batch data reaches. */
  val batchEndTsMillis: Long = partitionSpec.epochMillis(groupByServingInfo.getBatchEndDate)

  @transient lazy val groupByOps: GroupByOps = new GroupByOps(getGroupBy)

  private def cleanName: String = TableNames.clean(getGroupBy.getMetaData.getName)

  def keyCodec: AvroCodec = AvroCodec.of(getKeyAvroSchema)
  @transient lazy val keyChrononSchema: StructType = struct(keyCodec.chrononSchema)

  /** The columns that the sources select, keys left out. */
  def selectedCodec: AvroCodec = AvroCodec.of(getSelectedAvroSchema)
  @transient lazy val selectedChrononSchema: StructType = struct(selectedCodec.chrononSchemaClean)

  /** What a streamed row of events holds: buckets and input columns, each once, in the order of the aggregations. */
  @transient lazy val valueChrononSchema: StructType = {
    val names = Option(getGroupBy.getAggregations).toSeq.flatMap(_.asScala).flatMap(aggregation =>
      Option(aggregation.getBuckets).toSeq.flatMap(_.asScala) :+ aggregation.getInputColumn
    ).distinct
    StructType(
      s"${cleanName}_INPUT_COLS",
      names.flatMap(name => selectedChrononSchema.fields.find(_.name == name)).toArray
    )
  }
  def valueAvroSchema: String = AvroConversions.fromChrononSchema(valueChrononSchema).toString()
  @transient lazy val valueAvroCodec: AvroCodec = AvroCodec.of(valueAvroSchema)

  /** What a streamed mutation holds: the same, its own time and whether it takes a row back. */
  @transient lazy val mutationValueChrononSchema: StructType =
    StructType(s"${cleanName}_MUTATION_COLS", valueChrononSchema.fields ++ MutationAvroFields)
  def mutationValueAvroSchema: String =
    AvroConversions.fromChrononSchema(mutationValueChrononSchema).toString()
  @transient lazy val mutationValueAvroCodec: AvroCodec = AvroCodec.of(mutationValueAvroSchema)

  def MutationAvroFields: Seq[StructField] = Constants.MutationAvroFields
  def MutationAvroColumns: Seq[String] = Constants.MutationAvroColumns

  /** The columns of the stream; null where there is no stream. */
  @transient lazy val inputChrononSchema: StructType =
    Option(getInputAvroSchema).map(text => struct(AvroCodec.of(text).chrononSchema)).orNull
  @transient lazy val mutationChrononSchema: StructType =
    StructType("MUTATION_STREAM", inputChrononSchema.fields ++ Constants.MutationFields)

  /** What the decoder of the stream gives: of entities also the mutation's time and direction. */
  def streamChrononSchema: StructType =
    if (Sources.dataModel(getGroupBy: GroupBy) == DataModel.Entities) mutationChrononSchema
    else inputChrononSchema

  /** Whether streamed values are tiles. */
  def isTilingEnabled: Boolean = groupByOps.isTilingEnabled

  /** What the stored values are, in the native library's words. */
  private[online] lazy val kind: String =
    if (!getGroupBy.isSetAggregations) "no_aggregation"
    else if (Sources.accuracy(getGroupBy) == Accuracy.SNAPSHOT) "snapshot"
    else if (Sources.dataModel(getGroupBy: GroupBy) == DataModel.Entities) "temporal_mutations"
    else if (isTilingEnabled) "temporal_tiles"
    else "temporal_events"

  @transient private[online] lazy val batchDataset: String = TableNames.batchDataset(getGroupBy)
  @transient private[online] lazy val streamingDataset: String = TableNames.streamingDataset(getGroupBy)
  @transient private[online] lazy val fetchContext: Metrics.Context =
    Metrics.Context(Metrics.Environment.GroupByFetching, getGroupBy)

  /** Every window of every aggregation; an aggregation without any has the unbounded one. */
  @transient private[online] lazy val windows: Seq[Window] =
    Option(getGroupBy.getAggregations).toSeq.flatMap(_.asScala).flatMap(aggregation =>
      Option(aggregation.getWindows).map(_.asScala.toSeq).getOrElse(Seq(Windows.Unbounded))
    )

  /** Where each feature of the group-by by itself is in an answer. */
  @transient private[online] lazy val layout: FeatureLayout =
    new FeatureLayout(Array(baseValueChrononSchema.fields.map(_.name)))

  private[online] lazy val isTemporal: Boolean = kind.startsWith("temporal")

  /** Options of the serving plan, the same text for the same plan. */
  private[online] lazy val planOptions: String = {
    val options =
      JsonNodeFactory.instance.objectNode().put("dialect", "airbnb").put("kind", kind).put("strict", true)
    options.set("selected", KernelTypes.columns(selectedChrononSchema.fields))
    options.toString
  }

  private[online] lazy val groupByBytes: Array[Byte] = ThriftBytes.Binary.write(getGroupBy)

  /** The outputs in the order of the slots of an answer, before derivations: the native library names and types them. */
  @transient private lazy val outputs: Array[StructField] = {
    val plan = ServingPlan.open(groupByBytes, planOptions)
    try KernelTypes.parseColumns(new ObjectMapper().readTree(plan.describe()).get("outputs"))
    finally plan.close()
  }

  @transient lazy val outputChrononSchema: StructType = StructType(s"${cleanName}_OUTPUT", outputs)
  def outputAvroSchema: String = AvroConversions.fromChrononSchema(outputChrononSchema).toString()
  @transient lazy val outputCodec: AvroCodec = AvroCodec.of(outputAvroSchema)

  /** The features before derivations. */
  def baseValueChrononSchema: StructType =
    if (getGroupBy.isSetAggregations) outputChrononSchema else selectedChrononSchema

  /** The group-by's derivations as a program; none where it has none. */
  @transient private[online] lazy val derivation: Option[DerivationProgram] =
    if (!getGroupBy.isSetDerivations) None
    else Some(DerivationProgram(
      s"group-by ${getGroupBy.getMetaData.getName}",
      Derivations.of(getGroupBy),
      keyChrononSchema,
      baseValueChrononSchema
    ))

  /** The features as they are fetched. */
  @transient lazy val responseChrononSchema: StructType =
    derivation.map(program => StructType(s"${cleanName}_RESPONSE", program.outputSchema)).getOrElse(
      baseValueChrononSchema
    )

  private def struct(dataType: DataType): StructType = dataType match {
    case struct: StructType => struct
    case other              => throw new InvalidDefinitionException(
        s"group-by ${TableNames.name(getGroupBy.getMetaData)}: schema ${DataType.toString(other)}: a record is needed"
      )
  }
}
