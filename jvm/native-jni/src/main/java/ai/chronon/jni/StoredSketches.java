package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalDouble;

/** What stored distributions say: images of KLL sketches of floats, as statistics jobs keep one for each numeric column and day. */
public final class StoredSketches {
  private StoredSketches() {}

  /**
   * The values at the ranks 0.05, 0.25, 0.5, 0.75 and 0.95; none of a sketch that saw no value.
   *
   * @throws NativeException of code {@link NativeErrorCode#CORRUPT_DATA} for bytes that are no image
   */
  public static float[] percentiles(byte[] sketch) {
    NativeLibrary.load();
    ByteBuffer answer = ByteBuffer.wrap(NativeCalls.sketchPercentiles(sketch)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[answer.remaining() / Float.BYTES];
    answer.asFloatBuffer().get(values);
    return values;
  }

  /**
   * The population stability index of a distribution against a reference: 0 for equal ones, above 0.25 much has moved. Empty where
   * one of the two saw no value.
   *
   * @throws NativeException of code {@link NativeErrorCode#CORRUPT_DATA} for bytes that are no image
   */
  public static OptionalDouble drift(byte[] reference, byte[] compared) {
    NativeLibrary.load();
    ByteBuffer answer = ByteBuffer.wrap(NativeCalls.sketchDrift(reference, compared)).order(ByteOrder.LITTLE_ENDIAN);
    return answer.hasRemaining() ? OptionalDouble.of(answer.getDouble()) : OptionalDouble.empty();
  }
}
