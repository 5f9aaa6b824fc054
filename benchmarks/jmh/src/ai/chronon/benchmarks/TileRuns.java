package ai.chronon.benchmarks;

import ai.chronon.aggregator.base.ApproxDistinctCount;
import ai.chronon.aggregator.base.ApproxPercentiles;
import ai.chronon.aggregator.base.CpcFriendly$;
import ai.chronon.aggregator.base.SimpleAggregator;
import java.util.Iterator;

/** Ninety stored sketches of {@code n} values each, read, united and asked: "CPC lgK 8", "KLL k 128". */
final class TileRuns {
  static final int TILES = 90;
  private static final long SEED = 23;
  private static final double[] PERCENTILES = {0.05, 0.25, 0.5, 0.75, 0.95};

  private final SimpleAggregator<Object, Object, Object> sketches;
  private final byte[][] tiles = new byte[TILES][];

  @SuppressWarnings({"unchecked", "rawtypes"})
  TileRuns(String work, int n) {
    int k = Integer.parseInt(work.substring(work.lastIndexOf(' ') + 1));
    boolean distinct = work.startsWith("CPC");
    sketches = distinct
        ? (SimpleAggregator) new ApproxDistinctCount<>(k, CpcFriendly$.MODULE$.longIsCpcFriendly())
        : (SimpleAggregator) new ApproxPercentiles(k, PERCENTILES);
    for (int tile = 0; tile < TILES; tile++) {
      SplitMix random = new SplitMix(SEED + tile);
      Object sketch = sketches.prepare(value(random, distinct));
      for (int i = 1; i < n; i++) {
        sketch = sketches.update(sketch, value(random, distinct));
      }
      tiles[tile] = (byte[]) sketches.normalize(sketch);
    }
  }

  private static Object value(SplitMix random, boolean distinct) {
    return distinct ? (Object) random.bits() : (Object) (float) random.unit();
  }

  /** The estimate, or the percentiles, of all tiles together. */
  Object answer() {
    Iterator<Object> read = new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < TILES;
      }

      @Override
      public Object next() {
        return sketches.denormalize(tiles[next++]);
      }
    };
    return sketches.finalize(sketches.bulkMerge(Reference.iterator(read)));
  }

  String check(String work, int n) {
    Digest digest = new Digest(true);
    digest.add(answer());
    if (work.startsWith("CPC")) {
      for (byte[] tile : tiles) {
        digest.add(Digest.of(tile));
      }
    }
    return digest.line("tiles/" + work + "/" + n);
  }
}
