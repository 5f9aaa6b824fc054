package ai.chronon.spark.pit

import ai.chronon.jni.PartitionJoin
import ai.chronon.spark.kernel.{KernelBudget, KernelRows, RowFrame, UnsafeRows}
import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{
  Attribute,
  Expression,
  GenericInternalRow,
  JoinedRow,
  UnsafeProjection,
  UnsafeRow
}
import org.apache.spark.sql.execution.metric.SQLMetric

import java.nio.ByteBuffer

/** The operator's metrics, in the order in which the UI shows them. */
private[pit] final case class PointInTimeMetrics(
    outputRows: SQLMetric,
    leftRows: SQLMetric,
    rightRows: SQLMetric,
    encodeTime: SQLMetric,
    nativeTime: SQLMetric,
    nativeBytes: SQLMetric,
    spilledBytes: SQLMetric
)

/** Everything a task needs to evaluate one partition; serializable. */
private[pit] final class PointInTimeEvaluatorFactory(
    leftOutput: Seq[Attribute],
    rightOutput: Seq[Attribute],
    leftKeys: Seq[Expression],
    queryTime: Expression,
    rightColumns: Seq[Expression],
    mutations: Boolean,
    plan: NativePlan,
    features: Seq[Attribute],
    together: Option[Expression],
    memoryLimit: Long,
    metrics: PointInTimeMetrics
) extends Serializable {

  private val options: String = {
    val json = new ObjectMapper().createObjectNode()
    def variable(e: Expression) = !UnsafeRow.isFixedLength(e.dataType)
    val keys = json.putArray("variable_keys")
    leftKeys.foreach(key => keys.add(variable(key)))
    json.put("left_columns", leftOutput.length)
    json.put("mutations", mutations)
    val columns = json.putArray("left_variable")
    leftOutput.zipWithIndex.foreach { case (column, i) => if (variable(column)) columns.add(i) }
    together.map(e => leftOutput.indexWhere(_.semanticEquals(e))).filter(_ >= 0).foreach(json.put(
      "together",
      _
    ))
    json.toString
  }

  /** The keys, time and inputs of a right row. */
  private def rightRow: InternalRow => UnsafeRow =
    if (rightColumns.map(e => rightOutput.indexWhere(_.semanticEquals(e))) == rightOutput.indices)
      new UnsafeRows(rightOutput)
    else {
      val projection = UnsafeProjection.create(rightColumns, rightOutput)
      projection(_)
    }

  /** An evaluator for the running task. */
  def evaluator(): PointInTimeEvaluator =
    new PointInTimeEvaluator(
      plan,
      options,
      new UnsafeRows(leftOutput),
      UnsafeProjection.create(leftKeys :+ queryTime, leftOutput),
      rightRow,
      new UnsafeRows(leftOutput ++ features),
      leftOutput.length + features.length,
      features.length,
      memoryLimit,
      metrics
    )
}

/** Computes one partition. Rows of both sides are copied to the kernel as they come; it sorts them, and gives left rows
  * back with the features behind them, as rows in memory of its own that Spark reads in place.
  *
  * A left row with a null key or query time has nothing to match, so it goes out at once.
  *
  * @param leftRow  a left row as it is handed over
  * @param rightRow the keys, time and inputs of a right row
  * @param result   an output row that the kernel did not make
  * @param columns  of an output row
  */
private[pit] final class PointInTimeEvaluator(
    plan: NativePlan,
    options: String,
    leftRow: UnsafeRows,
    leftHead: UnsafeProjection,
    rightRow: InternalRow => UnsafeRow,
    result: UnsafeRows,
    columns: Int,
    features: Int,
    memoryLimit: Long,
    metrics: PointInTimeMetrics
) {

  def run(leftRows: Iterator[InternalRow], rightRows: Iterator[InternalRow]): Iterator[InternalRow] =
    if (leftRows.hasNext) new Features(leftRows, rightRows) else Iterator.empty

  /** The output rows; native resources are released when the task ends. */
  private final class Features(leftRows: Iterator[InternalRow], rightRows: Iterator[InternalRow])
      extends Iterator[InternalRow] {
    private val join = {
      val native = plan.open()
      try PartitionJoin.open(native, options)
      finally native.close()
    }
    private val budget =
      new KernelBudget(plan.definition, memoryLimit, join.spill(_), metrics.spilledBytes)
    private var nativeNanos = 0L
    TaskContext.get().addTaskCompletionListener[Unit](_ => close())

    private val leftFrame =
      new RowFrame(PointInTimeEvaluator.FrameBytes)((frame, size) => send(frame, size, join.left))
    private lazy val rightFrame =
      new RowFrame(PointInTimeEvaluator.FrameBytes)((frame, size) => send(frame, size, join.right))
    private var sent = 0L
    private var loading = true

    private val joined = new JoinedRow()
    private val nothing = new GenericInternalRow(features)
    private val rows = new KernelRows(columns)
    private var ready: InternalRow = _

    override def hasNext: Boolean = ready != null || { ready = advance(); ready != null }

    override def next(): InternalRow = {
      if (!hasNext) throw new NoSuchElementException("all rows were given out")
      val out = ready
      ready = null
      metrics.outputRows += 1
      out
    }

    /** The next output row, or null at the end. */
    private def advance(): InternalRow = {
      if (loading) {
        val unmatched = loadLeft()
        if (unmatched != null) return unmatched
        if (sent > 0) loadRight()
        loading = false
      }
      if (rows.isEmpty) answer()
      if (rows.isEmpty) null else rows.next()
    }

    /** Hands left rows over; stops at one that nothing can match, which is returned with null features. */
    private def loadLeft(): InternalRow = encoding {
      var unmatched: InternalRow = null
      while (unmatched == null && leftRows.hasNext) {
        val left = leftRow(leftRows.next())
        val head = leftHead(left)
        metrics.leftRows += 1
        if (head.anyNull()) unmatched = result(joined(left, nothing))
        else {
          leftFrame.add(head, left)
          sent += 1
        }
      }
      if (unmatched == null) leftFrame.flush()
      unmatched
    }

    private def loadRight(): Unit = encoding {
      while (rightRows.hasNext) {
        metrics.rightRows += 1
        rightFrame.add(rightRow(rightRows.next()), null)
      }
      rightFrame.flush()
    }

    private def send(frame: ByteBuffer, size: Int, put: (ByteBuffer, Int) => Long): Unit = {
      val started = System.nanoTime()
      budget.gathered(put(frame, size))
      nativeNanos += System.nanoTime() - started
    }

    private def answer(): Unit = {
      val started = System.nanoTime()
      rows.take(if (sent == 0) null else join.next())
      if (!rows.isEmpty) budget.holding(join.bytesHeld())
      nativeNanos += System.nanoTime() - started
    }

    /** Counts the time of `work` as that of encoding, without what it spends in the kernel. */
    private def encoding[T](work: => T): T = {
      val (started, inside) = (System.nanoTime(), nativeNanos)
      try work
      finally metrics.encodeTime += System.nanoTime() - started - (nativeNanos - inside)
    }

    private def close(): Unit = {
      metrics.nativeBytes.set(budget.peak)
      metrics.nativeTime += nativeNanos
      join.close()
      budget.release()
    }
  }
}

private[pit] object PointInTimeEvaluator {

  /** Enough that the boundary costs nothing. */
  private val FrameBytes = 1 << 20
}
