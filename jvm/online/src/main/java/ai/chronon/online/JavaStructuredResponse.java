package ai.chronon.online;

/** Features whose structs are named at every depth, and the request that asked for them. */
public class JavaStructuredResponse {
  public JavaRequest request;

  /** A group-by without data for the keys is a success that holds null. */
  public JTry<JavaFeatureRecord> values;

  public JavaStructuredResponse(JavaRequest request, JTry<JavaFeatureRecord> values) {
    this.request = request;
    this.values = values;
  }

  public JavaStructuredResponse(Fetcher.StructuredResponse response) {
    this(
        new JavaRequest(response.request()),
        JTry.fromScala(response.values())
            .map(record -> record == null ? null : new JavaFeatureRecord(record)));
  }
}
