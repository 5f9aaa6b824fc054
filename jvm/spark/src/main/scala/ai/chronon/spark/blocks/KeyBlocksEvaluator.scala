package ai.chronon.spark.blocks

import ai.chronon.jni.KeyBlocks
import ai.chronon.spark.kernel.{KernelRows, NativeMemory, RowFrame, UnsafeRows}
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.Attribute
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.metric.SQLMetric
import org.apache.spark.sql.vectorized.ColumnarBatch

import java.nio.ByteBuffer

/** The operator's metrics, in the order in which the UI shows them. */
private[blocks] final case class KeyBlocksMetrics(
    blocks: SQLMetric,
    inputRows: SQLMetric,
    nativeTime: SQLMetric
)

/** Everything a task needs to make blocks of one partition; serializable. */
private[blocks] final class KeyBlocksEvaluator(options: String, metrics: KeyBlocksMetrics)
    extends Serializable {

  def ofRows(rows: Iterator[InternalRow], input: Seq[Attribute]): Iterator[InternalRow] =
    if (rows.hasNext) new OfRows(rows, input) else Iterator.empty

  def ofColumns(batches: Iterator[ColumnarBatch], reader: ColumnarReader): Iterator[InternalRow] =
    if (batches.hasNext) new OfColumns(batches, reader) else Iterator.empty

  /** The blocks; native resources are released when the task ends. */
  private abstract class Blocks extends Iterator[InternalRow] {
    protected val blocks: KeyBlocks = KeyBlocks.open(options)
    private val memory = new NativeMemory(SparkInternals.taskMemoryManager())
    private val out = new KernelRows(2)
    private var nativeNanos = 0L
    private var ended = false
    TaskContext.get().addTaskCompletionListener[Unit](_ => close())

    /** Whether there are rows that were not handed over. */
    protected def more: Boolean

    /** Hands some of them over. */
    protected def feed(): Unit

    /** Hands over what was gathered. */
    protected def finish(): Unit

    override def hasNext: Boolean = {
      if (out.isEmpty) take()
      while (out.isEmpty && !ended) {
        if (more) feed() else end()
        take()
      }
      !out.isEmpty
    }

    override def next(): InternalRow = {
      if (!hasNext) throw new NoSuchElementException("all blocks were given out")
      metrics.blocks += 1
      out.next()
    }

    /** Counts the time of a call into the kernel that takes rows; where what it holds is too much, blocks go out early. */
    protected def put(rows: => Long): Unit = native(if (!memory.covers(rows)) blocks.flush())

    private def take(): Unit = native(out.take(blocks.next()))

    private def end(): Unit = {
      finish()
      native(blocks.flush())
      ended = true
    }

    private def native(work: => Unit): Unit = {
      val started = System.nanoTime()
      work
      nativeNanos += System.nanoTime() - started
    }

    private def close(): Unit = {
      metrics.nativeTime += nativeNanos
      blocks.close()
      memory.release()
    }
  }

  private final class OfRows(rows: Iterator[InternalRow], input: Seq[Attribute]) extends Blocks {
    private val frame = new RowFrame(KeyBlocksEvaluator.FrameBytes)(send)
    private val unsafe = new UnsafeRows(input)
    private var sent = 0L

    override protected def more: Boolean = rows.hasNext

    override protected def feed(): Unit = {
      val before = sent
      while (rows.hasNext && sent == before) {
        frame.add(unsafe(rows.next()), null)
        metrics.inputRows += 1
      }
    }

    override protected def finish(): Unit = frame.flush()

    private def send(buffer: ByteBuffer, size: Int): Unit = {
      put(blocks.putRows(buffer, size))
      sent += 1
    }
  }

  private final class OfColumns(batches: Iterator[ColumnarBatch], reader: ColumnarReader) extends Blocks {
    private val frame = new ColumnFrame

    override protected def more: Boolean = batches.hasNext

    override protected def feed(): Unit = {
      metrics.inputRows += reader.read(batches.next(), frame)
      put(blocks.putColumns(frame.buffer, frame.size))
    }

    override protected def finish(): Unit = ()
  }
}

private object KeyBlocksEvaluator {

  /** Enough that the boundary costs nothing. */
  private val FrameBytes = 1 << 18
}
