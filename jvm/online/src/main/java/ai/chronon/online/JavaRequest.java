package ai.chronon.online;

import java.util.Map;
import scala.Option;

/** A request for the features of a join or group-by. */
public class JavaRequest {
  /** A join as {@code <team>/<name>}, or a group-by. */
  public String name;

  /** Values of the keys by name. */
  public Map<String, Object> keys;

  /** The moment as of which features are wanted; null for now. */
  public Long atMillis;

  public JavaRequest(String name, Map<String, Object> keys) {
    this(name, keys, null);
  }

  public JavaRequest(String name, Map<String, Object> keys, Long atMillis) {
    this.name = name;
    this.keys = keys;
    this.atMillis = atMillis;
  }

  public JavaRequest(Fetcher.Request request) {
    this(
        request.name(),
        JavaConversions.toJava(request.keys()),
        JavaConversions.toJava(request.atMillis()));
  }

  public static JavaRequest fromScalaRequest(Fetcher.Request request) {
    return new JavaRequest(request);
  }

  public Fetcher.Request toScalaRequest() {
    return new Fetcher.Request(
        name, JavaConversions.toScala(keys), JavaConversions.toScala(atMillis), Option.empty());
  }
}
