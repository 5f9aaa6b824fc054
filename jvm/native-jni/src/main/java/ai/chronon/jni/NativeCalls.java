package ai.chronon.jni;

import java.nio.ByteBuffer;

/**
 * Everything that crosses the JNI line. Arguments are numbers, byte arrays and direct buffers; every failure is one {@link
 * NativeException}. Handles are checked numbers: a closed, foreign or wrong one is an exception, never a crash.
 *
 * <p>Use the wrappers: {@link Plan}, {@link PointInTimeSession}, {@link PartitionJoin}, {@link PartitionUpload}, {@link KeyBlocks}, {@link
 * ParquetFile}, {@link ServingPlan}, {@link FetchCall}, {@link StoredSketches}, {@link NativeStats}, {@link NativeLibrary}.
 */
final class NativeCalls {
  /** Goes up with every change of a signature, a code or a meaning, here and in the native {@code exports.rs}. */
  static final int ABI_VERSION = 7;

  /** Value of {@code side}: rows that ask, (group, ts). */
  static final int QUERIES = 0;

  /** Value of {@code side}: rows to aggregate, (group, ts, inputs of the plan). */
  static final int EVENTS = 1;

  /** Value of {@code side}: left rows of a join. */
  static final int LEFT = 0;

  /** Value of {@code side}: right rows of a join. */
  static final int RIGHT = 1;

  private NativeCalls() {}

  /** The ABI number of the library. The only call made before it is known to be {@link #ABI_VERSION}. */
  static native int abiVersion();

  /** Version, platform and allocator of the library, as JSON. */
  static native byte[] buildInfo();

  /**
   * Sets the options of this copy of the library; what is left out gets its default.
   *
   * @param options JSON: {@code log_level} (off, error, warn, info, debug), {@code max_session_bytes}, and for tests {@code
   *     test_panic_in}, the name of a method here whose next call panics
   */
  static native void init(byte[] options);

  /** A handle for the plan of a GroupBy in Thrift binary form; options as JSON. */
  static native long planOpen(byte[] groupBy, byte[] options);

  /** Inputs and outputs of a plan, as JSON. */
  static native byte[] planDescribe(long plan);

  /** A handle for a session over a plan; options as JSON ({@code max_bytes}), empty for none. The plan may be closed before. */
  static native long aggOpen(long plan, byte[] options);

  /**
   * Feeds one Arrow record-batch message.
   *
   * @param side {@link #QUERIES} or {@link #EVENTS}
   * @param message direct; its first {@code length} bytes are the message
   * @return bytes that the session holds now
   */
  static native long aggUpdate(long session, int side, ByteBuffer message, int length);

  /**
   * Answers the queries sent, as one Arrow record-batch message.
   *
   * @param target direct; written from its first byte on
   * @return bytes written; or minus the bytes needed when {@code target} is too small, and then the answer waits; or 0 when
   *     no queries are open
   */
  static native int aggNext(long session, ByteBuffer target);

  /** A handle for a join of one partition; options as JSON (see {@link PartitionJoin#open}). The plan may be closed before. */
  static native long joinOpen(long plan, byte[] options);

  /**
   * Takes rows in.
   *
   * @param side {@link #LEFT} or {@link #RIGHT}
   * @param frame direct; its first {@code length} bytes are records
   * @return bytes that the join holds now
   */
  static native long joinPut(long join, int side, ByteBuffer frame, int length);

  /**
   * Moves the rows of the larger side to a new file, which has no name any more afterwards.
   *
   * @param path UTF-8
   * @return bytes that the join holds now
   */
  static native long joinSpill(long join, byte[] path);

  /** Bytes that the join held after the last call on it. */
  static native long joinHeld(long join);

  /**
   * Gives rows out.
   *
   * @param target direct; written from its first byte on
   * @return bytes written; or minus the bytes needed when one row does not fit, and then it waits; or 0 at the end
   */
  static native int joinNext(long join, ByteBuffer target);

