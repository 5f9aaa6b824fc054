package ai.chronon.spark.blocks

import org.apache.arrow.memory.util.MemoryUtil
import org.apache.spark.sql.execution.vectorized.WritableColumnVector
import org.apache.spark.sql.types._
import org.apache.spark.sql.vectorized.ColumnVector
import org.apache.spark.unsafe.Platform
import org.apache.spark.unsafe.types.UTF8String

import java.nio.ByteBuffer

/** A direct buffer that gathers the columns of a batch in the form that [[ai.chronon.jni.KeyBlocks.putColumns]] describes, and
  * is reused. Numbers are copied a column at a time.
  */
private[blocks] final class ColumnFrame {
  private var bytes = ByteBuffer.allocateDirect(1 << 18)
  private var address = MemoryUtil.getByteBufferAddress(bytes)
  private var end = 0

  /** What was gathered: its first [[size]] bytes. */
  def buffer: ByteBuffer = bytes

  def size: Int = end

  /** Begins a frame of so many rows, of which some are left out; null if none is. */
  def begin(rows: Int, leftOut: Array[Boolean]): Unit = {
    end = 0
    word(rows)
    if (leftOut == null) word(0) else flags(leftOut)
  }

  /** Adds a column; its type must be one of [[ColumnFrame.takes]]. */
  def column(values: ColumnVector, dataType: DataType, rows: Int): Unit = {
    val nulls = if (values.hasNull) ColumnFrame.nulls(values, rows) else null
    if (nulls == null) word(0) else flags(nulls)
    dataType match {
      case StringType => variable(rows, nulls)(ColumnFrame.texts(values))
      case BinaryType => variable(rows, nulls)(row => UTF8String.fromBytes(values.getBinary(row)))
      // of a null, Spark's own vectors give any number, but others fail
      case _ if nulls != null && !values.isInstanceOf[WritableColumnVector] =>
        numbersOneByOne(values, dataType, nulls)
      case _ => numbers(values, dataType, rows)
    }
  }

  private def numbers(values: ColumnVector, dataType: DataType, rows: Int): Unit = dataType match {
    case BooleanType            => copy(values.getBooleans(0, rows), Platform.BOOLEAN_ARRAY_OFFSET, rows)
    case ByteType               => copy(values.getBytes(0, rows), Platform.BYTE_ARRAY_OFFSET, rows)
    case ShortType              => copy(values.getShorts(0, rows), Platform.SHORT_ARRAY_OFFSET, 2 * rows)
    case IntegerType | DateType => copy(values.getInts(0, rows), Platform.INT_ARRAY_OFFSET, 4 * rows)
    case LongType               => copy(values.getLongs(0, rows), Platform.LONG_ARRAY_OFFSET, 8 * rows)
    case FloatType              => copy(values.getFloats(0, rows), Platform.FLOAT_ARRAY_OFFSET, 4 * rows)
    case DoubleType             => copy(values.getDoubles(0, rows), Platform.DOUBLE_ARRAY_OFFSET, 8 * rows)
    case other                  => throw notTaken(other)
  }

  private def numbersOneByOne(values: ColumnVector, dataType: DataType, nulls: Array[Boolean]): Unit = {
    val width = dataType.defaultSize
    val length = padded(width * nulls.length)
    reserve(length)
    val put: (Long, Int) => Unit = dataType match {
      case BooleanType            => (at, row) => Platform.putBoolean(null, at, values.getBoolean(row))
      case ByteType               => (at, row) => Platform.putByte(null, at, values.getByte(row))
      case ShortType              => (at, row) => Platform.putShort(null, at, values.getShort(row))
      case IntegerType | DateType => (at, row) => Platform.putInt(null, at, values.getInt(row))
      case LongType               => (at, row) => Platform.putLong(null, at, values.getLong(row))
      case FloatType              => (at, row) => Platform.putFloat(null, at, values.getFloat(row))
      case DoubleType             => (at, row) => Platform.putDouble(null, at, values.getDouble(row))
      case other                  => throw notTaken(other)
    }
    nulls.indices.foreach(row => if (!nulls(row)) put(address + end + width.toLong * row, row))
    end += length
  }

  private def notTaken(dataType: DataType): IllegalArgumentException =
    new IllegalArgumentException(s"a column of type ${dataType.catalogString} is not read as one")

  /** Adds a column that is the same number in all rows. */
  def constant(value: Long, rows: Int): Unit = {
    word(0)
    var row = 0
    while (row < rows) {
      word(value)
      row += 1
    }
  }

  private def word(value: Long): Unit = {
    reserve(8)
    Platform.putLong(null, address + end, value)
    end += 8
  }

  private def flags(set: Array[Boolean]): Unit = {
    word(1)
    copy(set, Platform.BOOLEAN_ARRAY_OFFSET, set.length)
  }

  private def copy(array: AnyRef, offset: Long, length: Int): Unit = {
    reserve(padded(length))
    Platform.copyMemory(array, offset, null, address + end, length)
    end += padded(length)
  }

  private def variable(rows: Int, nulls: Array[Boolean])(value: Int => UTF8String): Unit = {
    val ends = end
    reserve(padded(4 * rows))
    end += padded(4 * rows)
    val first = end
    var row = 0
    while (row < rows) {
      if (nulls == null || !nulls(row)) {
        val text = value(row)
        reserve(text.numBytes)
        text.writeToMemory(null, address + end)
        end += text.numBytes
      }
      Platform.putInt(null, address + ends + 4 * row, end - first)
      row += 1
    }
    val length = padded(end - first)
    reserve(length - (end - first))
    end = first + length
  }

  private def padded(length: Int): Int = Math.addExact(length, 7) & ~7

  /** Makes room for so many bytes more. */
  private def reserve(more: Int): Unit = {
    val needed = Math.addExact(end, more)
    if (needed > bytes.capacity()) {
      val larger =
        ByteBuffer.allocateDirect(Math.max(needed, (2L * bytes.capacity()).min(Int.MaxValue).toInt))
      val place = MemoryUtil.getByteBufferAddress(larger)
      Platform.copyMemory(null, address, null, place, end)
      bytes = larger
      address = place
    }
  }
}

private[blocks] object ColumnFrame {

  /** Whether columns of the type can be gathered. */
  def takes(dataType: DataType): Boolean = dataType match {
    case BooleanType | ByteType | ShortType | IntegerType | DateType | LongType | FloatType | DoubleType |
        StringType | BinaryType => true
    case _ => false
  }

  /** The texts of a column by row. With a dictionary, each of its texts is decoded once, not once for each row that has it. */
  private def texts(values: ColumnVector): Int => UTF8String = values match {
    case vector: WritableColumnVector if vector.hasDictionary =>
      val ids = vector.getDictionaryIds
      var decoded = new Array[UTF8String](256)
      row => {
        val id = ids.getDictId(row)
        if (id >= decoded.length)
          decoded = java.util.Arrays.copyOf(decoded, math.max(id + 1, 2 * decoded.length))
        if (decoded(id) == null) decoded(id) = vector.getUTF8String(row)
        decoded(id)
      }
    case other => other.getUTF8String
  }

  /** Which values are null. */
  def nulls(values: ColumnVector, rows: Int): Array[Boolean] = {
    val found = new Array[Boolean](rows)
    var row = 0
    while (row < rows) {
      found(row) = values.isNullAt(row)
      row += 1
    }
    found
  }
}
