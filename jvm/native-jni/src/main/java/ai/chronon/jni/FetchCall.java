package ai.chronon.jni;

/**
 * Gathers the parts of a request, runs them in one native call, and is empty then for the next one. Keeps its buffers, so a thread
 * reuses one. Not safe for several threads.
 *
 * <pre>{@code
 * int part = call.add(plan, queryMillis, batchEndMillis, Long.MIN_VALUE, batchValue);
 * call.addStreamed(millis, row);
 * FetchAnswer answer = call.run(false);
 * Object sum = answer.value(part, 0);
 * }</pre>
 */
public final class FetchCall implements AutoCloseable {
  /** For {@code streamedFromMillis}: nothing says that streamed values are in the batch already. */
  public static final long FROM_BATCH_END = Long.MIN_VALUE;

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
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /**
   * Appends a streamed value to the part begun last: a row, a mutation or a tile.
   *
   * @param millis the version that the store keeps of it: event time of a row, time of a mutation, a time within a tile
   * @throws IllegalStateException when no part was begun
   */
  public void addStreamed(long millis, byte[] value) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /**
   * Answers all parts begun, and forgets them, whatever happens. What goes wrong with one part fails that part alone.
   *
   * @param skipUndecodable whether streamed values that cannot be decoded are left out and counted; else they fail their part
   */
  public FetchAnswer run(boolean skipUndecodable) {
    throw new UnsupportedOperationException("serving is not built yet");
  }

  /** Forgets parts and buffers. */
  @Override
  public void close() {}
}
