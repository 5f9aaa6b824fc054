package ai.chronon.spark.blocks

import ai.chronon.spark.kernel.TypeNames
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeSet, BoundReference, GenericInternalRow}
import org.apache.spark.sql.catalyst.plans.physical.HashPartitioning
import org.apache.spark.sql.execution.{SparkPlan, UnaryExecNode}
import org.apache.spark.sql.execution.metric.{SQLMetric, SQLMetrics}
import org.apache.spark.sql.types.{IntegerType, StructField}

/** Stands before an exchange by key and makes blocks of rows, through the native kernel, so that Spark moves a few large rows
  * instead of many small ones: rows of (mark, block), neither of which is ever null.
  *
  * Where the child is a scan of plain columns, they are read as columns, and no row is made by Spark at all
  * ([[ColumnarScan]]).
  *
  * Equal keys have equal marks, everywhere and always. There are as many marks as the exchange will have partitions, and each falls into
  * a partition of its own; if the exchange has another number, that is no mistake, only uneven.
  */
case class KeyBlocksExec(definition: String, keys: Int, output: Seq[Attribute], child: SparkPlan)
    extends UnaryExecNode {

  override lazy val metrics: Map[String, SQLMetric] = Map(
    "numOutputRows" -> SQLMetrics.createMetric(sparkContext, "blocks"),
    "numInputRows" -> SQLMetrics.createMetric(sparkContext, "input rows read"),
    "nativeTime" -> SQLMetrics.createNanoTimingMetric(sparkContext, "native time")
  )

  override def producedAttributes: AttributeSet = AttributeSet(output)

  @transient override lazy val references: AttributeSet = child.outputSet

  override protected def doExecute(): RDD[InternalRow] = {
    val scan = ColumnarScan.of(child)
    val evaluator = new KeyBlocksEvaluator(
      options(columnar = scan.isDefined),
      KeyBlocksMetrics(longMetric("numOutputRows"), longMetric("numInputRows"), longMetric("nativeTime"))
    )
    scan match {
      case Some(columns) =>
        val reader = columns.reader
        columns.plan.executeColumnar().mapPartitions(evaluator.ofColumns(_, reader))
      case None =>
        val input = child.output
        child.execute().mapPartitions(evaluator.ofRows(_, input))
    }
  }

  private def options(columnar: Boolean): String = {
    val fields = child.output.map(a => StructField(a.name, a.dataType, a.nullable))
    val (keyFields, columns) = fields.splitAt(keys)
    val marks = KeyBlocksExec.marks(conf.numShufflePartitions)
    val options = new ObjectMapper().createObjectNode()
    options.put("definition", definition).put("columnar", columnar)
      .put("block_bytes", math.max(4 << 10, math.min(64 << 10, KeyBlocksExec.MostBytes / marks.length)))
      .set[JsonNode]("keys", TypeNames.describe(keyFields))
    options.set[JsonNode]("columns", TypeNames.describe(columns))
    val numbers = options.putArray("marks")
    marks.foreach(numbers.add(_))
    options.toString
  }

  override protected def withNewChildInternal(newChild: SparkPlan): KeyBlocksExec = copy(child = newChild)
}

private object KeyBlocksExec {

  /** What blocks may have in a task before they go out, as long as there are no more than thousands of them. */
  private val MostBytes = 16 << 20

  /** For each partition of an exchange the least number that Spark puts there. */
  def marks(partitions: Int): Array[Int] = {
    val partition =
      HashPartitioning(
        Seq(BoundReference(0, IntegerType, nullable = false)),
        partitions
      ).partitionIdExpression
    val found = Array.fill(partitions)(-1)
    Iterator.from(0)
      .map(mark => mark -> partition.eval(new GenericInternalRow(Array[Any](mark))).asInstanceOf[Int])
      .filter { case (_, at) => found(at) < 0 }
      .take(partitions)
      .foreach { case (mark, at) => found(at) = mark }
    found
  }
}
