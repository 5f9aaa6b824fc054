package ai.chronon.spark.upload

import ai.chronon.spark.kernel.KernelStrategy
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeReference, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.types.{BinaryType, StringType}

/** Logical form of [[UploadExec]]: for what the plan stores, the bytes of its key and its own, and of some both as JSON.
  *
  * The child gives rows of keys and columns or, where they are aggregated, blocks of such rows
  * ([[ai.chronon.spark.blocks.KeyBlocksNode]]).
  */
case class UploadNode(
    plan: UploadPlan,
    json: JsonSample,
    totals: UploadTotals,
    output: Seq[Attribute],
    child: LogicalPlan
) extends UnaryNode {

  override def producedAttributes: AttributeSet = AttributeSet(output)

  // nothing that the child brings may be pruned: rows cross to the kernel as they are
  @transient override lazy val references: AttributeSet = child.outputSet

  override protected def withNewChildInternal(newChild: LogicalPlan): UploadNode = copy(child = newChild)
}

object UploadNode {

  /** The node over its child. */
  def over(child: LogicalPlan, plan: UploadPlan, json: JsonSample, totals: UploadTotals): UploadNode = {
    val bytes = Seq("key_bytes", "value_bytes").map(AttributeReference(_, BinaryType, nullable = false)())
    val texts = Seq("key_json", "value_json").map(AttributeReference(_, StringType)())
    UploadNode(plan, json, totals, bytes ++ texts, child)
  }
}

/** Plans [[UploadNode]]. Installed into a session on first use, so that plain `spark-submit` needs no setting. */
object UploadStrategy extends KernelStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case n: UploadNode => Seq(UploadExec(n.plan, n.json, n.totals, n.output, planLater(n.child)))
    case _             => Nil
  }
}
