package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.util.function.ToIntFunction;

/** Where the kernel writes what it gives out: memory that is taken at the first call, and grows to what one row needs. */
final class OutputBuffer {
  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  private final int firstCapacity;
  private ByteBuffer target = NONE;

  OutputBuffer(int firstCapacity) {
    this.firstCapacity = firstCapacity;
  }

  /**
   * Has {@code write} fill the buffer: it gives the bytes written, or minus those it needs, and is called again then.
   *
   * @return a direct buffer with the bytes from position 0 to its limit, valid until the next call; null when there are none
   */
  ByteBuffer fill(ToIntFunction<ByteBuffer> write) {
    if (target == NONE) target = ByteBuffer.allocateDirect(firstCapacity);
    int written = write.applyAsInt(target);
    if (written < 0) {
      target = ByteBuffer.allocateDirect(-written);
      written = write.applyAsInt(target);
    }
    if (written == 0) return null;
    target.position(0);
    target.limit(written);
    return target;
  }

  /** Lets go of the memory. */
  void release() {
    target = NONE;
  }
}
