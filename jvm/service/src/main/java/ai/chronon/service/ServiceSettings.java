package ai.chronon.service;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.config.ConfigRetriever;
import io.vertx.config.ConfigRetrieverOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings of the service, read once when it starts.
 *
 * <p>Sources, later ones override earlier ones: the verticle's own config ({@code -conf file}), system properties,
 * environment variables, {@code conf/config.json}. A value that does not fit is an error that names key, value and
 * what would fit.
 *
 * @param onlineJar the integrator's jar; null if the class is on the service's own class path
 * @param onlineClass the integrator's {@code Api}
 * @param apiProps what its constructor is given
 * @param teams whose joins and group-bys are listed
 */
public record ServiceSettings(
    String host,
    int port,
    long bodyLimit,
    int batchLimit,
    int workers,
    long fetchTimeoutMillis,
    long shutdownTimeoutMillis,
    String onlineJar,
    String onlineClass,
    Map<String, String> apiProps,
    List<String> teams) {
  static final String HOST = "server.host";
  static final String PORT = "server.port";
  static final String BODY_LIMIT = "server.body.limit.bytes";
  static final String BATCH_LIMIT = "server.batch.limit";
  static final String WORKERS = "server.workers";
  static final String FETCH_TIMEOUT = "server.fetch.timeout.millis";
  static final String SHUTDOWN_TIMEOUT = "server.shutdown.timeout.millis";
  static final String ONLINE_JAR = "online.jar";
  static final String ONLINE_CLASS = "online.class";
  static final String API_PROPS = "online.api.props";
  static final String TEAMS = "catalog.teams";

  /** How long the sources of settings may take together. */
  private static final long LOAD_MILLIS = 1_000;

  /** What stands in /config in place of values that only the integrator's class understands, such as passwords. */
  private static final String HIDDEN = "(not shown)";

  /** Reads all sources; fails if they take longer than a second. */
  static Future<ServiceSettings> load(Vertx vertx) {
    ConfigRetriever retriever = ConfigRetriever.create(vertx, new ConfigRetrieverOptions().setIncludeDefaultStores(true));
    return retriever
        .getConfig()
        .timeout(LOAD_MILLIS, java.util.concurrent.TimeUnit.MILLISECONDS)
        .onComplete(done -> retriever.close())
        .map(ServiceSettings::of);
  }

  /**
   * Checks merged settings.
   *
   * @throws IllegalArgumentException naming the key, its value and what would fit
   */
  static ServiceSettings of(JsonObject merged) {
    return new ServiceSettings(
        text(merged, HOST, "0.0.0.0"),
        (int) number(merged, PORT, 8080, 0, 65_535),
        number(merged, BODY_LIMIT, 10L << 20, 1, Integer.MAX_VALUE),
        (int) number(merged, BATCH_LIMIT, 10_000, 1, Integer.MAX_VALUE),
        (int) number(merged, WORKERS, 20, 1, 1_000),
        number(merged, FETCH_TIMEOUT, 30_000, 1, 3_600_000),
        number(merged, SHUTDOWN_TIMEOUT, 30_000, 0, 3_600_000),
        text(merged, ONLINE_JAR, null),
        text(merged, ONLINE_CLASS, null),
        properties(merged),
        names(merged));
  }

  /** The settings for people to look at: only the service's own, and nothing that may be secret. */
  JsonObject shown() {
    JsonObject hiddenProps = new JsonObject();
    apiProps.keySet().forEach(key -> hiddenProps.put(key, HIDDEN));
    return new JsonObject()
        .put(HOST, host)
        .put(PORT, port)
        .put(BODY_LIMIT, bodyLimit)
        .put(BATCH_LIMIT, batchLimit)
        .put(WORKERS, workers)
        .put(FETCH_TIMEOUT, fetchTimeoutMillis)
        .put(SHUTDOWN_TIMEOUT, shutdownTimeoutMillis)
        .put(ONLINE_JAR, onlineJar)
        .put(ONLINE_CLASS, onlineClass)
        .put(API_PROPS, hiddenProps)
        .put(TEAMS, new JsonArray(teams));
  }

  private static String text(JsonObject merged, String key, String otherwise) {
    Object value = merged.getValue(key);
    if (value == null) return otherwise;
    if (value instanceof String text && !text.isBlank()) return text;
    throw bad(key, value, "a text that is not empty");
  }

  private static long number(JsonObject merged, String key, long otherwise, long least, long most) {
    Object value = merged.getValue(key);
    if (value == null) return otherwise;
    String wanted = "a whole number from " + least + " to " + most;
    try {
      long number = Long.parseLong(value.toString().trim());
      if (number >= least && number <= most) return number;
    } catch (NumberFormatException e) {
      // Said below, in the same words as a number out of bounds.
    }
    throw bad(key, value, wanted);
  }

  private static Map<String, String> properties(JsonObject merged) {
    Object value = merged.getValue(API_PROPS);
    if (value == null) return Map.of();
    if (!(value instanceof JsonObject object)) throw bad(API_PROPS, "a " + value.getClass().getSimpleName(), "a JSON object");
    Map<String, String> properties = new TreeMap<>();
    for (Map.Entry<String, Object> entry : object) {
      if (entry.getValue() == null) throw bad(API_PROPS + "." + entry.getKey(), "null", "a text, number or boolean");
      properties.put(entry.getKey(), entry.getValue().toString());
    }
    return properties;
  }

  private static List<String> names(JsonObject merged) {
    Object value = merged.getValue(TEAMS);
    if (value == null) return List.of();
    Collection<?> given = value instanceof JsonArray array ? array.getList() : List.of(value.toString().split(","));
    List<String> names = new ArrayList<>();
    for (Object name : given) {
      if (!(name instanceof String text) || text.isBlank()) throw bad(TEAMS, value, "names of teams, as a list or with commas");
      names.add(text.trim());
    }
    return List.copyOf(names);
  }

  private static IllegalArgumentException bad(String key, Object value, String wanted) {
    return new IllegalArgumentException("setting " + key + " is " + value + "; it must be " + wanted);
  }
}
