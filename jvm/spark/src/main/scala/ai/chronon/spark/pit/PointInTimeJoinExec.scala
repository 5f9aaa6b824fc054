package ai.chronon.spark.pit

import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{
  Ascending,
  Attribute,
  AttributeSet,
  Expression,
  RowOrdering,
  SortOrder
}
import org.apache.spark.sql.catalyst.plans.physical.{ClusteredDistribution, Distribution, Partitioning}
import org.apache.spark.sql.execution.{BinaryExecNode, SparkPlan}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}

/** Appends the plan's features to every left row as of its query time, through the native kernel.
  *
  * Both children arrive hashed by their keys, the left one in [[PackedOrder]]. The right one is put into that order here,
  * by its inputs as well, so that rows of equal time are folded in an order that does not depend on how they were
  * shuffled; that sort spills like any other. One pass per partition then streams
  * both: memory is one batch of left rows, one batch of right rows, and what the kernel keeps for the current key, which
  * is bounded by the hops in its windows. The kernel's share is acquired from the task's memory manager; refusal fails
  * the task with a message that names the definition and the bytes held.
  *
  * Left rows come out in the order in which they came in, with their partitioning, so that the next part on the same keys
  * needs neither another exchange nor another sort.
  */
case class PointInTimeJoinExec(
    leftKeys: Seq[Expression],
    leftOrder: Expression,
    queryTime: Expression,
    rightKeys: Seq[Expression],
    rightTime: Expression,
    rightInputs: Seq[Expression],
    plan: NativePlan,
    features: Seq[Attribute],
    left: SparkPlan,
    right: SparkPlan
) extends BinaryExecNode {

  override lazy val metrics: Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sparkContext, "number of output rows"),
    "numLeftRows" -> SQLMetrics.createMetric(sparkContext, "left rows"),
    "numRightRows" -> SQLMetrics.createMetric(sparkContext, "right rows read"),
    "numEvents" -> SQLMetrics.createMetric(sparkContext, "right rows sent to the kernel"),
    "encodeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "encode time"),
    "nativeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "native time"),
    "decodeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "decode time"),
    "nativeBytes" -> SQLMetrics.createSizeMetric(sparkContext, "native bytes peak")
  )

  override def output: Seq[Attribute] = left.output ++ features

  override def producedAttributes: AttributeSet = AttributeSet(features)

  override def requiredChildDistribution: Seq[Distribution] =
    ClusteredDistribution(leftKeys) :: ClusteredDistribution(rightKeys) :: Nil

  private val leftPacked = PackedOrder(leftKeys, leftOrder)
  private val rightPacked = PackedOrder(rightKeys, rightTime)

  // The right side is sorted by the operator itself, which is faster at it; nobody else could use that order.
  override def requiredChildOrdering: Seq[Seq[SortOrder]] =
    ascending(leftPacked +: leftOrder +: leftKeys) :: Nil :: Nil

  // maps cannot be ordered; ties among them keep the order in which they arrive
  private def rightOrder: Seq[SortOrder] =
    ascending((rightPacked +: rightTime +: rightKeys) ++
      rightInputs.filter(e => RowOrdering.isOrderable(e.dataType)))

  private def ascending(expressions: Seq[Expression]): Seq[SortOrder] =
    expressions.map(SortOrder(_, Ascending))

  override def outputPartitioning: Partitioning = left.outputPartitioning

  override def outputOrdering: Seq[SortOrder] = left.outputOrdering

  override protected def doExecute(): RDD[InternalRow] = {
    val factory = new PointInTimeEvaluatorFactory(
      left.output,
      right.output,
      leftKeys,
      leftPacked,
      queryTime,
      rightKeys,
      rightPacked,
      rightTime,
      rightInputs,
      rightOrder,
      plan,
      features,
      PointInTimeMetrics(
        longMetric("numOutputRows"),
        longMetric("numLeftRows"),
        longMetric("numRightRows"),
        longMetric("numEvents"),
        longMetric("encodeTime"),
        longMetric("nativeTime"),
        longMetric("decodeTime"),
        longMetric("nativeBytes")
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
