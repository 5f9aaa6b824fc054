package ai.chronon.online;

import java.util.Map;

/** Features by name, and the request that asked for them. */
public class JavaResponse {
  public JavaRequest request;

  /** A group-by without data for the keys is a success that holds null. */
  public JTry<Map<String, Object>> values;

  public JavaResponse(JavaRequest request, JTry<Map<String, Object>> values) {
    this.request = request;
    this.values = values;
  }

  public JavaResponse(Fetcher.Response response) {
    this(
        new JavaRequest(response.request()),
        JTry.fromScala(response.values()).map(JavaConversions::toJava));
  }

  public Fetcher.Response toScala() {
    return new Fetcher.Response(
        request.toScalaRequest(), values.map(JavaConversions::toScala).toScala());
  }
}
