package ai.chronon.spark.pit

import ai.chronon.spark.kernel.KernelBudget
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, Expression}
import org.apache.spark.sql.catalyst.plans.physical.{ClusteredDistribution, Distribution, Partitioning}
import org.apache.spark.sql.execution.{BinaryExecNode, SparkPlan}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}

/** Appends the plan's features to every left row as of its query time, through the native kernel.
  *
  * Both children arrive hashed by their keys, in any order: the kernel sorts rows by key, time and inputs, so that rows of
  * equal time are folded in an order that does not depend on how they were shuffled. Its memory is acquired from the
  * task's memory manager; when that refuses, the kernel moves rows to disk; when what cannot be moved does not fit, the
  * task fails with a message that names the definition and the bytes held.
  *
  * Of entities with mutations, rows must be of one day besides: `leftDay` and `rightDay` are matched like keys, but rows are not
  * exchanged by them, so that such a part shares the exchange of others on its keys. `rightInputs` begin with whether a row is added and
  * its own time then.
  *
  * Left rows come out in an order of their own, with their partitioning, so that the next part on the same keys needs no
  * other exchange.
  */
case class PointInTimeJoinExec(
    leftKeys: Seq[Expression],
    queryTime: Expression,
    rightKeys: Seq[Expression],
    rightTime: Expression,
    rightInputs: Seq[Expression],
    plan: NativePlan,
    features: Seq[Attribute],
    leftDay: Option[Expression],
    rightDay: Option[Expression],
    together: Option[Expression],
    left: SparkPlan,
    right: SparkPlan
) extends BinaryExecNode {

  override lazy val metrics: Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sparkContext, "number of output rows"),
    "numLeftRows" -> SQLMetrics.createMetric(sparkContext, "left rows"),
    "numRightRows" -> SQLMetrics.createMetric(sparkContext, "right rows read"),
    "encodeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "encode time"),
    "nativeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "native time"),
    "nativeBytes" -> SQLMetrics.createSizeMetric(sparkContext, "native bytes peak"),
    "spilledBytes" -> SQLMetrics.createSizeMetric(sparkContext, "native bytes spilled")
  )

  override def output: Seq[Attribute] = left.output ++ features

  override def producedAttributes: AttributeSet = AttributeSet(features)

  override def requiredChildDistribution: Seq[Distribution] =
    ClusteredDistribution(leftKeys) :: ClusteredDistribution(rightKeys) :: Nil

  override def outputPartitioning: Partitioning = left.outputPartitioning

  override protected def doExecute(): RDD[InternalRow] = {
    val factory = new PointInTimeEvaluatorFactory(
      left.output,
      right.output,
      leftKeys ++ leftDay,
      queryTime,
      rightKeys ++ rightDay ++ Seq(rightTime) ++ rightInputs,
      mutations = leftDay.isDefined,
      plan,
      features,
      together,
      conf.getConfString(KernelBudget.Limit, Long.MaxValue.toString).toLong,
      PointInTimeMetrics(
        longMetric("numOutputRows"),
        longMetric("numLeftRows"),
        longMetric("numRightRows"),
        longMetric("encodeTime"),
        longMetric("nativeTime"),
        longMetric("nativeBytes"),
        longMetric("spilledBytes")
      )
    )
    left.execute().zipPartitions(right.execute()) { (leftRows, rightRows) =>
      factory.evaluator().run(leftRows, rightRows)
    }
  }

  override protected def withNewChildrenInternal(
      newLeft: SparkPlan,
      newRight: SparkPlan
  ): PointInTimeJoinExec =
    copy(left = newLeft, right = newRight)
}
