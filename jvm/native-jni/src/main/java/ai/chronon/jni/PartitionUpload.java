package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The upload of one partition: rows in the layout of Spark's {@code UnsafeRow} go in, and rows of five columns come back: the Avro
 * bytes of a key and of what is stored of it, both as JSON, which only some rows have, and the day.
 *
 * <p>Rows go in ({@link #put}) as records: length of the head (4 bytes, little-endian), four zero bytes, and the head. Of an
 * aggregated upload ({@link #open}) the head is (keys, time, inputs of the plan); all rows go in first, in any order, and {@link
 * #next} gives a row for each key then. Of an upload of columns ({@link #ofColumns}) the head is (keys, columns), every row gives
 * one, in order, and {@link #next} gives those that were put in so far.
 *
 * <p>For one thread at a time. After an error of {@link #put}, {@link #spill} or {@link #next} it can only be closed.
 */
public final class PartitionUpload extends NativeHandle {
  private static final int FIRST_CAPACITY = 1 << 20;

  private final OutputBuffer output = new OutputBuffer(FIRST_CAPACITY);

  private PartitionUpload(long handle) {
    super(handle, "upload " + Long.toHexString(handle));
  }

  /**
   * An upload of what the plan computes.
   *
   * @param options JSON: {@code keys} as {@code [{"name","type"}]}, types as for {@link Plan#open}; {@code end}, epoch millis at
   *     which the batch ends; {@code stored}: {@code batch_ir}, {@code outputs}, or {@code non_empty_outputs}, which leaves
   *     keys out whose outputs are all null; {@code rows} as {@code {"day","json":{"share","key_schema","value_schema"}}}: of so
   *     many keys in ten thousand the row has JSON, by these Avro schemas; of none without {@code json}
   */
  public static PartitionUpload open(Plan plan, String options) {
    return new PartitionUpload(NativeCalls.uploadOpen(plan.handle(), options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * An upload of columns as they are.
   *
   * @param options JSON: {@code definition}, its name; {@code keys} and {@code columns} as {@code [{"name","type"}]}; {@code
   *     rows} as for {@link #open}
   */
  public static PartitionUpload ofColumns(String options) {
    NativeLibrary.load();
    return new PartitionUpload(NativeCalls.columnUploadOpen(options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Takes rows in.
   *
   * @param frame direct buffer whose first {@code length} bytes are records; it may be reused when this returns
   * @return bytes that the upload holds now
   */
  public long put(ByteBuffer frame, int length) {
    return NativeCalls.uploadPut(handle(), frame, length);
  }

  /**
   * Moves rows to disk. Does nothing once rows of an aggregated upload are given out, and for columns, of which none wait.
   *
   * @param file a file that does not exist; it has no name any more when this returns, and its space is free when the upload is
   *     closed or the process ends
   * @return bytes that the upload holds now
   */
  public long spill(Path file) {
    return NativeCalls.uploadSpill(handle(), file.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The next rows, each behind its length (8 bytes, little-endian).
   *
   * @return a direct buffer with rows from position 0 to its limit, valid until the next call on this upload; null when there are
   *     none
   */
  public ByteBuffer next() {
    return output.fill(target -> NativeCalls.uploadNext(handle(), target));
  }

  /** Bytes that the upload held after the last call on it. */
  public long bytesHeld() {
    return NativeCalls.uploadHeld(handle());
  }

  @Override
  public void close() {
    super.close();
    output.release();
  }
}
