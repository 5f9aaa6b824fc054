package ai.chronon.jni;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A native object and the duty to give it back. Its owner closes it in a visible line; nothing else ever does: a finalizer could
 * run while a call is under way. Closing twice is harmless; any other use after closing is a {@link NativeException} with code
 * {@code CLOSED}, because the number itself tells the native library what it was.
 */
abstract class NativeHandle implements AutoCloseable {
  private final long handle;
  private final AtomicBoolean closed;

  NativeHandle(long handle, String description) {
    this.handle = handle;
    this.closed = NativeLeaks.watch(this, description);
  }

  /** The number that native calls take. */
  final long handle() {
    return handle;
  }

  /** Gives the native object back; a second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      NativeLeaks.forget(closed);
      NativeCalls.close(handle);
    }
  }
}
