package ai.chronon.spark.upload

import org.apache.spark.sql.{SparkSession, Strategy}
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeReference, AttributeSet}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, UnaryNode}
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.types.BinaryType

/** Logical form of [[UploadExec]]: for what the plan stores, the bytes of its key and its own.
  *
  * @param keys columns of the child; they come first in it
  */
case class UploadNode(keys: Seq[Attribute], plan: UploadPlan, output: Seq[Attribute], child: LogicalPlan)
    extends UnaryNode {

  override def producedAttributes: AttributeSet = AttributeSet(output)

  // nothing that the child brings may be pruned: rows cross to the kernel as they are
  @transient override lazy val references: AttributeSet = child.outputSet

  override protected def withNewChildInternal(newChild: LogicalPlan): UploadNode = copy(child = newChild)
}

object UploadNode {
  val KeyBytes = "key_bytes"
  val ValueBytes = "value_bytes"

  /** The node over a child whose first columns are the keys. */
  def over(child: LogicalPlan, plan: UploadPlan, keys: Int): UploadNode = {
    val output = Seq(KeyBytes, ValueBytes).map(AttributeReference(_, BinaryType, nullable = false)())
    UploadNode(child.output.take(keys), plan, output, child)
  }
}

/** Plans [[UploadNode]]. Installed into a session on first use, so that plain `spark-submit` needs no setting. */
object UploadStrategy extends Strategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case n: UploadNode => Seq(UploadExec(n.keys, n.plan, n.output, planLater(n.child)))
    case _             => Nil
  }

  /** Makes the session able to plan the operator; a second call changes nothing. */
  def install(spark: SparkSession): Unit = synchronized {
    val installed = spark.experimental.extraStrategies
    if (!installed.contains(this)) spark.experimental.extraStrategies = installed :+ this
  }
}
