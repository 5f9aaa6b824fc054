package ai.chronon.service;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Counts the requests that have begun and are not answered, so that a server that stops can let them finish.
 *
 * <p>Used on one event loop only, that of its verticle; not thread-safe.
 */
final class InFlight {
  private int count;
  private Promise<Void> drained;

  /** Takes one request in, unless the server stops. */
  boolean enter() {
    if (drained != null) return false;
    count++;
    return true;
  }

  /** One request is answered, or its client gone. */
  void leave() {
    count--;
    completeIfEmpty();
  }

  boolean stopping() {
    return drained != null;
  }

  int count() {
    return count;
  }

  /** Lets nothing in any more; succeeds when the last one has left. */
  Future<Void> drain() {
    if (drained == null) drained = Promise.promise();
    completeIfEmpty();
    return drained.future();
  }

  private void completeIfEmpty() {
    if (drained != null && count == 0) drained.tryComplete();
  }
}
