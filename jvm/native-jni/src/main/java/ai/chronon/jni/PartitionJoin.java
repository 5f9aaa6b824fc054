package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The point-in-time join of one partition: rows in the layout of Spark's {@code UnsafeRow} go in, left rows come back with
 * the plan's outputs behind their columns.
 *
 * <p>First all rows go in ({@link #left}, {@link #right}), in any order, as records: length of the head and of the row (4 bytes
 * each, little-endian), head, row. On the left the head is (keys, time) and the row is the row; on the right the head is (keys,
 * time, inputs of the plan) and there is no row. Then {@link #next} gives rows out, in an order of the join's own.
 *
 * <p>Right rows with a null key are passed over; a left row with a null key or time must not be sent. Right rows of equal key
 * and time are folded in the order of their inputs.
 *
 * <p>For one thread at a time. After an error of {@link #left}, {@link #right}, {@link #spill} or {@link #next} it can only be
 * closed.
 */
public final class PartitionJoin extends NativeHandle {
  private static final int FIRST_CAPACITY = 1 << 20;

  private final OutputBuffer output = new OutputBuffer(FIRST_CAPACITY);

  private PartitionJoin(long handle) {
    super(handle, "join " + Long.toHexString(handle));
  }

  /**
   * A join over the plan.
   *
   * @param options JSON: {@code variable_keys}, for each key whether its value lies in the variable part of a row; {@code
   *     left_columns}, the number of columns of a left row; {@code left_variable}, the positions of those whose values lie in
   *     the variable part; {@code together}, if the rows will be written by a column, its position: rows of equal values then
   *     come out side by side, a few thousand rows at a time; {@code mutations}, true if the right side is snapshots and
   *     mutations of entities: the last key then is the day, as the time at which it starts, the head on the right is (keys, time,
   *     whether the row is added, its own time, inputs of the plan), and a left row gets what a fetch at its time would give. A row
   *     of the snapshot at the day's start has its own time as the time, and null as whether it is added; a mutation has the
   *     time of the change
   */
  public static PartitionJoin open(Plan plan, String options) {
    return new PartitionJoin(NativeCalls.joinOpen(plan.handle(), options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Takes left rows in.
   *
   * @param frame direct buffer whose first {@code length} bytes are records; it may be reused when this returns
   * @return bytes that the join holds now
   */
  public long left(ByteBuffer frame, int length) {
    return NativeCalls.joinPut(handle(), NativeCalls.LEFT, frame, length);
  }

  /** Takes right rows in; see {@link #left} for arguments and result. */
  public long right(ByteBuffer frame, int length) {
    return NativeCalls.joinPut(handle(), NativeCalls.RIGHT, frame, length);
  }

  /**
   * Moves the rows of the larger side to disk. Does nothing once rows are given out.
   *
   * @param file a file that does not exist; it has no name any more when this returns, and its space is free when the join is
   *     closed or the process ends
   * @return bytes that the join holds now
   */
  public long spill(Path file) {
    return NativeCalls.joinSpill(handle(), file.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The next rows, each behind its length (8 bytes, little-endian).
   *
   * @return a direct buffer with rows from position 0 to its limit, valid until the next call on this join; null when all rows
   *     were given out
   */
  public ByteBuffer next() {
    return output.fill(target -> NativeCalls.joinNext(handle(), target));
  }

  /** Bytes that the join held after the last call on it. */
  public long bytesHeld() {
    return NativeCalls.joinHeld(handle());
  }

  @Override
  public void close() {
    super.close();
    output.release();
  }
}
