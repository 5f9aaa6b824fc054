package ai.chronon.service;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP service: reads its settings, makes the fetcher of the integrator's class, and answers requests.
 *
 * <p>When it is undeployed it takes no new request for features, lets those finish that have begun (as long as {@code
 * server.shutdown.timeout.millis}), and only then closes the port and the fetcher.
 */
public class WebServiceVerticle extends AbstractVerticle {
  private static final Logger LOG = LoggerFactory.getLogger(WebServiceVerticle.class);
  private static final int IDLE_SECONDS = 60;

  private final Function<ServiceSettings, FeatureSource> opener;
  private final InFlight inFlight = new InFlight();
  private ServiceSettings settings;
  private WorkerExecutor workers;
  private FeatureSource source;
  private HttpServer server;

  /** The service over the integrator's class that its settings name. */
  public WebServiceVerticle() {
    this(FetcherSource::open);
  }

  /** The service over any source of features. */
  WebServiceVerticle(Function<ServiceSettings, FeatureSource> opener) {
    this.opener = opener;
  }

  @Override
  public void start(Promise<Void> started) {
    ServiceSettings.load(vertx)
        .compose(
            loaded -> {
              settings = loaded;
              workers = vertx.createSharedWorkerExecutor("chronon-fetch", settings.workers());
              return FetchHandlers.blocking(workers, () -> opener.apply(loaded));
            })
        .compose(
            opened -> {
              source = opened;
              return listen();
            })
        .<Void>map(
            listening -> {
              server = listening;
              LOG.info("listening on http://{}:{}", settings.host(), server.actualPort());
              return null;
            })
        .onComplete(started);
  }

  private Future<HttpServer> listen() {
    Routes routes = Routes.over(source, workers, settings, inFlight);
    ServiceMetrics.shortenPaths(routes::template);
    ServiceMetrics.watchNative();
    return vertx
        .createHttpServer(serverOptions().setHost(settings.host()).setPort(settings.port()))
        .requestHandler(routes.router(vertx, settings, inFlight))
        .invalidRequestHandler(WebServiceVerticle::refuse)
        .listen();
  }

  /** How the server speaks HTTP; the zipline dialect's verticle has its own. */
  protected HttpServerOptions serverOptions() {
    return new HttpServerOptions().setTcpKeepAlive(true).setIdleTimeout(IDLE_SECONDS);
  }

  /** Bytes that are no HTTP request, or lines and headers that are too long: the framework's answer, as JSON. */
  private static void refuse(HttpServerRequest request) {
    boolean longLine = request.decoderResult().cause() instanceof io.netty.handler.codec.http.TooLongHttpLineException;
    boolean longHeader = request.decoderResult().cause() instanceof io.netty.handler.codec.http.TooLongHttpHeaderException;
    request
        .response()
        .setStatusCode(longLine ? 414 : longHeader ? 431 : 400)
        .putHeader("content-type", "application/json")
        .end(Errors.body("not a valid HTTP request: " + request.decoderResult().cause().getMessage()))
        .onComplete(sent -> request.connection().close());
  }

  /** The port that is listened on, for tests that ask for any. */
  int actualPort() {
    return server.actualPort();
  }

  @Override
  public void stop(Promise<Void> stopped) {
    if (server == null) {
      closeSource().onComplete(stopped);
      return;
    }
    LOG.info("stopping; {} requests are being answered", inFlight.count());
    drain()
        .compose(drained -> server.close())
        .compose(closed -> closeSource())
        .onComplete(stopped);
  }

  private Future<Void> drain() {
    Future<Void> drained = inFlight.drain();
    // A timer cannot be set for nought, which means not to wait.
    if (drained.isComplete() || settings.shutdownTimeoutMillis() == 0) return Future.succeededFuture();
    return drained
        .timeout(settings.shutdownTimeoutMillis(), TimeUnit.MILLISECONDS)
        .recover(
            failure -> {
              if (!(failure instanceof TimeoutException)) return Future.failedFuture(failure);
              LOG.warn(
                  "{} requests were not answered within {} = {}",
                  inFlight.count(),
                  ServiceSettings.SHUTDOWN_TIMEOUT,
                  settings.shutdownTimeoutMillis());
              return Future.succeededFuture();
            });
  }

  private Future<Void> closeSource() {
    if (source == null) return Future.succeededFuture();
    return FetchHandlers.blocking(
        workers,
        () -> {
          source.close();
          return null;
        });
  }
}
