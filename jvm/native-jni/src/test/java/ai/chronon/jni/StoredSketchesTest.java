package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StoredSketchesTest {
  /** The image of one value, 1.0, with k = 128: the form that datasketches documents for a single item. */
  static final byte[] ONE = {2, 2, 15, 4, (byte) 128, 0, 8, 0, 0, 0, (byte) 128, 63};
  /** The same for 2.0, of which the last two bytes are the float's. */
  private static final byte[] TWO = {2, 2, 15, 4, (byte) 128, 0, 8, 0, 0, 0, 0, 64};
  /** The image without any value: the flag EMPTY is 1, and the preamble has two ints. */
  private static final byte[] EMPTY = {2, 1, 15, 1, (byte) 128, 0, 8, 0};

  @Test
  void everyPercentileOfOneValueIsThatValue() {
    assertArrayEquals(new float[] {1, 1, 1, 1, 1}, StoredSketches.percentiles(ONE));
  }

  @Test
  void equalDistributionsHaveNoDriftAndDisjointOnesHaveMuch() {
    assertEquals(0, StoredSketches.drift(ONE, ONE).getAsDouble());
    assertTrue(StoredSketches.drift(ONE, TWO).getAsDouble() > 0.25);
  }

  @Test
  void noValuesNoAnswer() {
    assertEquals(0, StoredSketches.percentiles(EMPTY).length);
    assertTrue(!StoredSketches.drift(EMPTY, ONE).isPresent() && !StoredSketches.drift(ONE, EMPTY).isPresent());
  }

  @Test
  void bytesThatAreNoImageAreToldSo() {
    byte[] cut = Arrays.copyOf(ONE, 9);
    NativeException e = assertThrows(NativeException.class, () -> StoredSketches.percentiles(cut));
    assertEquals(NativeErrorCode.CORRUPT_DATA, e.code(), e.getMessage());
    assertEquals(NativeErrorCode.CORRUPT_DATA, assertThrows(NativeException.class, () -> StoredSketches.drift(ONE, cut)).code());
  }
}
