package ai.chronon.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Answers as the bytes of a response, {@code {"results":[…]}}.
 *
 * <p>Values are what a fetcher returns: boxed numbers and booleans, text, bytes (as Base64), lists, maps, structs as
 * arrays, and exceptions, which become their text. NaN and the infinities are strings, since JSON has no such numbers.
 */
final class ResponseJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private ResponseJson() {}

  /** The response to a fetch; null members are left out, null features stay. */
  static byte[] results(List<FeatureSource.Answer> answers) {
    return write(
        answers,
        (json, answer) -> {
          json.writeStringField("status", answer.error() == null ? "Success" : "Failure");
          writeMember(json, "entityKeys", answer.keys());
          writeMember(json, "features", answer.features());
          if (answer.error() != null) json.writeStringField("error", answer.error());
        });
  }

  /** The response with features as Avro bytes. */
  static byte[] avroResults(List<FeatureSource.AvroAnswer> answers) {
    return write(
        answers,
        (json, answer) -> {
          json.writeStringField("status", answer.avro() == null ? "Failure" : "Success");
          writeMember(json, "entityKeys", answer.keys());
          if (answer.avro() != null) {
            json.writeStringField("featureAvroString", Base64.getEncoder().encodeToString(answer.avro()));
          }
          writeMember(json, "featuresErrors", answer.errors());
        });
  }

  private interface Members<T> {
    void write(JsonGenerator json, T of) throws IOException;
  }

  private static <T> byte[] write(List<T> answers, Members<T> members) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256 * answers.size());
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeArrayFieldStart("results");
      for (T answer : answers) {
        json.writeStartObject();
        members.write(json, answer);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      // Memory does not fail; a value that JSON cannot hold would.
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writeMember(JsonGenerator json, String name, Map<String, ?> members) throws IOException {
    if (members == null) return;
    json.writeFieldName(name);
    writeValue(json, members);
  }

  private static void writeValue(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.writeFieldName(String.valueOf(entry.getKey()));
        writeValue(json, entry.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof Collection<?> items) {
      json.writeStartArray();
      for (Object item : items) writeValue(json, item);
      json.writeEndArray();
    } else if (value instanceof Object[] fields) {
      json.writeStartArray();
      for (Object field : fields) writeValue(json, field);
      json.writeEndArray();
    } else if (value instanceof byte[] bytes) {
      json.writeBinary(bytes);
    } else if (value == null || value instanceof Number || value instanceof Boolean) {
      // Numbers of all types, the big ones too.
      json.writeObject(value);
    } else {
      json.writeString(value.toString());
    }
  }
}
