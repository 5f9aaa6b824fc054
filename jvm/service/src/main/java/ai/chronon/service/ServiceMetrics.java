package ai.chronon.service;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.statsd.StatsdConfig;
import io.micrometer.statsd.StatsdMeterRegistry;
import io.vertx.core.metrics.MetricsOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.EnumSet;
import java.util.function.UnaryOperator;

/**
 * Metrics of the server, the JVM and the native library, sent as StatsD and kept for Prometheus to read.
 *
 * <p>StatsD goes to {@value #HOST} and {@value #PORT}, where the fetcher sends its own. One registry per process, as
 * metrics are of a process: it is made by the launcher before Vert.x starts.
 */
final class ServiceMetrics {
  /** System property: where StatsD listens. */
  static final String HOST = "ai.chronon.metrics.host";

  /** System property: the port of it. */
  static final String PORT = "ai.chronon.metrics.port";

  /** Of what {@link #scrape} returns. */
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static volatile MeterRegistry all;
  private static volatile PrometheusMeterRegistry prometheus;
  private static volatile UnaryOperator<String> shorten = UnaryOperator.identity();

  private ServiceMetrics() {}

  /** Options that turn metrics on, for a Vert.x that is about to start. */
  static MetricsOptions on() {
    PrometheusMeterRegistry kept = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    // StatsD gets whole paths, as ever; Prometheus keeps every value that it has seen, and anyone may ask for any path.
    kept.config().meterFilter(MeterFilter.replaceTagValues(Label.HTTP_PATH.toString(), path -> shorten.apply(path)));
    CompositeMeterRegistry both = new CompositeMeterRegistry();
    both.add(kept);
    both.add(statsd());
    all = both;
    prometheus = kept;
    return new MicrometerMetricsOptions()
        .setJvmMetricsEnabled(true)
        .setLabels(EnumSet.of(Label.HTTP_METHOD, Label.HTTP_CODE, Label.HTTP_PATH))
        .setEnabled(true)
        .setFactory(new MicrometerMetricsFactory(both));
  }

  /** How Prometheus' paths are made few. */
  static void shortenPaths(UnaryOperator<String> template) {
    shorten = template;
  }

  /** Adds what the native library holds; after Vert.x has started, whose filters must come before any meter. */
  static void watchNative() {
    MeterRegistry registry = all;
    if (registry != null) new NativeMetrics().bindTo(registry);
  }

  /** What Prometheus reads; null if metrics are off. */
  static String scrape() {
    PrometheusMeterRegistry registry = prometheus;
    return registry == null ? null : registry.scrape(CONTENT_TYPE);
  }

  private static MeterRegistry statsd() {
    String host = System.getProperty(HOST, "localhost");
    int port = Integer.getInteger(PORT, 8125);
    return new StatsdMeterRegistry(
        new StatsdConfig() {
          @Override
          public String get(String key) {
            return null;
          }

          @Override
          public String host() {
            return host;
          }

          @Override
          public int port() {
            return port;
          }
        },
        Clock.SYSTEM);
  }
}
