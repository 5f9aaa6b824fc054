package ai.chronon.spark.upload

import ai.chronon.spark.kernel.KernelBudget
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet}
import org.apache.spark.sql.catalyst.plans.physical.{
  ClusteredDistribution,
  Distribution,
  UnspecifiedDistribution
}
import org.apache.spark.sql.execution.{SparkPlan, UnaryExecNode}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}

/** Gives the bytes of keys and of what is stored of them, through the native kernel.
  *
  * Where rows are aggregated, the child gives blocks of them, those of a key in one partition, in any order: the kernel sorts rows by
  * key, time and inputs and folds one key after the other, so that rows of equal time are folded in an order that does not depend on how
  * they were shuffled. Rows that do not fit into the task's memory wait on disk. Where they are not, rows are read as they come.
  *
  * Rows come out in an order of the operator's own, and behind them the one that tells what they are. They are the kernel's own,
  * and no operator need follow before they are written, so that Spark makes no row and compiles no code for them.
  */
case class UploadExec(
    plan: UploadPlan,
    form: RowForm,
    totals: UploadTotals,
    output: Seq[Attribute],
    child: SparkPlan
) extends UnaryExecNode {

  override lazy val metrics: Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sparkContext, "number of output rows"),
    "numInputRows" -> SQLMetrics.createMetric(sparkContext, "input rows or blocks read"),
    "nativeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "native time"),
    "nativeBytes" -> SQLMetrics.createSizeMetric(sparkContext, "native bytes peak"),
    "spilledBytes" -> SQLMetrics.createSizeMetric(sparkContext, "native bytes spilled")
  )

  override def producedAttributes: AttributeSet = AttributeSet(output)

  @transient override lazy val references: AttributeSet = child.outputSet

  override def requiredChildDistribution: Seq[Distribution] = plan match {
    case _: UploadPlan.Aggregated => ClusteredDistribution(child.output.take(1)) :: Nil
    case _: UploadPlan.Columns    => UnspecifiedDistribution :: Nil
  }

  override protected def doExecute(): RDD[InternalRow] = {
    val evaluator = new UploadEvaluator(
      child.output,
      plan,
      plan.options(form),
      totals,
      conf.getConfString(KernelBudget.Limit, Long.MaxValue.toString).toLong,
      UploadMetrics(
        longMetric("numOutputRows"),
        longMetric("numInputRows"),
        longMetric("nativeTime"),
        longMetric("nativeBytes"),
        longMetric("spilledBytes")
      )
    )
    val info = sparkContext.parallelize(Seq(form), 1).map(_.infoRow: InternalRow)
    child.execute().mapPartitions(evaluator.run).union(info)
  }

  override protected def withNewChildInternal(newChild: SparkPlan): UploadExec = copy(child = newChild)
}
