package ai.chronon.spark.upload

import ai.chronon.spark.kernel.KernelStrategy
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.execution.SparkPlan

/** Logical form of [[UploadExec]]: a row for what the plan stores of each key, and one that tells what they are.
  *
  * The child gives rows of keys and columns or, where they are aggregated, blocks of such rows
  * ([[ai.chronon.spark.blocks.KeyBlocksNode]]).
  */
case class UploadNode(
    plan: UploadPlan,
    form: RowForm,
    totals: UploadTotals,
    output: Seq[Attribute],
    child: LogicalPlan
) extends UnaryNode {

  override def producedAttributes: AttributeSet = AttributeSet(output)

  // nothing that the child brings may be pruned: rows cross to the kernel as they are
  @transient override lazy val references: AttributeSet = child.outputSet

  override protected def withNewChildInternal(newChild: LogicalPlan): UploadNode = copy(child = newChild)
}

/** Plans [[UploadNode]]. Installed into a session on first use, so that plain `spark-submit` needs no setting. */
object UploadStrategy extends KernelStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case n: UploadNode => Seq(UploadExec(n.plan, n.form, n.totals, n.output, planLater(n.child)))
    case _             => Nil
  }
}
