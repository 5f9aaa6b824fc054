package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionUploadTest {
  @TempDir Path folder;

  /** A key 7, and its batch IR: a sum of 30 over an hour, whose rows all lie in hops of five minutes (spark-batch facts, 8.3). */
  @Test
  void aKeyHasItsBatchIr() throws Exception {
    try (Plan plan = Definitions.hourlySum(); PartitionUpload upload = PartitionUpload.open(plan, Rows.UPLOAD)) {
      ByteBuffer first = Rows.right(7, 7_199_999, 10);
      upload.put(first, first.limit());
      upload.spill(folder.resolve("run"));
      ByteBuffer second = Rows.right(7, 7_199_998, 20, 7, 7_200_000, 500);
      assertTrue(upload.put(second, second.limit()) > 0);
      byte[][] row = row(upload.next());
      assertArrayEquals(new byte[] {2, 14}, row[0]);
      // collapsed: null; no days, no hours, one hop of five minutes with 30, which starts at 6,900,000
      byte[] hop = {2, 60, 2, (byte) 0xc0, (byte) 0xa4, (byte) 0xca, 6};
      byte[] expected = {2, 0, 2, 6, 0, 0, 2, hop[0], hop[1], hop[2], hop[3], hop[4], hop[5], hop[6], 0, 0};
      assertArrayEquals(expected, row[1], Arrays.toString(row[1]));
      assertNull(upload.next());
      assertNull(upload.next(), "the end stays the end");
    }
    try (java.util.stream.Stream<Path> files = Files.list(folder)) {
      assertFalse(files.findAny().isPresent());
    }
  }

  @Test
  void columnsComeOutWhileOthersAreToCome() {
    try (PartitionUpload upload = PartitionUpload.ofColumns(Rows.COLUMN_UPLOAD)) {
      for (int i = 1; i < 4; i++) {
        ByteBuffer rows = Rows.right(7, 1, i);
        upload.put(rows, rows.limit());
        assertArrayEquals(new byte[] {2, 2, 2, (byte) (2 * i)}, row(upload.next())[1]);
        assertNull(upload.next());
      }
    }
  }

  @Test
  void aRowWiderThanTheBufferSaysWhatItNeeds() {
    try (PartitionUpload upload = PartitionUpload.ofColumns(Rows.COLUMN_UPLOAD)) {
      ByteBuffer rows = Rows.right(7, 1, 2);
      upload.put(rows, rows.limit());
      assertEquals(-88, NativeCalls.uploadNext(upload.handle(), ByteBuffer.allocateDirect(87)));
      assertEquals(2, row(upload.next()).length);
    }
  }

  @Test
  void mistakesNameTheDefinition() {
    try (PartitionUpload upload = PartitionUpload.ofColumns(Rows.COLUMN_UPLOAD)) {
      NativeException corrupt = assertThrows(NativeException.class, () -> upload.put(ByteBuffer.allocateDirect(4), 4));
      assertEquals(NativeErrorCode.CORRUPT_DATA, corrupt.code());
      assertTrue(corrupt.getMessage().contains("team.columns"), corrupt.getMessage());
      assertTrue(assertThrows(NativeException.class, upload::next).getMessage().contains("only be closed"));
    }
    PartitionUpload closed = PartitionUpload.ofColumns(Rows.COLUMN_UPLOAD);
    closed.close();
    closed.close();
    assertEquals(NativeErrorCode.CLOSED, assertThrows(NativeException.class, closed::next).code());
    String record = "{\"dialect\":\"airbnb\",\"name\":\"Key\",\"members\":[{\"name\":\"born\",\"type\":\"date\"}]}";
    NativeException date = assertThrows(NativeException.class, () -> AvroSchemas.record(record));
    assertTrue(date.getMessage().contains("born"), date.getMessage());
  }

  /** The two binary columns of the one row in a buffer. */
  private static byte[][] row(ByteBuffer rows) {
    ByteBuffer in = rows.order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(in.remaining() - 8, in.getLong());
    assertEquals(0b01100, in.getLong(), "no JSON");
    byte[][] columns = new byte[2][];
    for (int i = 0; i < 2; i++) {
      long slot = in.getLong(16 + 8 * i);
      columns[i] = new byte[(int) slot];
      ByteBuffer value = in.duplicate();
      value.position(8 + (int) (slot >>> 32));
      value.get(columns[i]);
    }
    return columns;
  }
}
