package ai.chronon.spark.upload

import ai.chronon.jni.PartitionUpload
import ai.chronon.spark.kernel.TypeNames
import ai.chronon.spark.pit.NativePlan
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode
import org.apache.spark.sql.types.StructField

/** What is stored of the rows of a group-by, in the form that travels to executors. */
private[spark] sealed trait UploadPlan {

  /** Name of the group-by, for messages. */
  def definition: String

  /** What [[open]] wants. */
  def options(form: RowForm): String

  /** Opens a native handle; the caller closes it. */
  def open(options: String): PartitionUpload
}

object UploadPlan {
  private val json = new ObjectMapper()

  /** What is stored of a key that is aggregated. */
  sealed abstract class Stored(val name: String) extends Serializable

  object Stored {

    /** Its batch IR, to be merged with what streams in. */
    case object BatchIr extends Stored("batch_ir")

    /** Its values. */
    case object Outputs extends Stored("outputs")

    /** Its values, unless all are null. */
    case object NonEmptyOutputs extends Stored("non_empty_outputs")
  }

  /** One row for each key. Rows bring the keys, the time and the inputs of the plan.
    *
    * @param end epoch millis at which the batch ends
    */
  final case class Aggregated(plan: NativePlan, keys: Seq[StructField], end: Long, stored: Stored)
      extends UploadPlan {
    override def definition: String = plan.definition

    override def options(form: RowForm): String =
      json.createObjectNode().put("end", end).put("stored", stored.name)
        .set[ObjectNode]("keys", TypeNames.describe(keys))
        .set[ObjectNode]("rows", form.options).toString

    override def open(options: String): PartitionUpload = {
      val native = plan.open()
      try PartitionUpload.open(native, options)
      finally native.close()
    }

    /** What a query plan shows. */
    override def toString: String = s"${stored.name} of $plan at $end"
  }

  /** One row for each row. Rows bring the keys and the columns. */
  final case class Columns(definition: String, keys: Seq[StructField], columns: Seq[StructField])
      extends UploadPlan {
    override def options(form: RowForm): String = json.createObjectNode().put("definition", definition)
      .set[ObjectNode]("keys", TypeNames.describe(keys))
      .set[ObjectNode]("columns", TypeNames.describe(columns))
      .set[ObjectNode]("rows", form.options).toString

    override def open(options: String): PartitionUpload = PartitionUpload.ofColumns(options)

    /** What a query plan shows. */
    override def toString: String = s"columns of $definition"
  }
}
