package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Features as of given moments, for one sorted stream of queries and one of events.
 *
 * <p>Rounds of: one {@link #queries}, any number of {@link #events}, one {@link #next}. Messages are Arrow IPC record batches
 * without a schema: queries are (group int32, ts int64), events are those and the plan's inputs, answers are the plan's outputs,
 * one row per query in the order of the queries. Both sides ascend by (group, ts), also from round to round; the events of a
 * round lie before its last query.
 *
 * <p>For one thread at a time: a second one gets {@code INVALID_ARGUMENT}. After an error that the kernel reports, the session
 * can only be closed.
 */
public final class PointInTimeSession extends NativeHandle {
  private static final int FIRST_CAPACITY = 1 << 16;

  private ByteBuffer answer = ByteBuffer.allocateDirect(FIRST_CAPACITY);
  private volatile long held;

  private PointInTimeSession(long handle) {
    super(handle, "session " + Long.toHexString(handle));
  }

  /** A session over the plan. */
  public static PointInTimeSession open(Plan plan) {
    return open(plan, "{}");
  }

  /**
   * A session over the plan.
   *
   * @param options JSON: {@code max_bytes}, the bytes that it may hold before it fails with {@code OUT_OF_BUDGET}
   */
  public static PointInTimeSession open(Plan plan, String options) {
    return new PointInTimeSession(NativeCalls.aggOpen(plan.handle(), options.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Starts a round.
   *
   * @param message direct buffer with the message from its position on; it must not be written until this call returns, and may
   *     be reused then
   * @param length bytes of the message
   * @return bytes that the session holds now
   */
  public long queries(ByteBuffer message, int length) {
    return update(NativeCalls.QUERIES, message, length);
  }

  /** Feeds events of the round; see {@link #queries} for the arguments and the result. */
  public long events(ByteBuffer message, int length) {
    return update(NativeCalls.EVENTS, message, length);
  }

  /**
   * Ends the round.
   *
   * @return the message from position to limit, valid until the next call on this session; null when no round was started
   */
  public ByteBuffer next() {
    ByteBuffer target = answer;
    int written = NativeCalls.aggNext(handle(), target);
    while (written < 0) {
      int needed = -written;
      // Some room to grow, so that answers of slowly growing size do not allocate each time.
      target = ByteBuffer.allocateDirect((int) Math.min(Integer.MAX_VALUE - 8L, needed + (long) needed / 4));
      answer = target;
      written = NativeCalls.aggNext(handle(), target);
    }
    if (written == 0) return null;
    ByteBuffer message = target.duplicate();
    message.clear();
    message.limit(written);
    return message;
  }

  /** Bytes that the session held after the last message it took in. */
  public long bytesHeld() {
    return held;
  }

  @Override
  public void close() {
    super.close();
    held = 0;
    answer = ByteBuffer.allocateDirect(0);
  }

  private long update(int side, ByteBuffer message, int length) {
    ByteBuffer start = message.position() == 0 ? message : message.slice();
    long now = NativeCalls.aggUpdate(handle(), side, start, length);
    held = now;
    return now;
  }
}
