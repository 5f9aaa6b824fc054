package ai.chronon.benchmarks;

import ai.chronon.aggregator.windowing.FiveMinuteResolution$;
import ai.chronon.aggregator.windowing.HopsAggregator;
import ai.chronon.aggregator.windowing.SawtoothAggregator;
import ai.chronon.api.Aggregation;
import ai.chronon.api.DataType;
import ai.chronon.api.DoubleType$;
import ai.chronon.api.LongType$;
import ai.chronon.api.Row;
import ai.chronon.api.TimeUnit;
import ai.chronon.api.Window;
import ai.chronon.online.serde.ArrayRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import scala.Tuple2;
import scala.collection.Seq;

/**
 * One key: events over 14 days, a tenth as many questions over the last 7 of them, sum, count, average and last of a
 * double over an hour, a day and a week, and in "with CPC" the distinct longs as well.
 */
final class SlidingRuns {
  private static final long SEED = 7;
  private static final long FIVE_MINUTES = 300_000L;
  private static final FiveMinuteResolution$ RESOLUTION = FiveMinuteResolution$.MODULE$;

  private final Iterable<Row> events;
  private final long[] queries;
  private final Seq<Aggregation> aggregations;
  private final Seq<Tuple2<String, DataType>> schema;

  /** Events are held from the start or, {@code streamed}, made whenever they are gone through. */
  SlidingRuns(String work, int rows, boolean streamed) {
    SplitMix random = new SplitMix(SEED);
    List<Row> held = new ArrayList<>();
    Events made = new Events(rows, random);
    while (made.hasNext()) {
      Row event = made.next();
      if (!streamed) {
        held.add(event);
      }
    }
    events = streamed ? () -> new Events(rows, new SplitMix(SEED)) : held;
    queries = new long[rows / 10];
    long pace = 7 * Table.DAY / queries.length;
    for (int i = 0; i < queries.length; i++) {
      queries[i] = Table.START + 7 * Table.DAY + i * pace + random.below(pace);
    }
    Window[] windows = {
      new Window(1, TimeUnit.HOURS), new Window(1, TimeUnit.DAYS), new Window(7, TimeUnit.DAYS)
    };
    List<Aggregation> all = new ArrayList<>();
    for (String operation : Arrays.asList("SUM", "COUNT", "AVERAGE", "LAST")) {
      all.add(Reference.aggregation(operation, "amount", Collections.emptyMap(), windows));
    }
    if (work.endsWith("CPC")) {
      all.add(Reference.aggregation("APPROX_UNIQUE_COUNT", "item", Collections.emptyMap(), windows));
    }
    aggregations = Reference.seq(all);
    Map<String, DataType> columns = new LinkedHashMap<>();
    columns.put("amount", DoubleType$.MODULE$);
    columns.put("item", LongType$.MODULE$);
    schema = Reference.schema(columns);
  }

  /** The events in order. */
  private static final class Events implements Iterator<Row> {
    private final int rows;
    private final long step;
    private final SplitMix random;
    private int next;

    Events(int rows, SplitMix random) {
      this.rows = rows;
      this.random = random;
      step = 14 * Table.DAY / rows;
    }

    @Override
    public boolean hasNext() {
      return next < rows;
    }

    @Override
    public Row next() {
      long ts = Table.START + next++ * step + random.below(step);
      return new ArrayRow(new Object[] {random.unit() * 100.0, random.below(10_000)}, ts, false);
    }
  }

  /** One row of values per question. */
  Object[][] run() {
    List<Object[]> results = new ArrayList<>(queries.length);
    answer(results::add);
    return results.toArray(new Object[0][]);
  }

  /** Hands the values of each question over, along the reference's offline path: a pass for the hops, and one for the heads. */
  private void answer(Consumer<Object[]> results) {
    HopsAggregator hopping = new HopsAggregator(queries[0], aggregations, schema, RESOLUTION);
    SawtoothAggregator sawtooth = new SawtoothAggregator(aggregations, schema, RESOLUTION);
    HashMap<Object, Object[]>[] hops = hopping.init();
    for (Row event : events) {
      hops = hopping.update(hops, event);
    }
    long[] heads = Arrays.stream(queries).map(SlidingRuns::head).distinct().toArray();
    Object[][] bases = sawtooth.computeWindows(hopping.toTimeSortedArray(hops), heads);
    Iterator<Row> rows = events.iterator();
    Row row = rows.next();
    int query = 0;
    for (int head = 0; head < heads.length; head++) {
      List<Row> headRows = new ArrayList<>();
      while (row != null && head(row.ts()) <= heads[head]) {
        if (head(row.ts()) == heads[head]) {
          headRows.add(row);
        }
        row = rows.hasNext() ? rows.next() : null;
      }
      int firstQuery = query;
      while (query < queries.length && head(queries[query]) == heads[head]) {
        query++;
      }
      Object[][] irs = sawtooth.cumulate(
          Reference.iterator(headRows.iterator()), Arrays.copyOfRange(queries, firstQuery, query), bases[head]);
      bases[head] = null;
      for (Object[] ir : irs) {
        results.accept(sawtooth.windowedAggregator().finalize(ir));
      }
    }
  }

  private static long head(long ts) {
    return ts / FIVE_MINUTES * FIVE_MINUTES;
  }

  /** The check sum of all values, feature by feature; no result is held. */
  String check(String work, int rows) {
    List<Digest> features = new ArrayList<>();
    answer(values -> {
      for (int column = 0; column < values.length; column++) {
        if (features.size() == column) {
          features.add(new Digest(false));
        }
        features.get(column).add(values[column]);
      }
    });
    Digest digest = new Digest(false);
    features.forEach(digest::add);
    return digest.line("slide/" + work + "/" + rows);
  }
}
