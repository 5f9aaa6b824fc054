package ai.chronon.spark.pit

import ai.chronon.api.GroupBy
import ai.chronon.jni.Plan
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
    val options = json.createObjectNode()
    options.put("dialect", "airbnb").put("strict", strict).put("resolution", resolution.name)
    options.set[JsonNode]("columns", TypeNames.describe(columns.fields))
    val (bytes, text) = (serialize(groupBy), options.toString)
    val plan = Plan.open(bytes, text)
    try {
      val description = json.readTree(plan.describe())
      def schema(member: String): StructType = TypeNames.schema(description.get(member))
      NativePlan(definition, bytes, text, schema("inputs"), schema("outputs"), schema("batch_ir"))
    } finally plan.close()
  }

  private def serialize(groupBy: GroupBy): Array[Byte] =
    new TSerializer(new TBinaryProtocol.Factory()).serialize(groupBy)
}
