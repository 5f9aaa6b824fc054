package ai.chronon.service;

import ai.chronon.service.FeatureSource.Kind;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The handlers that fetch: parse, call, map.
 *
 * <p>Parsing, the fetcher's own part until it has asked the store, and writing JSON happen on worker threads or where
 * the fetcher finishes; the event loop only receives and sends bytes.
 */
final class FetchHandlers {
  /** The query parameter with the time that is asked about. */
  static final String AT_MILLIS = "atMillis";

  private final FeatureSource source;
  private final WorkerExecutor workers;
  private final ServiceSettings settings;

  FetchHandlers(FeatureSource source, WorkerExecutor workers, ServiceSettings settings) {
    this.source = source;
    this.workers = workers;
    this.settings = settings;
  }

  /** Features of a join or group-by. */
  Handler<RoutingContext> features(Kind kind) {
    return context ->
        fetch(context, (name, keys, at) -> source.fetch(kind, name, keys, at).thenApply(ResponseJson::results));
  }

  /** Features of a join as Avro bytes. */
  Handler<RoutingContext> avro() {
    return context ->
        fetch(context, (name, keys, at) -> source.fetchAvro(name, keys, at).thenApply(ResponseJson::avroResults));
  }

  private interface Call {
    CompletionStage<byte[]> fetch(String name, List<Map<String, Object>> keys, Long atMillis);
  }

  private void fetch(RoutingContext context, Call call) {
    String name = context.pathParam("name");
    Buffer received = context.body().buffer();
    byte[] body = received == null ? new byte[0] : received.getBytes();
    Long atMillis = atMillis(context);
    blocking(workers, () -> call.fetch(name, RequestBody.keys(body, settings.batchLimit()), atMillis))
        .compose(Future::fromCompletionStage)
        .timeout(settings.fetchTimeoutMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(json -> context.response().putHeader("content-type", "application/json").end(Buffer.buffer(json)))
        .onFailure(failure -> Errors.fail(context, failure));
  }

  /** Runs what may block beside other such calls, not behind them. */
  static <T> Future<T> blocking(WorkerExecutor workers, Callable<T> call) {
    return workers.executeBlocking(call, false);
  }

  /** A misspelled parameter would silently ask about now, so only the one that there is passes. */
  private static Long atMillis(RoutingContext context) {
    for (String name : context.queryParams().names()) {
      if (!name.equals(AT_MILLIS)) {
        throw new RequestException(400, "there is no query parameter " + name + "; the only one is " + AT_MILLIS);
      }
    }
    List<String> given = context.queryParam(AT_MILLIS);
    if (given.isEmpty()) return null;
    try {
      if (given.size() == 1) return Long.valueOf(given.get(0));
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new RequestException(
        400,
        "query parameter " + AT_MILLIS + " is " + String.join(", ", given) + "; it must be one time in milliseconds since 1970-01-01 UTC");
  }
}
