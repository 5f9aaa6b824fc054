package ai.chronon.service;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;

/** A stand-in for a fetcher: one join and one group-by, whose features are computed from the key. */
final class SampleSource implements FeatureSource {
  static final String JOIN = "shop/training.v1";
  static final String GROUP_BY = "shop.purchases.v1";

  /** What {@code ready} says about the metadata; null while it can be read. */
  volatile String metadataProblem;

  /** What the next fetch is, in place of the sample's answer. */
  volatile CompletionStage<List<Answer>> nextFetch;

  /** Held back until it opens: metadata that takes its time. */
  volatile CountDownLatch slowMetadata = new CountDownLatch(0);

  /** Opens when a fetch has begun. */
  final CountDownLatch fetching = new CountDownLatch(1);

  volatile boolean closed;

  @Override
  public CompletionStage<List<Answer>> fetch(Kind kind, String name, List<Map<String, Object>> keys, Long atMillis) {
    fetching.countDown();
    await(slowMetadata);
    if (kind == Kind.JOIN && !name.equals(JOIN)) throw new UnknownEntityException(kind, name, null);
    if (nextFetch != null) return nextFetch;
    List<Answer> answers = new ArrayList<>();
    for (Map<String, Object> key : keys) answers.add(answer(key, atMillis));
    return CompletableFuture.completedFuture(answers);
  }

  private static Answer answer(Map<String, Object> key, Long atMillis) {
    Object user = key.get("user_id");
    if (user == null) return new Answer(key, null, null);
    if (!(user instanceof String text)) return new Answer(key, null, "key user_id of " + GROUP_BY + " is " + user + "; it must be a text");
    Map<String, Object> features = new LinkedHashMap<>();
    features.put("at", atMillis);
    features.put("length", text.length());
    features.put("large", 9_007_199_254_740_993L);
    features.put("mean", 0.5);
    features.put("nan", Double.NaN);
    features.put("nothing", null);
    features.put("bytes", new byte[] {(byte) 0xfb, (byte) 0xff});
    features.put("list", List.of(1, 2));
    features.put("struct", new Object[] {"a", 1L, null});
    Map<String, Integer> counts = new HashMap<>();
    counts.put("a\"b", 2);
    features.put("histogram", counts);
    features.put("text", "<b>" + text + "</b>");
    features.put("ext_scores_exception", new IllegalStateException("scores are down"));
    return new Answer(key, features, null);
  }

  @Override
  public CompletionStage<List<AvroAnswer>> fetchAvro(String join, List<Map<String, Object>> keys, Long atMillis) {
    if (!join.equals(JOIN)) throw new UnknownEntityException(Kind.JOIN, join, null);
    List<AvroAnswer> answers = new ArrayList<>();
    for (Map<String, Object> key : keys) answers.add(new AvroAnswer(key, new byte[] {0, 2, 10}, Map.of("shop_exception", "down")));
    return CompletableFuture.completedFuture(answers);
  }

  @Override
  public Catalog catalog() {
    return new Catalog(List.of(JOIN), List.of("shop/<offline>.v1"), List.of(GROUP_BY));
  }

  @Override
  public Schema schema(Kind kind, String name) {
    await(slowMetadata);
    if (!name.equals(kind == Kind.JOIN ? JOIN : GROUP_BY)) throw new UnknownEntityException(kind, name, null);
    String keys = record("key", "user_id", "\"string\"");
    String values = record("value", "shop_purchases_v1_price_sum_7d", "\"long\"");
    if (kind == Kind.GROUP_BY) return new Schema(name, keys, values, null, List.of());
    ValueInfo info = new ValueInfo("shop_purchases_v1_price_sum_7d", GROUP_BY, "shop_purchases_v1", List.of("user_id"), "\"long\"");
    return new Schema(name, keys, values, "abcdefghij", List.of(info));
  }

  private static String record(String name, String field, String type) {
    return "{\"type\":\"record\",\"name\":\"" + name + "\",\"fields\":[{\"name\":\"" + field + "\",\"type\":[\"null\"," + type + "]}]}";
  }

  @Override
  public List<Check> checks() {
    return List.of(new Check("metadata", metadataProblem), new Check("native", null));
  }

  @Override
  public void close() {
    closed = true;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
