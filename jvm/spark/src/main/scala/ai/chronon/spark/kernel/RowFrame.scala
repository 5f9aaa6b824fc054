package ai.chronon.spark.kernel

import org.apache.arrow.memory.util.MemoryUtil
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.apache.spark.unsafe.Platform

import java.nio.ByteBuffer

/** A direct buffer that gathers records of rows for the kernel and is reused: length of head and row, head, row. A row
  * costs two copies of its bytes and no look at its columns.
  *
  * A record whose row is null is one row behind its length as a number of 8 bytes.
  *
  * @param capacity bytes to gather; a longer record enlarges the buffer
  * @param send     takes the first bytes of the buffer away, before it is written again
  */
private[spark] final class RowFrame(capacity: Int)(send: (ByteBuffer, Int) => Unit) {
  private var buffer = ByteBuffer.allocateDirect(capacity)
  private var address = MemoryUtil.getByteBufferAddress(buffer)
  private var size = 0

  /** Adds a record; `row` is null where the head is all there is. */
  def add(head: UnsafeRow, row: UnsafeRow): Unit = {
    val rowBytes = if (row == null) 0 else row.getSizeInBytes
    val needed = 8 + head.getSizeInBytes + rowBytes
    if (size + needed > buffer.capacity()) makeRoom(needed)
    Platform.putInt(null, address + size, head.getSizeInBytes)
    Platform.putInt(null, address + size + 4, rowBytes)
    head.writeToMemory(null, address + size + 8)
    if (row != null) row.writeToMemory(null, address + size + 8 + head.getSizeInBytes)
    size += needed
  }

  /** Adds records that are complete already. */
  def addRecords(records: Array[Byte]): Unit = {
    if (size + records.length > buffer.capacity()) makeRoom(records.length)
    Platform.copyMemory(records, Platform.BYTE_ARRAY_OFFSET, null, address + size, records.length)
    size += records.length
  }

  /** Sends what is left. */
  def flush(): Unit = if (size > 0) {
    send(buffer, size)
    size = 0
  }

  private def makeRoom(needed: Int): Unit = {
    flush()
    if (needed > buffer.capacity()) {
      buffer = ByteBuffer.allocateDirect(needed)
      address = MemoryUtil.getByteBufferAddress(buffer)
    }
  }
}
