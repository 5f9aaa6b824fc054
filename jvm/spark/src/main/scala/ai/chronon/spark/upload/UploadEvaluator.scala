package ai.chronon.spark.upload

import ai.chronon.spark.kernel.{KernelBudget, KernelRows, RowFrame, UnsafeRows}
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.Attribute
import org.apache.spark.sql.execution.metric.SQLMetric

import java.nio.ByteBuffer

/** The operator's metrics, in the order in which the UI shows them. */
private[upload] final case class UploadMetrics(
    outputRows: SQLMetric,
    inputRows: SQLMetric,
    nativeTime: SQLMetric,
    nativeBytes: SQLMetric,
    spilledBytes: SQLMetric
)

/** Everything a task needs to evaluate one partition; serializable. */
private[upload] final class UploadEvaluator(
    input: Seq[Attribute],
    plan: UploadPlan,
    options: String,
    totals: UploadTotals,
    memoryLimit: Long,
    metrics: UploadMetrics
) extends Serializable {

  /** The output rows of a partition; native resources are released when the task ends. */
  def run(rows: Iterator[InternalRow]): Iterator[InternalRow] =
    if (rows.hasNext) new Uploaded(rows) else Iterator.empty

  private final class Uploaded(rows: Iterator[InternalRow]) extends Iterator[InternalRow] {
    private val upload = plan.open(options)
    private val budget = new KernelBudget(plan.definition, memoryLimit, upload.spill(_), metrics.spilledBytes)
    private var nativeNanos = 0L
    TaskContext.get().addTaskCompletionListener[Unit](_ => close())

    private val frame = new RowFrame(UploadEvaluator.FrameBytes)(send)
    private val unsafe = new UnsafeRows(input)
    private val out = new KernelRows(5)
    private var given, keyBytes, valueBytes = 0L
    // a plan without aggregations takes rows, and gives some while others are still to come; another one takes blocks
    private val gives = plan.isInstanceOf[UploadPlan.Columns]
    private var sent = 0L

    override def hasNext: Boolean = {
      if (out.isEmpty && !gives) load()
      if (out.isEmpty) answer()
      while (out.isEmpty && rows.hasNext) {
        load()
        answer()
      }
      !out.isEmpty
    }

    override def next(): InternalRow = {
      if (!hasNext) throw new NoSuchElementException("all rows were given out")
      val stored = out.next()
      given += 1
      keyBytes += KernelRows.length(stored, 0)
      valueBytes += KernelRows.length(stored, 1)
      stored
    }

    /** Hands rows over: all of them, or a frame if it gives rows already. */
    private def load(): Unit = {
      val before = sent
      while (rows.hasNext && !(gives && sent > before)) {
        if (gives) frame.add(unsafe(rows.next()), null) else frame.addRecords(rows.next().getBinary(1))
        metrics.inputRows += 1
      }
      if (!rows.hasNext) frame.flush()
    }

    private def send(buffer: ByteBuffer, size: Int): Unit = {
      val started = System.nanoTime()
      budget.gathered(upload.put(buffer, size))
      sent += size
      nativeNanos += System.nanoTime() - started
    }

    private def answer(): Unit = {
      val started = System.nanoTime()
      out.take(upload.next())
      if (!out.isEmpty) budget.holding(upload.bytesHeld())
      nativeNanos += System.nanoTime() - started
    }

    private def close(): Unit = {
      metrics.nativeBytes.set(budget.peak)
      metrics.nativeTime += nativeNanos
      metrics.outputRows += given
      totals.rows.add(given)
      totals.keyBytes.add(keyBytes)
      totals.valueBytes.add(valueBytes)
      upload.close()
      budget.release()
    }
  }
}

private[upload] object UploadEvaluator {

  /** Enough that the boundary costs nothing. */
  private val FrameBytes = 1 << 20
}
