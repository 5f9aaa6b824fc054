package ai.chronon.spark.upload

import ai.chronon.spark.kernel.{KernelBudget, KernelRows, RowFrame, UnsafeRows}
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{Attribute, UnsafeRow}
import org.apache.spark.sql.catalyst.expressions.codegen.UnsafeRowWriter
import org.apache.spark.sql.execution.metric.SQLMetric
import org.apache.spark.unsafe.types.UTF8String

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
    json: JsonSample,
    totals: UploadTotals,
    memoryLimit: Long,
    metrics: UploadMetrics
) extends Serializable {

  /** The output rows of a partition; native resources are released when the task ends. */
  def run(rows: Iterator[InternalRow]): Iterator[InternalRow] =
    if (rows.hasNext) new Uploaded(rows) else Iterator.empty

  private final class Uploaded(rows: Iterator[InternalRow]) extends Iterator[InternalRow] {
    private val upload = plan.open()
    private val budget = new KernelBudget(plan.definition, memoryLimit, upload.spill(_), metrics.spilledBytes)
    private var nativeNanos = 0L
    TaskContext.get().addTaskCompletionListener[Unit](_ => close())

    private val frame = new RowFrame(UploadEvaluator.FrameBytes)(send)
    private val unsafe = new UnsafeRows(input)
    private val out = new KernelRows(2)
    // written by hand, because the code of a projection is compiled
    private val row = new UnsafeRowWriter(4)
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
      metrics.outputRows += 1
      val stored = out.next()
      withJson(stored.getBinary(0), stored.getBinary(1))
    }

    private def withJson(key: Array[Byte], value: Array[Byte]): UnsafeRow = {
      totals.rows.add(1)
      totals.keyBytes.add(key.length)
      totals.valueBytes.add(value.length)
      row.reset()
      row.zeroOutNullBytes()
      row.write(0, key)
      row.write(1, value)
      if (json.takes(key)) {
        row.write(2, UTF8String.fromBytes(json.key(key)))
        row.write(3, UTF8String.fromBytes(json.value(value)))
      } else {
        row.setNullAt(2)
        row.setNullAt(3)
      }
      row.getRow
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
      upload.close()
      budget.release()
    }
  }
}

private[upload] object UploadEvaluator {

  /** Enough that the boundary costs nothing. */
  private val FrameBytes = 1 << 20
}
