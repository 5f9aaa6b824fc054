package ai.chronon.online;

import java.util.Map;

/** Metrics by name, each with its values over time. */
public class JavaSeriesStatsResponse {
  public JavaStatsRequest request;
  public JTry<Map<String, Object>> values;

  public JavaSeriesStatsResponse(JavaStatsRequest request, JTry<Map<String, Object>> values) {
    this.request = request;
    this.values = values;
  }

  public JavaSeriesStatsResponse(Fetcher.SeriesStatsResponse response) {
    this(
        new JavaStatsRequest(response.request()),
        JTry.fromScala(response.values()).map(JavaConversions::toJava));
  }

  public Fetcher.SeriesStatsResponse toScala() {
    return new Fetcher.SeriesStatsResponse(
        request.toScalaRequest(), values.map(JavaConversions::toScala).toScala());
  }
}
