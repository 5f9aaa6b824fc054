package ai.chronon.jni;

import ai.chronon.jni.envelope.Request;
import ai.chronon.jni.envelope.RequestPart;
import ai.chronon.jni.flatbuffers.FlatBufferBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Gathers the parts of a request, runs them in one native call, and is empty then for the next one. Keeps its buffers, so a thread
 * reuses one. Not safe for several threads. Arrays that are added must not change before {@link #run}; none is kept longer.
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
  /** More than the message has around its vectors. */
  private static final int HEAD = 256;

  private int capacity = FIRST_CAPACITY;
  private FlatBufferBuilder builder = newBuilder(capacity);
  private long[] parts = new long[WIDTH * 32];
  private int[] streamed = new int[32];
  private byte[][] batches = new byte[32][];
  private int partCount;
  private long[] millis = new long[256];
  private byte[][] values = new byte[256][];
  private int valueCount;
  /** Bytes of all values. */
  private long byteCount;

  /**
   * Begins the part of one GroupBy for one key.
   *
   * @param queryMillis time of the request; what is streamed at that time or later does not count
   * @param batchEndMillis when the batch ended; what is streamed before does not count
   * @param streamedFromMillis streamed values before this time do not count either, because the batch value was stored later than
   *     its batch ended; or {@link #FROM_BATCH_END}. Tiles do not heed it
   * @param batchValue null when the key has none
   * @return the number of the part in the answer, from 0 on
   */
  public int add(ServingPlan plan, long queryMillis, long batchEndMillis, long streamedFromMillis, byte[] batchValue) {
    if (partCount == streamed.length) {
      parts = Arrays.copyOf(parts, 2 * parts.length);
      streamed = Arrays.copyOf(streamed, 2 * streamed.length);
      batches = Arrays.copyOf(batches, 2 * batches.length);
    }
    int at = WIDTH * partCount;
    parts[at] = plan.handle();
    parts[at + 1] = queryMillis;
    parts[at + 2] = batchEndMillis;
    parts[at + 3] = streamedFromMillis;
    streamed[partCount] = 0;
    batches[partCount] = batchValue;
    if (batchValue != null) byteCount += batchValue.length;
    return partCount++;
  }

  /**
   * Appends a streamed value to the part begun last: a row, a mutation or a tile.
   *
   * @param valueMillis the version that the store keeps of it: event time of a row, time of a mutation, a time within a tile
   * @throws IllegalStateException when no part was begun
   */
  public void addStreamed(long valueMillis, byte[] value) {
    if (partCount == 0) throw new IllegalStateException("a streamed value before any part; call add first");
    if (valueCount == millis.length) {
      millis = Arrays.copyOf(millis, 2 * millis.length);
      values = Arrays.copyOf(values, 2 * values.length);
    }
    byteCount += value.length;
    millis[valueCount] = valueMillis;
    values[valueCount++] = value;
    streamed[partCount - 1]++;
  }

  /**
   * Answers all parts begun, and forgets them, whatever happens. What goes wrong with one part fails that part alone.
   *
   * @param skipUndecodable whether streamed values that cannot be decoded are left out and counted; else they fail their part
   * @throws IllegalStateException when the values exceed 2 GiB
   */
  public FetchAnswer run(boolean skipUndecodable) {
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
    if (size > Integer.MAX_VALUE) throw new IllegalStateException(size + " bytes exceed a request; ask for fewer keys at once");
    if (size > capacity) {
      capacity = (int) Math.min(Integer.MAX_VALUE - 8L, size + size / 2);
      builder = newBuilder(capacity);
    }
    builder.clear();
    ByteBuffer bytes = builder.createUnintializedVector(1, (int) byteCount, 1);
    int value = 0;
    for (int part = 0; part < partCount; part++) {
      if (batches[part] != null) bytes.put(batches[part]);
      for (int end = value + streamed[part]; value < end; value++) bytes.put(values[value]);
    }
    int bytesAt = builder.endVector();
    ByteBuffer lengths = builder.createUnintializedVector(4, valueCount, 4);
    for (int i = 0; i < valueCount; i++) lengths.putInt(values[i].length);
    int lengthsAt = builder.endVector();
    ByteBuffer times = builder.createUnintializedVector(8, valueCount, 8);
    for (int i = 0; i < valueCount; i++) times.putLong(millis[i]);
    int timesAt = builder.endVector();
    Request.startPartsVector(builder, partCount);
    for (int part = partCount - 1; part >= 0; part--) {
      int at = WIDTH * part;
      int batch = batches[part] == null ? -1 : batches[part].length;
      RequestPart.createRequestPart(
          builder, parts[at], parts[at + 1], parts[at + 2], parts[at + 3], batch, streamed[part]);
    }
    int partsAt = builder.endVector();
    builder.finish(Request.createRequest(builder, partsAt, timesAt, lengthsAt, bytesAt, skipUndecodable));
    return builder.dataBuffer().slice();
  }

  private void clear() {
    Arrays.fill(batches, 0, partCount, null);
    Arrays.fill(values, 0, valueCount, null);
    partCount = 0;
    valueCount = 0;
    byteCount = 0;
  }

  /** Forgets parts and buffers. */
  @Override
  public void close() {
    clear();
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
