package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A Parquet file in the making: rows in the layout of Spark's {@code UnsafeRow} go in ({@link #put}), the bytes of the file come
 * out ({@link #take}), a row group at a time. Where they go is the caller's affair.
 *
 * <p>For one thread at a time. After an error it can only be closed.
 */
public final class ParquetFile extends NativeHandle {
  private static final int CAPACITY = 1 << 18;

  private final OutputBuffer output = new OutputBuffer(CAPACITY);

  private ParquetFile(long handle) {
    super(handle, "file " + Long.toHexString(handle));
  }

  /**
   * A file without rows.
   *
   * @param options JSON: {@code columns}, objects of {@code name} and {@code type} (the kernel's text name); {@code dictionary},
   *     the names of those whose values get a dictionary; {@code compression}, {@code snappy} or {@code uncompressed}; {@code
   *     page_bytes}; {@code metadata}, the file's key-value metadata
   * @throws NativeException with {@link NativeErrorCode#UNSUPPORTED} naming the first column of a type that is not written
   */
  public static ParquetFile open(String options) {
    NativeLibrary.load();
    return new ParquetFile(NativeCalls.fileOpen(options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Takes rows in.
   *
   * @param frame direct buffer whose first {@code length} bytes are rows, each behind its length (8 bytes, little-endian); it may
   *     be reused when this returns
   * @param rowGroupBytes size at which the row group in progress ends
   * @return bytes that the file holds now
   */
  public long put(ByteBuffer frame, int length, long rowGroupBytes) {
    return NativeCalls.filePut(handle(), frame, length, rowGroupBytes);
  }

  /** Ends the file; only {@link #take} and {@link #close} may follow. */
  public void finish() {
    NativeCalls.fileFinish(handle());
  }

  /**
   * The next bytes of the file.
   *
   * @return a direct buffer with bytes from position 0 to its limit, valid until the next call on this file; null when none are
   *     ready
   */
  public ByteBuffer take() {
    return output.fill(target -> NativeCalls.fileTake(handle(), target));
  }

  @Override
  public void close() {
    super.close();
    output.release();
  }
}
