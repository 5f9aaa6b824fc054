package ai.chronon.jni;

import java.nio.charset.StandardCharsets;

/** Avro schemas of what is stored, to the letter as readers of stored data expect them. */
public final class AvroSchemas {
  private AvroSchemas() {}

  /**
   * The schema of a record.
   *
   * @param record JSON: {@code {"dialect":"airbnb","name":"Key","members":[{"name":"user","type":"long"}]}}, types as for {@link
   *     Plan#open}
   * @return JSON without blanks
   * @throws NativeException naming the member whose type or name cannot be stored
   */
  public static String record(String record) {
    NativeLibrary.load();
    return new String(NativeCalls.avroSchema(record.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }
}
