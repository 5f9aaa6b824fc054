package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class KeyBlocksTest {
  @Test
  void columnsComeOutAsTheRecordsOfTheirRows() {
    try (KeyBlocks blocks = KeyBlocks.open(Rows.BLOCKS)) {
      // two rows, none left out; users 7 and 7, times 1 and 2, 10 and null
      ByteBuffer columns = numbers(2, 0, 0, 7, 7, 0, 1, 2, 1, 0x0100, 10, 99);
      assertTrue(blocks.putColumns(columns, columns.limit()) > 0);
      assertNull(blocks.next(), "a block is not full yet");
      blocks.flush();

      ByteBuffer block = blocks.next().order(ByteOrder.LITTLE_ENDIAN);
      int size = 2 * (8 + 4 * 8);
      assertEquals(24 + size, block.getLong());
      assertEquals(0, block.getLong());
      long mark = block.getLong();
      assertTrue(mark == 40 || mark == 41, "mark " + mark);
      assertEquals(24L << 32 | size, block.getLong());
      // length of the row, its nulls, user, time, a
      long[] records = {32, 0, 7, 1, 10, 32, 4, 7, 2, 0};
      for (long expected : records) assertEquals(expected, block.getLong());
      assertNull(blocks.next());
    }
  }

  @Test
  void aBlockWiderThanTheBufferSaysWhatItNeeds() {
    try (KeyBlocks blocks = KeyBlocks.open(Rows.BLOCKS)) {
      ByteBuffer rows = Rows.right(7, 1, 10);
      blocks.putRows(rows, rows.limit());
      blocks.flush();
      int needed = 8 + 24 + 40;
      assertEquals(-needed, NativeCalls.blocksNext(blocks.handle(), ByteBuffer.allocateDirect(needed - 1)));
      assertEquals(needed, blocks.next().remaining());
    }
  }

  @Test
  void mistakesNameTheDefinition() {
    try (KeyBlocks blocks = KeyBlocks.open(Rows.BLOCKS)) {
      NativeException corrupt = assertThrows(NativeException.class, () -> blocks.putColumns(ByteBuffer.allocateDirect(4), 4));
      assertEquals(NativeErrorCode.CORRUPT_DATA, corrupt.code());
      assertTrue(corrupt.getMessage().contains("team.blocks"), corrupt.getMessage());
      assertTrue(assertThrows(NativeException.class, blocks::flush).getMessage().contains("only be closed"));
    }
    KeyBlocks closed = KeyBlocks.open(Rows.BLOCKS);
    closed.close();
    closed.close();
    assertEquals(NativeErrorCode.CLOSED, assertThrows(NativeException.class, closed::next).code());
  }

  /** Numbers in a direct buffer, 8 bytes each. */
  private static ByteBuffer numbers(long... numbers) {
    ByteBuffer out = ByteBuffer.allocateDirect(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long number : numbers) out.putLong(number);
    out.flip();
    return out;
  }
}
