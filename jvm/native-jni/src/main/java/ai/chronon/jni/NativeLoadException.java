package ai.chronon.jni;

/** The native library could not be loaded. The message names every file that was tried and what would be right. */
public final class NativeLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** There is no library for this platform in any of the places. */
    MISSING,
    /** The file is built for another operating system or processor. */
    WRONG_ARCHITECTURE,
    /** The file is a library, but speaks another version of the calls, or is another library. */
    ABI_MISMATCH,
    /** The file is damaged, or the system refuses to map it. */
    UNUSABLE
  }

  private final Reason reason;

  NativeLoadException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Why the library could not be loaded. */
  public Reason reason() {
    return reason;
  }
}