  /** A handle for an upload of one partition; options as JSON (see {@link PartitionUpload#open}). The plan may be closed before. */
  static native long uploadOpen(long plan, byte[] options);

  /** A handle for an upload of rows that are not aggregated; options as JSON (see {@link PartitionUpload#ofColumns}). */
  static native long columnUploadOpen(byte[] options);

  /**
   * Takes rows in.
   *
   * @param frame direct; its first {@code length} bytes are records
   * @return bytes that the upload holds now
   */
  static native long uploadPut(long upload, ByteBuffer frame, int length);

  /**
   * Moves rows to a new file, which has no name any more afterwards.
   *
   * @param path UTF-8
   * @return bytes that the upload holds now
   */
  static native long uploadSpill(long upload, byte[] path);

  /** Bytes that the upload held after the last call on it. */
  static native long uploadHeld(long upload);

  /**
   * Gives rows out.
   *
   * @param target direct; written from its first byte on
   * @return bytes written; or minus the bytes needed when one row does not fit, and then it waits; or 0 when there are none
   */
  static native int uploadNext(long upload, ByteBuffer target);

  /** A handle for blocks of rows; options as JSON (see {@link KeyBlocks#open}). */
  static native long blocksOpen(byte[] options);

  /**
   * Takes rows in.
   *
   * @param columnar whether the frame is one of columns, not of records
   * @param frame direct; its first {@code length} bytes are the frame
   * @return bytes that the blocks hold now
   */
  static native long blocksPut(long blocks, boolean columnar, ByteBuffer frame, int length);

  /** Makes all blocks ready, however short they are. */
  static native void blocksFlush(long blocks);

  /**
   * Gives blocks out.
   *
   * @param target direct; written from its first byte on
   * @return bytes written; or minus the bytes needed when one block does not fit, and then it waits; or 0 when none are ready
   */
  static native int blocksNext(long blocks, ByteBuffer target);

  /** The Avro schema of a record, both as JSON (see {@link AvroSchemas#record}). */
  static native byte[] avroSchema(byte[] record);

  /** Percentiles of the image of a KLL sketch, floats in little-endian order (see {@link StoredSketches#percentiles}). */
  static native byte[] sketchPercentiles(byte[] sketch);

  /** The distance of two images of KLL sketches, one little-endian double or nothing (see {@link StoredSketches#drift}). */
  static native byte[] sketchDrift(byte[] reference, byte[] compared);

  /** A handle for a Parquet file; options as JSON (see {@link ParquetFile#open}). */
  static native long fileOpen(byte[] options);

  /**
   * Takes rows in.
   *
   * @param frame direct; its first {@code length} bytes are rows, each behind its length
   * @param rowGroupBytes size at which the row group ends
   * @return bytes that the file holds now
   */
  static native long filePut(long file, ByteBuffer frame, int length, long rowGroupBytes);

  /** Ends the file: its last bytes are ready then. */
  static native void fileFinish(long file);

  /**
   * Gives bytes of the file out.
   *
   * @param target direct; written from its first byte on
   * @return bytes written; 0 when none are ready
   */
  static native int fileTake(long file, ByteBuffer target);

  /** A handle for what is served of a GroupBy in Thrift binary form; options as JSON (see {@link ServingPlan#open}). */
  static native long servingOpen(byte[] groupBy, byte[] options);

  /** What {@link ServingPlan#describe} gives. */
  static native byte[] servingDescribe(long plan);

  /**
   * Answers a request. Errors of a part stand in the answer; an exception is thrown only for a request that is none.
   *
   * @param request direct; its first {@code length} bytes are a {@code Request} of {@code api/flatbuffers/fetch.fbs}
   * @return an {@code Answer} of that file
   */
  static native byte[] fetch(ByteBuffer request, int length);

  /** Gives a handle back; doing it again does nothing. */
  static native void close(long handle);

  /** Counters, as JSON. */
  static native byte[] stats();

  /** Log lines since the last call, as JSON. */
  static native byte[] drainLogs();
}
