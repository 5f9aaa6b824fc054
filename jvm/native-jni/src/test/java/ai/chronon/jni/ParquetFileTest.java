package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The handle and its calls; what the files hold is for the tests of the kernel and of Spark, which can read them. */
class ParquetFileTest {
  @Test
  void aFileBeginsAndEndsAsTheFormatSays() {
    try (ParquetFile file = ParquetFile.open(Rows.fileOptions(2))) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = 0; i < 100_000; i++) {
        ByteBuffer row = Rows.fileRow(i, -i);
        file.put(row, row.limit(), 1 << 20);
        drain(file, bytes);
      }
      assertTrue(bytes.size() > 900_000, "row groups come out as they end");
      file.finish();
      drain(file, bytes);
      byte[] all = bytes.toByteArray();
      assertEquals("PAR1", new String(all, 0, 4, StandardCharsets.US_ASCII));
      assertEquals("PAR1", new String(all, all.length - 4, 4, StandardCharsets.US_ASCII));
      int footer = ByteBuffer.wrap(all, all.length - 8, 4).order(ByteOrder.LITTLE_ENDIAN).getInt();
      assertTrue(footer > 0 && footer < all.length - 12, footer + " bytes of footer");
      assertNull(file.take(), "the end stays the end");
    }
  }

  @Test
  void mistakesAreRefused() {
    String instant = Rows.fileOptions(1).replace("\"long\"", "\"timestamp\"");
    NativeException type = assertThrows(NativeException.class, () -> ParquetFile.open(instant));
    assertEquals(NativeErrorCode.UNSUPPORTED, type.code());
    assertTrue(type.getMessage().contains("c0"), type.getMessage());
    try (ParquetFile file = ParquetFile.open(Rows.fileOptions(1))) {
      ByteBuffer row = Rows.fileRow(1);
      NativeException size = assertThrows(NativeException.class, () -> file.put(row, row.limit(), -1));
      assertEquals(NativeErrorCode.INVALID_ARGUMENT, size.code());
      NativeException cut = assertThrows(NativeException.class, () -> file.put(row, row.limit() - 1, 1));
      assertEquals(NativeErrorCode.CORRUPT_DATA, cut.code());
      NativeException after = assertThrows(NativeException.class, file::finish);
      assertTrue(after.getMessage().contains("only be closed"), after.getMessage());
    }
    ParquetFile closed = ParquetFile.open(Rows.fileOptions(1));
    closed.close();
    closed.close();
    assertEquals(NativeErrorCode.CLOSED, assertThrows(NativeException.class, closed::finish).code());
  }

  private static void drain(ParquetFile file, ByteArrayOutputStream to) {
    for (ByteBuffer bytes = file.take(); bytes != null; bytes = file.take()) {
      while (bytes.hasRemaining()) to.write(bytes.get());
    }
  }
}
