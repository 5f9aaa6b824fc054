package ai.chronon.spark.pit

import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.vector.{
  BigIntVector,
  FieldVector,
  IntVector,
  VectorLoader,
  VectorSchemaRoot,
  VectorUnloader
}
import org.apache.arrow.vector.ipc.{ReadChannel, WriteChannel}
import org.apache.arrow.vector.ipc.message.MessageSerializer
import org.apache.arrow.vector.types.pojo.{ArrowType, Field, FieldType}
import org.apache.spark.sql.catalyst.{InternalRow, ProjectingInternalRow}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.arrow.ArrowWriter
import org.apache.spark.sql.types.{IntegerType, LongType, StructType}
import org.apache.spark.sql.vectorized.{ArrowColumnVector, ColumnVector, ColumnarBatch}

import java.nio.ByteBuffer
import java.nio.channels.{ReadableByteChannel, WritableByteChannel}
import scala.collection.JavaConverters._

/** Gathers rows of (group, time, inputs) and hands them over as one Arrow IPC record-batch message in a direct buffer
  * that is reused. Owns its vectors: close it once.
  *
  * @param inputs  types of the columns behind group and time; empty for queries
  * @param maxRows rows between two resets, at most
  */
private[pit] final class ArrowFrameWriter(inputs: StructType, maxRows: Int, allocator: BufferAllocator)
    extends AutoCloseable {
  private val group = new IntVector(required("group", new ArrowType.Int(32, true)), allocator)
  private val time = new BigIntVector(required("ts", new ArrowType.Int(64, true)), allocator)
  private val inputRoot = VectorSchemaRoot.create(SparkInternals.arrowSchema(inputs), allocator)
  private val inputVectors = inputRoot.getFieldVectors.asScala
  private val root = new VectorSchemaRoot((Seq[FieldVector](group, time) ++ inputVectors).asJava)

  private val groups = FixedColumn(group, IntegerType, maxRows)
  private val times = FixedColumn(time, LongType, maxRows)
  // numbers are stored by address; whatever else there is goes through Spark's own writer
  private val (fixed, other) =
    inputs.fields.toSeq.zipWithIndex.partition(f => FixedColumn.fits(f._1.dataType))
  private val columns = fixed.map { case (field, i) =>
    FixedColumn(inputVectors(i), field.dataType, maxRows)
  }.toArray
  private val ordinals = fixed.map(_._2).toArray
  private val otherView = ProjectingInternalRow(StructType(other.map(_._1)), other.map(_._2).toIndexedSeq)
  private val otherWriter =
    if (other.isEmpty) None
    else Some(ArrowWriter.create(new VectorSchemaRoot(other.map(f => inputVectors(f._2)).asJava)))

  private val unloader = new VectorUnloader(root)
  private var target = ByteBuffer.allocateDirect(1 << 16)
  private var rows = 0

  /** Rows gathered since the last `reset`. */
  def size: Int = rows

  /** Adds a row; `values` holds exactly the inputs. */
  def write(groupNumber: Int, millis: Long, values: InternalRow): Unit = {
    var i = 0
    while (i < columns.length) {
      columns(i).write(rows, values, ordinals(i))
      i += 1
    }
    if (otherWriter.isDefined) {
      otherView.project(values)
      otherWriter.get.write(otherView)
    }
    writeHeader(groupNumber, millis)
  }

  /** Adds a row that has no inputs: a query. */
  def writeHeader(groupNumber: Int, millis: Long): Unit = {
    groups.putInt(rows, groupNumber)
    times.putLong(rows, millis)
    rows += 1
  }

  /** The gathered rows as one message; valid until the next call. Position 0, limit at the end of the message. */
  def finish(): ByteBuffer = {
    otherWriter.foreach(_.finish())
    groups.finish(rows)
    times.finish(rows)
    columns.foreach(_.finish(rows))
    root.setRowCount(rows)
    target.clear()
    val batch = unloader.getRecordBatch
    try MessageSerializer.serialize(new WriteChannel(Growing), batch)
    finally batch.close()
    target.flip()
    target
  }

  /** Forgets the gathered rows and keeps the memory. */
  def reset(): Unit = {
    otherWriter.foreach(_.reset())
    columns.foreach(_.reset())
    rows = 0
  }

  override def close(): Unit = root.close()

  private def required(name: String, kind: ArrowType) =
    new Field(name, new FieldType(false, kind, null), null)

  private object Growing extends WritableByteChannel {
    override def write(source: ByteBuffer): Int = {
      val n = source.remaining()
      if (target.remaining() < n) {
        val larger = ByteBuffer.allocateDirect(Math.max(target.capacity() * 2, target.position() + n))
        target.flip()
        larger.put(target)
        target = larger
      }
      target.put(source)
      n
    }
    override def isOpen: Boolean = true
    override def close(): Unit = ()
  }
}

/** Reads record-batch messages of one schema. The batch handed out is valid until the next `read`. Close it once. */
private[pit] final class ArrowFrameReader(schema: StructType, allocator: BufferAllocator)
    extends AutoCloseable {
  private val root = VectorSchemaRoot.create(SparkInternals.arrowSchema(schema), allocator)
  private val loader = new VectorLoader(root)

  /** Decodes the message between position and limit of `source`. */
  def read(source: ByteBuffer): ColumnarBatch = {
    val message =
      MessageSerializer.deserializeRecordBatch(new ReadChannel(new BufferChannel(source)), allocator)
    try loader.load(message)
    finally message.close()
    val columns = root.getFieldVectors.asScala.map(v => new ArrowColumnVector(v): ColumnVector).toArray
    new ColumnarBatch(columns, root.getRowCount)
  }

  override def close(): Unit = root.close()

  private final class BufferChannel(source: ByteBuffer) extends ReadableByteChannel {
    override def read(destination: ByteBuffer): Int =
      if (!source.hasRemaining) -1
      else {
        val n = Math.min(source.remaining(), destination.remaining())
        val slice = source.duplicate()
        slice.limit(slice.position() + n)
        destination.put(slice)
        source.position(source.position() + n)
        n
      }
    override def isOpen: Boolean = true
    override def close(): Unit = ()
  }
}
