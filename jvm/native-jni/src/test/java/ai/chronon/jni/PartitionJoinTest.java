package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionJoinTest {
  private static final long HOUR = 3_600_000;

  @TempDir Path folder;

  @Test
  void leftRowsComeBackWithTheirFeatures() {
    try (Plan plan = Definitions.hourlySum(); PartitionJoin join = PartitionJoin.open(plan, Rows.options(3))) {
      ByteBuffer right = Rows.right(7, HOUR - 1, 10, 8, 5, 1000, 7, HOUR, 100, 7, 0, 1);
      assertTrue(join.right(right, right.limit()) > 0);
      ByteBuffer left = Rows.left(1, 7, HOUR, 2, 7, 2 * HOUR, 3, 8, HOUR, 4, 9, HOUR);
      assertTrue(join.left(left, left.limit()) > right.limit());
      assertTrue(join.bytesHeld() > 0);
      List<List<Long>> expected = Arrays.asList(
          Arrays.asList(1L, 7L, HOUR, 11L),
          Arrays.asList(2L, 7L, 2 * HOUR, 100L),
          Arrays.asList(3L, 8L, HOUR, 1000L),
          Arrays.asList(4L, 9L, HOUR, null));
      assertEquals(expected, Rows.all(join, 4));
      assertNull(join.next(), "the end stays the end");
    }
  }

  @Test
  void rowsOnDiskComeBackAndLeaveNoFile() throws Exception {
    try (Plan plan = Definitions.hourlySum(); PartitionJoin join = PartitionJoin.open(plan, Rows.options(3))) {
      ByteBuffer left = Rows.left(1, 7, HOUR, 2, 7, 2 * HOUR);
      for (int i = 0; i < 3; i++) {
        ByteBuffer right = Rows.right(7, HOUR - 1 - i, 10, 7, HOUR + i, 100);
        join.right(right, right.limit());
        join.spill(folder.resolve("run-" + i));
      }
      join.left(left, left.limit());
      assertEquals(Arrays.asList(Arrays.asList(1L, 7L, HOUR, 30L), Arrays.asList(2L, 7L, 2 * HOUR, 300L)), Rows.all(join, 4));
    }
    try (java.util.stream.Stream<Path> files = Files.list(folder)) {
      assertFalse(files.findAny().isPresent());
    }
  }

  @Test
  void aRowWiderThanTheBufferSaysWhatItNeeds() {
    try (Plan plan = Definitions.hourlySum(); PartitionJoin join = PartitionJoin.open(plan, Rows.options(3))) {
      ByteBuffer left = Rows.left(1, 7, HOUR);
      join.left(left, left.limit());
      assertEquals(-48, NativeCalls.joinNext(join.handle(), ByteBuffer.allocateDirect(47)));
      assertEquals(1, Rows.all(join, 4).size());
    }
  }

  @Test
  void mistakesNameTheDefinition() {
    try (Plan plan = Definitions.hourlySum()) {
      NativeException layout = assertThrows(NativeException.class, () -> PartitionJoin.open(plan, "{\"keys\":1}"));
      assertEquals(NativeErrorCode.INVALID_ARGUMENT, layout.code());
      try (PartitionJoin join = PartitionJoin.open(plan, Rows.options(3))) {
        ByteBuffer short_ = ByteBuffer.allocateDirect(4);
        NativeException corrupt = assertThrows(NativeException.class, () -> join.right(short_, 4));
        assertEquals(NativeErrorCode.CORRUPT_DATA, corrupt.code());
        assertTrue(corrupt.getMessage().contains("team.hourly_sum"), corrupt.getMessage());
        NativeException after = assertThrows(NativeException.class, join::next);
        assertTrue(after.getMessage().contains("only be closed"), after.getMessage());
      }
      PartitionJoin join = PartitionJoin.open(plan, Rows.options(3));
      join.close();
      join.close();
      assertEquals(NativeErrorCode.CLOSED, assertThrows(NativeException.class, join::next).code());
      try (PartitionJoin other = PartitionJoin.open(plan, Rows.options(3))) {
        ByteBuffer right = Rows.right(1, 1, 1);
        other.right(right, right.limit());
        Path nowhere = folder.resolve("not/there");
        NativeException spill = assertThrows(NativeException.class, () -> other.spill(nowhere));
        assertTrue(spill.getMessage().contains(nowhere.toString()), spill.getMessage());
      }
    }
  }
}
