package ai.chronon.online;

import java.util.Map;

/** Metrics of one moment. */
public class JavaStatsResponse {
  public JavaStatsRequest request;
  public JTry<Map<String, Object>> values;

  /** The moment; null if it is not known. */
  public Long millis;

  public JavaStatsResponse(JavaStatsRequest request, JTry<Map<String, Object>> values) {
    this(request, values, null);
  }

  public JavaStatsResponse(JavaStatsRequest request, JTry<Map<String, Object>> values, Long millis) {
    this.request = request;
    this.values = values;
    this.millis = millis;
  }

  public JavaStatsResponse(Fetcher.StatsResponse response) {
    this(
        new JavaStatsRequest(response.request()),
        JTry.fromScala(response.values()).map(JavaConversions::toJava),
        response.millis());
  }
}
