package ai.chronon.online;

/** A request for metrics over time. */
public class JavaStatsRequest {
  public String name;

  /** First moment wanted, in milliseconds; null for the whole series. */
  public Long startTs;

  /** Last moment wanted; null for now. */
  public Long endTs;

  public JavaStatsRequest(String name) {
    this(name, null, null);
  }

  public JavaStatsRequest(String name, Long startTs) {
    this(name, startTs, null);
  }

  public JavaStatsRequest(String name, Long startTs, Long endTs) {
    this.name = name;
    this.startTs = startTs;
    this.endTs = endTs;
  }

  public JavaStatsRequest(Fetcher.StatsRequest request) {
    this(
        request.name(),
        JavaConversions.toJava(request.startTs()),
        JavaConversions.toJava(request.endTs()));
  }

  public static JavaStatsRequest fromScalaRequest(Fetcher.StatsRequest request) {
    return new JavaStatsRequest(request);
  }

  public Fetcher.StatsRequest toScalaRequest() {
    return new Fetcher.StatsRequest(
        name, JavaConversions.toScala(startTs), JavaConversions.toScala(endTs));
  }
}
