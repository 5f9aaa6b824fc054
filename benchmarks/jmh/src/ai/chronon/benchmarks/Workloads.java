package ai.chronon.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;

/** benchmarks/kernel/workloads.json, named by the system property {@code workloads}: the one list of what both sides run. */
final class Workloads {
  private Workloads() {}

  static JsonNode all() {
    try {
      return new ObjectMapper().readTree(new File(System.getProperty("workloads")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The operation of this name. */
  static JsonNode operation(String name) {
    for (JsonNode operation : all().get("operations")) {
      if (operation.get("name").asText().equals(name)) {
        return operation;
      }
    }
    throw new IllegalArgumentException("workloads.json has no operation " + name);
  }
}
