package ai.chronon.spark.pit

import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, Expression}
import org.apache.spark.sql.catalyst.plans.logical.{BinaryNode, LogicalPlan}

/** Logical form of [[PointInTimeJoinExec]]: every left row, followed by the plan's outputs as of its query time. */
case class PointInTimeJoinNode(
    left: LogicalPlan,
    right: LogicalPlan,
    leftKeys: Seq[Expression],
    queryTime: Expression,
    rightKeys: Seq[Expression],
    rightTime: Expression,
    rightInputs: Seq[Expression],
    plan: NativePlan,
    features: Seq[Attribute],
    leftDay: Option[Expression],
    rightDay: Option[Expression],
    together: Option[Expression]
) extends BinaryNode {

  override def output: Seq[Attribute] = left.output ++ features

  override def producedAttributes: AttributeSet = AttributeSet(features)

  override def maxRows: Option[Long] = left.maxRows

  override protected def withNewChildrenInternal(
      newLeft: LogicalPlan,
      newRight: LogicalPlan
  ): PointInTimeJoinNode =
    copy(left = newLeft, right = newRight)
}
