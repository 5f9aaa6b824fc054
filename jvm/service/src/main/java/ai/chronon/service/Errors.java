package ai.chronon.service;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one error body, {@code {"errors":["<message>"]}}, and the status that goes with each kind of failure.
 *
 * <p>What the client can mend is in the 400s and is not logged; the rest is logged with its trace.
 */
final class Errors {
  private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

  private Errors() {}

  /** Makes every failure below the router answer in JSON, those of the framework too. */
  static void install(Router router, ServiceSettings settings) {
    for (int status : List.of(400, 404, 405, 406, 413, 414, 415, 500)) {
      router.errorHandler(status, context -> answer(context, status, settings));
    }
    // Statuses that are not in the list come with a failure, and failures come here.
    router.route().failureHandler(context -> answer(context, context.statusCode(), settings));
  }

  private static void answer(RoutingContext context, int frameworkStatus, ServiceSettings settings) {
    Throwable failure = context.failure();
    if (failure != null && !(failure instanceof HttpException)) {
      fail(context, failure);
      return;
    }
    int status = frameworkStatus < 400 ? 500 : frameworkStatus;
    String request = context.request().method() + " " + context.request().path();
    String message =
        switch (status) {
          case 400 -> "the address " + context.request().uri() + " is not a valid one: is everything after % two hex digits?";
          case 404 -> "there is nothing at " + request + "; GET /openapi.json lists what there is. A name's slash is written %2F";
          case 405 -> context.request().path() + " does not take " + context.request().method() + "; see GET /openapi.json";
          case 413 -> "the body is larger than " + ServiceSettings.BODY_LIMIT + " = " + settings.bodyLimit() + " bytes; send fewer keys at a time";
          default -> HttpResponseStatus.valueOf(status).reasonPhrase();
        };
    send(context, status, message);
  }

  /** Answers a request with what its failure means. */
  static void fail(RoutingContext context, Throwable thrown) {
    Throwable failure = unwrap(thrown);
    int status = status(failure);
    if (status == 500) LOG.error("{} {} failed", context.request().method(), context.request().path(), failure);
    else if (status > 500) LOG.warn("{} {}: {}", context.request().method(), context.request().path(), failure.toString());
    String message = failure.getMessage();
    if (failure instanceof TimeoutException) message = "no answer within the time limit: " + message;
    send(context, status, message == null ? failure.getClass().getName() : message);
  }

  private static int status(Throwable failure) {
    if (failure instanceof RequestException e) return e.status();
    if (failure instanceof UnknownEntityException) return 404;
    if (failure instanceof NotBuiltException) return 501;
    if (failure instanceof TimeoutException) return 504;
    return 500;
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable inner = failure;
    while ((inner instanceof CompletionException || inner instanceof ExecutionException) && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return inner;
  }

  private static void send(RoutingContext context, int status, String message) {
    // The client may have gone away, or an answer may have begun: then nobody is left to be told.
    if (context.response().ended() || context.response().headWritten() || context.response().closed()) return;
    context
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(body(message));
  }

  /** The error body with one message. */
  static String body(String message) {
    return new JsonObject().put("errors", new JsonArray().add(message)).encode();
  }
}
