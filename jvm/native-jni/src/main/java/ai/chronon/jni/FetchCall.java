package ai.chronon.jni;

import ai.chronon.jni.envelope.Request;
import ai.chronon.jni.envelope.RequestPart;
import ai.chronon.jni.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Gathers the parts of a request, runs them in one native call, and is empty then for the next one. Keeps its buffers, so a thread
 * reuses one. Not safe for several threads. What is added is copied.
 *
 * <pre>{@code
 * int part = call.add(plan, queryMillis, batchEndMillis, FetchCall.FROM_BATCH_END, batchValue);
 * call.addStreamed(millis, row);
 * FetchAnswer answer = call.run(false);
 * Object sum = answer.value(part, 0);
 * }</pre>
 */
public final class FetchCall implements AutoCloseable {
  /** For {@code streamedFromMillis}: nothing says that streamed values are in the batch already. */
  public static final long FROM_BATCH_END = Long.MIN_VALUE;

  private static final int FIRST_CAPACITY = 1 << 16;
  /** Longs that a part takes in {@link #parts}: plan, query, batch end, streamed from. */
  private static final int WIDTH = 4;
  /** What arrays and buffers can hold. */
  private static final int MOST_BYTES = Integer.MAX_VALUE - 8;
  /** Bytes of values that are kept room for between calls. */
  private static final int MOST_KEPT = 1 << 24;
  /** More than the message has around its vectors. */
  private static final int HEAD = 256;

  private int capacity = FIRST_CAPACITY;
  private FlatBufferBuilder builder = newBuilder(capacity);
  private long[] parts = new long[WIDTH * 32];
  /** Of each part the length of its batch value, or -1, and how many streamed values it has. */
  private int[] batches = new int[32];

  private int[] streamed = new int[32];
  private int partCount;
  private long[] millis = new long[256];
  private int[] lengths = new int[256];
  private int valueCount;
  /**
   * All values, those of a part behind its batch value. They are gathered on the heap because a direct buffer takes them in one go
   * much faster than one by one.
   */
  private byte[] bytes = new byte[FIRST_CAPACITY];

  private int byteCount;

  /**
   * Begins the part of one GroupBy for one key.
   *
   * @param queryMillis time of the request; what is streamed at that time or later does not count
   * @param batchEndMillis when the batch ended; what is streamed before does not count
   * @param streamedFromMillis streamed values before this time do not count either, because the batch value was stored later than
   *     its batch ended; or {@link #FROM_BATCH_END}. Tiles do not heed it
   * @param batchValue null when the key has none
   * @return the number of the part in the answer, from 0 on
   * @throws IllegalStateException when the values exceed 2 GiB
   */
  public int add(ServingPlan plan, long queryMillis, long batchEndMillis, long streamedFromMillis, byte[] batchValue) {
    if (partCount == streamed.length) {
      parts = Arrays.copyOf(parts, 2 * parts.length);
      streamed = Arrays.copyOf(streamed, 2 * streamed.length);
      batches = Arrays.copyOf(batches, 2 * batches.length);
    }
    if (batchValue != null) append(batchValue);
    int at = WIDTH * partCount;
    parts[at] = plan.handle();
    parts[at + 1] = queryMillis;
    parts[at + 2] = batchEndMillis;
    parts[at + 3] = streamedFromMillis;
    streamed[partCount] = 0;
    batches[partCount] = batchValue == null ? -1 : batchValue.length;
    return partCount++;
  }

  /**
   * Appends a streamed value to the part begun last: a row, a mutation or a tile.
   *
   * @param valueMillis the version that the store keeps of it: event time of a row, time of a mutation, a time within a tile
   * @throws IllegalStateException when no part was begun, or the values exceed 2 GiB
   */
  public void addStreamed(long valueMillis, byte[] value) {
    if (partCount == 0) throw new IllegalStateException("a streamed value before any part; call add first");
    if (valueCount == millis.length) {
      millis = Arrays.copyOf(millis, 2 * millis.length);
      lengths = Arrays.copyOf(lengths, 2 * lengths.length);
    }
    append(value);
    millis[valueCount] = valueMillis;
    lengths[valueCount++] = value.length;
    streamed[partCount - 1]++;
  }

  private void append(byte[] value) {
    if (bytes.length - byteCount < value.length) {
      long needed = (long) byteCount + value.length;
      if (needed > MOST_BYTES) throw tooMany(needed);
      bytes = Arrays.copyOf(bytes, (int) Math.min(MOST_BYTES, Math.max(needed, 2L * bytes.length)));
    }
    System.arraycopy(value, 0, bytes, byteCount, value.length);
    byteCount += value.length;
  }

  private static IllegalStateException tooMany(long size) {
    return new IllegalStateException(size + " bytes exceed a request; ask for fewer keys at once");
  }

  /**
   * Answers all parts begun, and forgets them, whatever happens. What goes wrong with one part fails that part alone.
   *
   * @param skipUndecodable whether streamed values that cannot be decoded are left out and counted; else they fail their part
   * @throws IllegalStateException when the values and what is said of them exceed 2 GiB
   */
  public synchronized FetchAnswer run(boolean skipUndecodable) {
    // Synchronized because the native library reads the buffer where it stands: not even a host that shares a call among threads
    // may write to it meanwhile.
    try {
      ByteBuffer request = message(skipUndecodable);
      return new FetchAnswer(NativeCalls.fetch(request, request.remaining()));
    } finally {
      clear();
    }
  }

  /** The message; its vectors are filled front to back, the message itself is built back to front. */
  private ByteBuffer message(boolean skipUndecodable) {
    long size = HEAD + byteCount + 12L * valueCount + 40L * partCount;
    if (size > MOST_BYTES) throw tooMany(size);
    if (size > capacity) {
      capacity = (int) Math.min(MOST_BYTES, size + size / 2);
      builder = newBuilder(capacity);
    }
    builder.clear();
    builder.createUnintializedVector(1, byteCount, 1).put(bytes, 0, byteCount);
    int bytesAt = builder.endVector();
    builder.createUnintializedVector(4, valueCount, 4).asIntBuffer().put(lengths, 0, valueCount);
    int lengthsAt = builder.endVector();
    builder.createUnintializedVector(8, valueCount, 8).asLongBuffer().put(millis, 0, valueCount);
    int timesAt = builder.endVector();
    Request.startPartsVector(builder, partCount);
    for (int part = partCount - 1; part >= 0; part--) {
      int at = WIDTH * part;
      RequestPart.createRequestPart(
          builder, parts[at], parts[at + 1], parts[at + 2], parts[at + 3], batches[part], streamed[part]);
    }
    int partsAt = builder.endVector();
    builder.finish(Request.createRequest(builder, partsAt, timesAt, lengthsAt, bytesAt, skipUndecodable));
    return builder.dataBuffer().slice();
  }

  private void clear() {
    partCount = 0;
    valueCount = 0;
    byteCount = 0;
    // What a huge key once took is not kept.
    if (bytes.length > MOST_KEPT) bytes = new byte[FIRST_CAPACITY];
  }

  /** Forgets parts and buffers. */
  @Override
  public synchronized void close() {
    clear();
    bytes = new byte[0];
    capacity = HEAD;
    builder = newBuilder(capacity);
  }

  private static FlatBufferBuilder newBuilder(int capacity) {
    return new FlatBufferBuilder(capacity, new DirectBuffers());
  }

  /** The native library reads direct buffers only. */
  private static final class DirectBuffers extends FlatBufferBuilder.ByteBufferFactory {
    @Override
    public ByteBuffer newByteBuffer(int capacity) {
      return ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
