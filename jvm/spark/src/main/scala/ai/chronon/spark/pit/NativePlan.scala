package ai.chronon.spark.pit

import ai.chronon.api.{GroupBy, StructField}
import ai.chronon.jni.Plan
import ai.chronon.online.KernelTypes
import ai.chronon.spark.kernel.TypeNames
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.types.StructType
import org.apache.thrift.TSerializer
import org.apache.thrift.protocol.TBinaryProtocol

/** A native aggregation plan in the form that travels to executors: the definition's bytes, the options, and what the
  * native library said about columns. The native handle itself is opened by each task.
  *
  * @param definition name of the group-by, for messages
  * @param thrift     the definition in Thrift binary form
  * @param options    JSON understood by `planOpen`
  * @param inputs     columns the plan reads, in the order in which events must carry them
  * @param outputs    columns the plan computes, unprefixed
  * @param batchIr    members of a stored batch IR
  */
final case class NativePlan(
    definition: String,
    thrift: Array[Byte],
    options: String,
    inputs: StructType,
    outputs: StructType,
    batchIr: StructType
) {

  /** Opens a native handle; the caller closes it. */
  def open(): Plan = Plan.open(thrift, options)

  /** What a query plan shows. */
  override def toString: String = definition
}

object NativePlan {
  private val json = new ObjectMapper()

  /** Checks the definition against the columns at hand, on the driver, before any row is read.
    *
    * @param columns the right side; only the columns that the definition names need types the kernel knows
    * @param strict whether estimates stay the reference's where better ones could be had
    * @throws ai.chronon.jni.NativeException when the definition cannot be run, naming definition and column
    */
  def describe(
      groupBy: GroupBy,
      columns: StructType,
      resolution: PitResolution,
      strict: Boolean
  ): NativePlan = {
    val definition =
      Option(groupBy.getMetaData).flatMap(m => Option(m.getName)).getOrElse("(unnamed group-by)")
    val (bytes, options) = arguments(groupBy, columns, resolution, strict)
    val description = opened(bytes, options)
    def schema(member: String): StructType = TypeNames.schema(description.get(member))
    NativePlan(definition, bytes, options, schema("inputs"), schema("outputs"), schema("batch_ir"))
  }

  /** The columns that a definition computes, unprefixed, where no row is to be read: with the names of structs, which Spark does
    * not keep.
    *
    * @param columns see [[describe]]
    */
  def outputs(groupBy: GroupBy, columns: StructType, strict: Boolean): Seq[StructField] = {
    val (bytes, options) = arguments(groupBy, columns, PitResolution.FiveMinute, strict)
    KernelTypes.parseColumns(opened(bytes, options).get("outputs")).toSeq
  }

  private def arguments(
      groupBy: GroupBy,
      columns: StructType,
      resolution: PitResolution,
      strict: Boolean
  ): (Array[Byte], String) = {
    val options = json.createObjectNode()
    options.put("dialect", "airbnb").put("strict", strict).put("resolution", resolution.name)
    options.set[JsonNode]("columns", TypeNames.describe(columns.fields))
    (serialize(groupBy), options.toString)
  }

  private def opened(thrift: Array[Byte], options: String): JsonNode = {
    val plan = Plan.open(thrift, options)
    try json.readTree(plan.describe())
    finally plan.close()
  }

  private def serialize(groupBy: GroupBy): Array[Byte] =
    new TSerializer(new TBinaryProtocol.Factory()).serialize(groupBy)
}
