package ai.chronon.service;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What the service needs of a fetcher, and nothing more: the handlers know this, tests stand in for it, and
 * {@link FetcherSource} puts it over the fetcher of an integrator's {@code Api}.
 *
 * <p>Every method may block while metadata is read, and is called on worker threads, several at a time.
 */
public interface FeatureSource extends AutoCloseable {
  /** The two things that can be fetched. */
  enum Kind {
    JOIN("join"),
    GROUP_BY("group-by");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /** The word for it in messages. */
    public String text() {
      return text;
    }
  }

  /**
   * The answer to one key object.
   *
   * @param keys the keys as they were looked up, after casts
   * @param features null where the group-by has nothing for the key; values as the fetcher has them
   * @param error null unless this lookup failed
   */
  record Answer(Map<String, Object> keys, Map<String, Object> features, String error) {}

  /**
   * The answer to one key object with its features as bytes.
   *
   * @param keys the keys as they were looked up, after casts
   * @param avro the features in the join's value schema; null if they could not be encoded
   * @param errors the join's {@code *_exception} entries as text
   */
  record AvroAnswer(Map<String, Object> keys, byte[] avro, Map<String, String> errors) {}

  /** Names that metadata lists; joins apart by whether they are marked online. */
  record Catalog(List<String> onlineJoins, List<String> otherJoins, List<String> groupBys) {}

  /** One feature of a join: where it comes from and the type it has, as Avro schema JSON. */
  record ValueInfo(String fullName, String groupName, String prefix, List<String> leftKeys, String schema) {}

  /**
   * Keys and features of one join or group-by, as Avro schema JSON.
   *
   * @param hash of the schema that a join's responses are logged with; null for a group-by
   */
  record Schema(String name, String keySchema, String valueSchema, String hash, List<ValueInfo> values) {}

  /**
   * One condition of being ready.
   *
   * @param problem what is wrong and what would be right; null if the condition holds
   */
  record Check(String name, String problem) {}

  /**
   * Fetches one answer per key object, in the order of the requests.
   *
   * @param atMillis the time that is asked about; null for now
   * @throws UnknownEntityException if metadata has no such join
   */
  CompletionStage<List<Answer>> fetch(Kind kind, String name, List<Map<String, Object>> keys, Long atMillis);

  /**
   * Fetches a join and encodes each answer in the join's value schema.
   *
   * @throws UnknownEntityException if metadata has no such join
   */
  CompletionStage<List<AvroAnswer>> fetchAvro(String join, List<Map<String, Object>> keys, Long atMillis);

  /**
   * Lists what the metadata has.
   *
   * @throws NotBuiltException if it cannot be listed, saying what would make it possible
   */
  Catalog catalog();

  /**
   * Describes one join or group-by.
   *
   * @throws UnknownEntityException if metadata does not have it
   */
  Schema schema(Kind kind, String name);

  /** Looks whether requests can be answered now. */
  List<Check> checks();

  @Override
  void close();
}
