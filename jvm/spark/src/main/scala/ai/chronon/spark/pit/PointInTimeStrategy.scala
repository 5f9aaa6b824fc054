package ai.chronon.spark.pit

import ai.chronon.spark.kernel.KernelStrategy
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.SparkPlan

/** Plans [[PointInTimeJoinNode]]. */
object PointInTimeStrategy extends KernelStrategy {

  override def apply(plan: LogicalPlan): Seq[SparkPlan] = plan match {
    case n: PointInTimeJoinNode =>
      Seq(
        PointInTimeJoinExec(
          n.leftKeys,
          n.queryTime,
          n.rightKeys,
          n.rightTime,
          n.rightInputs,
          n.plan,
          n.features,
          n.leftDay,
          n.rightDay,
          n.together,
          planLater(n.left),
          planLater(n.right)
        )
      )
    case _ => Nil
  }
}
