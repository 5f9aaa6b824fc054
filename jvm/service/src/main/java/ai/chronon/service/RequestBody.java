package ai.chronon.service;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A request's body as key objects: a JSON array of at least one object, and nothing after it.
 *
 * <p>Numbers become Integer, Long, BigInteger or Double. Bytes are decoded strictly first: Jackson itself would guess
 * the encoding, and read broken UTF-8 inside names as other names.
 */
final class RequestBody {
  private static final ObjectReader READER =
      new ObjectMapper()
          .readerFor(new TypeReference<List<Map<String, Object>>>() {})
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String WANTED = "; the body must be a JSON array of key objects, such as [{\"user_id\":\"5\"}]";

  private RequestBody() {}

  /**
   * Reads a body.
   *
   * @param limit how many objects are allowed
   * @throws RequestException with status 400, or 413 for too many objects, saying what is wrong
   */
  static List<Map<String, Object>> keys(byte[] body, int limit) {
    List<Map<String, Object>> keys = parse(body);
    if (keys == null) throw bad("it is null" + WANTED);
    if (keys.isEmpty()) throw bad("the array is empty" + WANTED);
    int missing = keys.indexOf(null);
    if (missing >= 0) throw bad("element " + missing + " is null" + WANTED);
    if (keys.size() > limit) {
      throw new RequestException(
          413, "the body has " + keys.size() + " key objects, more than " + ServiceSettings.BATCH_LIMIT + " = " + limit);
    }
    return keys;
  }

  private static List<Map<String, Object>> parse(byte[] body) {
    if (body.length == 0) throw bad("it is empty" + WANTED);
    ByteBuffer bytes = ByteBuffer.wrap(body);
    try {
      return READER.readValue(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException e) {
      throw bad("byte " + bytes.position() + " is not UTF-8" + WANTED);
    } catch (JsonProcessingException e) {
      String at = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
      throw bad(e.getOriginalMessage() + at + WANTED);
    }
  }

  private static RequestException bad(String message) {
    return new RequestException(400, "request body: " + message);
  }
}
