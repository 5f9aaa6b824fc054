package ai.chronon.service;

import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerOptions;
import java.util.function.Function;

/**
 * The same service under the name and with the server options of the zipline dialect: HTTP/2 without TLS beside HTTP/1.1,
 * and compression. The routes are those of {@link WebServiceVerticle}, which has both dialects' paths.
 */
public final class FetcherVerticle extends WebServiceVerticle {
  private static final int STREAMS = 200;
  private static final int WINDOW_BYTES = 1 << 20;

  /** The service over the integrator's class that its settings name. */
  public FetcherVerticle() {}

  /** The service over any source of features. */
  FetcherVerticle(Function<ServiceSettings, FeatureSource> opener) {
    super(opener);
  }

  @Override
  protected HttpServerOptions serverOptions() {
    return super.serverOptions()
        .setHttp2ClearTextEnabled(true)
        .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(STREAMS).setInitialWindowSize(WINDOW_BYTES))
        .setCompressionSupported(true);
  }
}
