package ai.chronon.spark.kernel

import org.apache.arrow.memory.util.MemoryUtil
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.apache.spark.unsafe.Platform

import java.nio.ByteBuffer

/** Rows that the kernel gives out, read in place: each behind its length, as a number of 8 bytes.
  *
  * @param columns of a row
  */
private[spark] final class KernelRows(columns: Int) {
  private val row = new UnsafeRow(columns)
  // where the next row begins and where they end
  private var at = 0L
  private var end = 0L

  /** Takes the rows of a direct buffer, which must stay as it is until they are read; of none if it is null. */
  def take(rows: ByteBuffer): Unit = {
    at = if (rows == null) 0L else MemoryUtil.getByteBufferAddress(rows)
    end = if (rows == null) 0L else at + rows.limit()
  }

  /** Whether all rows were read. */
  def isEmpty: Boolean = at == end

  /** The next row, always the same object; there must be one. */
  def next(): UnsafeRow = {
    val size = Platform.getLong(null, at).toInt
    row.pointTo(null, at + 8, size)
    at += 8 + size
    row
  }
}

private[spark] object KernelRows {

  /** Bytes that a text or binary value of a row has: the lower half of its slot. */
  def length(row: UnsafeRow, column: Int): Int = row.getLong(column).toInt
}
