package ai.chronon.spark.blocks

import ai.chronon.spark.kernel.KernelStrategy
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeReference, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.types.{BinaryType, IntegerType}

/** Logical form of [[KeyBlocksExec]]: the child's rows as blocks of many, and of each a number that rows with equal keys share.
  *
  * @param definition name, for messages
  * @param keys       how many of the child's columns, from the first one on, are keys; the time follows them
  */
case class KeyBlocksNode(definition: String, keys: Int, output: Seq[Attribute], child: LogicalPlan)
    extends UnaryNode {

  override def producedAttributes: AttributeSet = AttributeSet(output)

  // rows cross to the kernel as they are
  @transient override lazy val references: AttributeSet = child.outputSet

  override protected def withNewChildInternal(newChild: LogicalPlan): KeyBlocksNode = copy(child = newChild)
}

object KeyBlocksNode {

  /** The node over a child whose first columns are the keys. */
  def over(child: LogicalPlan, definition: String, keys: Int): KeyBlocksNode = {
    val output = Seq("mark" -> IntegerType, "block" -> BinaryType).map { case (name, dataType) =>
      AttributeReference(name, dataType, nullable = false)()
    }
    KeyBlocksNode(definition, keys, output, child)
  }
}

/** Plans [[KeyBlocksNode]]. */
object KeyBlocksStrategy extends KernelStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case n: KeyBlocksNode => Seq(KeyBlocksExec(n.definition, n.keys, n.output, planLater(n.child)))
    case _                => Nil
  }
}
