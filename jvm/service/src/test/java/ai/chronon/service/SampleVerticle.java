package ai.chronon.service;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The service over {@link SampleSource}, to be named on a command line; the answer to user "slow" takes a second. */
public final class SampleVerticle extends WebServiceVerticle {
  /** What is printed when the slow request has begun. */
  static final String BEGUN = "the slow request has begun";

  public SampleVerticle() {
    super(settings -> new Slow());
  }

  private static final class Slow implements FeatureSource {
    private final SampleSource sample = new SampleSource();

    @Override
    public java.util.concurrent.CompletionStage<List<Answer>> fetch(Kind kind, String name, List<Map<String, Object>> keys, Long atMillis) {
      if (!"slow".equals(keys.get(0).get("user_id"))) return sample.fetch(kind, name, keys, atMillis);
      System.out.println(BEGUN);
      return CompletableFuture.supplyAsync(
          () -> List.of(new Answer(keys.get(0), Map.of("finished", true), null)),
          CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS));
    }

    @Override
    public java.util.concurrent.CompletionStage<List<AvroAnswer>> fetchAvro(String join, List<Map<String, Object>> keys, Long atMillis) {
      return sample.fetchAvro(join, keys, atMillis);
    }

    @Override
    public Catalog catalog() {
      return sample.catalog();
    }

    @Override
    public Schema schema(Kind kind, String name) {
      return sample.schema(kind, name);
    }

    @Override
    public List<Check> checks() {
      return sample.checks();
    }

    @Override
    public void close() {
      sample.close();
    }
  }
}
