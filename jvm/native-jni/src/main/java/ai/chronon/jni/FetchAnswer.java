package ai.chronon.jni;

/**
 * What came out of a {@link FetchCall}: bytes on the heap, from which values are decoded when they are asked for. Immutable, safe
 * for many threads, and nothing to close.
 */
public final class FetchAnswer {
  FetchAnswer() {}

  /** How many parts there are. */
  public int parts() {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** Whether the part has an error in place of values. */
  public boolean failed(int part) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** What kind of thing went wrong, or null. */
  public NativeErrorCode errorCode(int part) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** What went wrong and where, or null. */
  public String error(int part) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** How many streamed values of the part were left out because they cannot be decoded. */
  public int skipped(int part) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** How many slots the part has: one per output of its plan, or none when it failed. */
  public int slots(int part) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /**
   * The value of an output, made anew by every call: Boolean, Byte, Short, Integer, Long, Float, Double, String, {@code byte[]},
   * {@link java.util.ArrayList}, {@link java.util.HashMap}, {@code Object[]} for a struct, in the zipline dialect also {@link
   * java.time.LocalDate}, {@link java.time.Instant} and {@link java.math.BigDecimal}; or null.
   *
   * @throws IllegalStateException when the part failed
   * @throws IndexOutOfBoundsException when there is no such part or slot
   */
  public Object value(int part, int slot) {
    throw new UnsupportedOperationException("serving is not built yet");
  }
}
