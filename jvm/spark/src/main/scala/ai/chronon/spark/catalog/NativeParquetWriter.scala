package ai.chronon.spark.catalog

import ai.chronon.jni.ParquetFile
import ai.chronon.spark.kernel.{NativeMemory, RowFrame}
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path
import org.apache.spark.TaskContext
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{UnsafeProjection, UnsafeRow}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.datasources.OutputWriter
import org.apache.spark.sql.types.DataType

import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicInteger

/** Writes one file: rows are copied to the kernel, the bytes that it gives back go to the file system.
  *
  * What the kernel holds is acquired from the task's memory manager; when that refuses, the row group ends early,
  * unless it is so small that a file of such groups would be of no use. All open
  * files of the process share a part of the heap's size, `parquet.memory.pool.ratio`, as with Spark's own writer.
  */
private final class NativeParquetWriter(
    override val path: String,
    types: Array[DataType],
    options: String,
    conf: Configuration
) extends OutputWriter {
  import NativeParquetWriter._

  private val block = conf.getLong(NativeParquet.BlockBytes, DefaultBlockBytes)
  private val pool =
    (Runtime.getRuntime.maxMemory() * conf.getDouble(NativeParquet.PoolRatio, DefaultPoolRatio)).toLong
  private val memory = new NativeMemory(SparkInternals.taskMemoryManager())
  private val target = new Path(path)
  private val out = target.getFileSystem(conf).create(target, false)
  private val file = ParquetFile.open(options)
  private val frame = new RowFrame(FrameBytes)(send)
  private val chunk = new Array[Byte](ChunkBytes)
  private lazy val unsafe = UnsafeProjection.create(types)
  private var open = true

  opened.incrementAndGet()
  TaskContext.get().addTaskCompletionListener[Unit](_ => release())

  override def write(row: InternalRow): Unit = frame.add(
    row match {
      case already: UnsafeRow => already
      case other              => unsafe(other)
    },
    null
  )

  override def close(): Unit = if (open) {
    try {
      frame.flush()
      file.finish()
      drain()
      out.close()
    } finally release()
  }

  private def send(rows: ByteBuffer, size: Int): Unit = {
    val share = math.max(LeastRowGroup, pool / math.max(1, opened.get()))
    val held = file.put(rows, size, math.min(block, share))
    if (!memory.covers(held))
      file.put(rows, 0, LeastRowGroup) // no more rows, but perhaps the end of the row group
    drain()
  }

  private def drain(): Unit = {
    var bytes = file.take()
    while (bytes != null) {
      while (bytes.hasRemaining) {
        val size = math.min(bytes.remaining(), chunk.length)
        bytes.get(chunk, 0, size)
        out.write(chunk, 0, size)
      }
      bytes = file.take()
    }
  }

  private def release(): Unit = if (open) {
    open = false
    opened.decrementAndGet()
    file.close()
    memory.release()
  }
}

private object NativeParquetWriter {

  /** Files of this process that are being written. */
  private val opened = new AtomicInteger

  private val FrameBytes = 1 << 15
  private val ChunkBytes = 1 << 16

  /** However many files are open, and however little memory there is. */
  private val LeastRowGroup = 1L << 20

  // of parquet-hadoop, for settings that nobody has set
  private val DefaultBlockBytes = 128L << 20
  private val DefaultPoolRatio = 0.95
}
