package ai.chronon.jni;

/** What kind of thing went wrong. The numbers are those of the native {@code ErrorCode}. */
public enum NativeErrorCode {
  /** The caller broke the calling contract: order of calls or rows, malformed options, a foreign handle, a second thread. */
  INVALID_ARGUMENT(1),
  /** The definition cannot be run: unknown column, impossible type, bad argument. */
  INVALID_PLAN(2),
  /** The definition uses something that is not built. */
  UNSUPPORTED(3),
  /** A batch does not have the columns that the plan declares. */
  SCHEMA_MISMATCH(4),
  /** Bytes that should decode do not. */
  CORRUPT_DATA(5),
  /** The memory that the handle may use is exhausted. */
  OUT_OF_BUDGET(6),
  /** The handle was closed. */
  CLOSED(7),
  /** A defect of the native library. */
  INTERNAL(8);

  private final int number;

  NativeErrorCode(int number) {
    this.number = number;
  }

  /** The number that crosses the JNI line. */
  public int number() {
    return number;
  }

  static NativeErrorCode of(int number) {
    for (NativeErrorCode code : values()) {
      if (code.number == number) return code;
    }
    return INTERNAL;
  }
}
