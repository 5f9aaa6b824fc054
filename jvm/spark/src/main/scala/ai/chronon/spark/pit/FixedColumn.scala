package ai.chronon.spark.pit

import org.apache.arrow.vector.{BaseFixedWidthVector, FieldVector}
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters
import org.apache.spark.sql.types._
import org.apache.spark.unsafe.Platform

/** Fills an Arrow vector of numbers by address. Room for all rows is made once, so that a value costs one store; Arrow's
  * own setters look for room, and whether the buffer is still alive, with each value.
  *
  * The vector belongs to the caller, who closes it after the last use of this class.
  */
private[pit] sealed abstract class FixedColumn(vector: BaseFixedWidthVector, maxRows: Int) {
  vector.allocateNew(maxRows)
  protected val data: Long = vector.getDataBuffer.memoryAddress()
  private val validity: Long = vector.getValidityBuffer.memoryAddress()
  private val validityBytes = (maxRows + 7) / 8
  reset()

  /** Stores column `ordinal` of `values`, which may be null, as row `row`. */
  final def write(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
    if (values.isNullAt(ordinal)) {
      val at = validity + (row >> 3)
      Platform.putByte(null, at, (Platform.getByte(null, at) & ~(1 << (row & 7))).toByte)
    } else put(row, values, ordinal)

  protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit

  final def putInt(row: Int, value: Int): Unit = Platform.putInt(null, data + 4L * row, value)

  final def putLong(row: Int, value: Long): Unit = Platform.putLong(null, data + 8L * row, value)

  /** Tells the vector how many rows it holds. */
  final def finish(rows: Int): Unit = vector.setValueCount(rows)

  /** Makes every row valid again. */
  final def reset(): Unit = Platform.setMemory(validity, 0xff.toByte, validityBytes.toLong)
}

private[pit] object FixedColumn {

  /** Whether values of the type have a fixed width of one, two, four or eight bytes. */
  def fits(dataType: DataType): Boolean = dataType match {
    case ByteType | ShortType | IntegerType | LongType | FloatType | DoubleType => true
    case _                                                                      => false
  }

  /** A column that fills `vector`, whose type is that of `dataType`. */
  def apply(vector: FieldVector, dataType: DataType, maxRows: Int): FixedColumn = {
    val v = vector.asInstanceOf[BaseFixedWidthVector]
    dataType match {
      case ByteType    => new Bytes(v, maxRows)
      case ShortType   => new Shorts(v, maxRows)
      case IntegerType => new Ints(v, maxRows)
      case LongType    => new Longs(v, maxRows)
      case FloatType   => new Floats(v, maxRows)
      case DoubleType  => new Doubles(v, maxRows)
      case other       => throw new IllegalArgumentException(s"${other.catalogString} has no fixed width")
    }
  }

  private final class Bytes(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      Platform.putByte(null, data + row, values.getByte(ordinal))
  }

  private final class Shorts(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      Platform.putShort(null, data + 2L * row, values.getShort(ordinal))
  }

  private final class Ints(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      putInt(row, values.getInt(ordinal))
  }

  private final class Longs(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      putLong(row, values.getLong(ordinal))
  }

  private final class Floats(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      Platform.putFloat(null, data + 4L * row, values.getFloat(ordinal))
  }

  private final class Doubles(v: BaseFixedWidthVector, n: Int) extends FixedColumn(v, n) {
    override protected def put(row: Int, values: SpecializedGetters, ordinal: Int): Unit =
      Platform.putDouble(null, data + 8L * row, values.getDouble(ordinal))
  }
}
