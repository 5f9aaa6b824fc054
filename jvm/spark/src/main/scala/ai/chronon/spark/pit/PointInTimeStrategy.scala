package ai.chronon.spark.pit

import org.apache.spark.sql.{SparkSession, Strategy}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.SparkPlan

/** Plans [[PointInTimeJoinNode]]. Installed into a session on first use, so that plain `spark-submit` needs no setting. */
object PointInTimeStrategy extends Strategy {

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

  /** Makes the session able to plan the operator; a second call changes nothing. */
  def install(spark: SparkSession): Unit = synchronized {
    val installed = spark.experimental.extraStrategies
    if (!installed.contains(this)) spark.experimental.extraStrategies = installed :+ this
  }
}
