package ai.chronon.service;

import ai.chronon.service.FeatureSource.Check;
import io.vertx.core.Handler;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The handlers for those who run the service: whether it lives and is ready, its settings, metrics and documents. */
final class OperationsHandlers {
  /** How long a look at the store may take before the service counts as not ready. */
  private static final long CHECK_MILLIS = 5_000;

  private final FeatureSource source;
  private final WorkerExecutor workers;
  private final ServiceSettings settings;
  private final InFlight inFlight;

  OperationsHandlers(FeatureSource source, WorkerExecutor workers, ServiceSettings settings, InFlight inFlight) {
    this.source = source;
    this.workers = workers;
    this.settings = settings;
    this.inFlight = inFlight;
  }

  /** The answer that clients of the reference look for. */
  void ping(RoutingContext context) {
    json(context, 200, Buffer.buffer("\"Pong!\""));
  }

  /** The settings, without secrets. */
  void config(RoutingContext context) {
    json(context, 200, Buffer.buffer(settings.shown().encodePrettily()));
  }

  /** Answers while the event loop turns. */
  void live(RoutingContext context) {
    json(context, 200, new JsonObject().put("live", true).toBuffer());
  }

  /** 200 if requests can be answered now, else 503; each check says what is wrong. */
  void ready(RoutingContext context) {
    if (inFlight.stopping()) {
      answer(context, List.of(new Check("running", "the service is stopping")));
      return;
    }
    FetchHandlers.blocking(workers, source::checks)
        .timeout(CHECK_MILLIS, TimeUnit.MILLISECONDS)
        .otherwise(failure -> List.of(new Check("checks", "not finished: " + failure)))
        .onSuccess(checks -> answer(context, checks));
  }

  /** What Prometheus reads. */
  void metrics(RoutingContext context) {
    String text = ServiceMetrics.scrape();
    if (text == null) throw new NotBuiltException("metrics are off: start the service with ai.chronon.service.ChrononServiceLauncher");
    context.response().putHeader("content-type", ServiceMetrics.CONTENT_TYPE).end(text);
  }

  /** A feature of the zipline dialect that this service does not have. */
  static Handler<RoutingContext> notBuilt(String message) {
    return context -> {
      throw new NotBuiltException(message);
    };
  }

  /** A document of the jar, read once. */
  static Handler<RoutingContext> document(String resource, String contentType) {
    Buffer document = Buffer.buffer(read(resource));
    return context ->
        context
            .response()
            .putHeader("content-type", contentType)
            // The page is all there is: nothing from elsewhere, nothing sent elsewhere.
            .putHeader(
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:;"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
            .putHeader("x-content-type-options", "nosniff")
            .end(document);
  }

  private static byte[] read(String resource) {
    try (InputStream in = OperationsHandlers.class.getResourceAsStream(resource)) {
      if (in == null) throw new IllegalStateException("the service's jar lacks " + resource);
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void answer(RoutingContext context, List<Check> checks) {
    boolean ready = checks.stream().allMatch(check -> check.problem() == null);
    JsonObject results = new JsonObject();
    checks.forEach(check -> results.put(check.name(), check.problem() == null ? "ok" : check.problem()));
    json(context, ready ? 200 : 503, new JsonObject().put("ready", ready).put("checks", results).toBuffer());
  }

  private static void json(RoutingContext context, int status, Buffer body) {
    context.response().setStatusCode(status).putHeader("content-type", "application/json").end(body);
  }
}
