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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  final Row[] events;
  final long[] queries;
  private final Seq<Aggregation> aggregations;
  private final Seq<Tuple2<String, DataType>> schema;

  SlidingRuns(String work, int rows) {
    SplitMix random = new SplitMix(SEED);
    events = new Row[rows];
    long step = 14 * Table.DAY / rows;
    for (int i = 0; i < rows; i++) {
      long ts = Table.START + i * step + random.below(step);
      events[i] = new ArrayRow(new Object[] {random.unit() * 100.0, random.below(10_000)}, ts, false);
    }
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

  /** One row of values per question, along the reference's offline path. */
  Object[][] run() {
    HopsAggregator hopping = new HopsAggregator(queries[0], aggregations, schema, RESOLUTION);
    SawtoothAggregator sawtooth = new SawtoothAggregator(aggregations, schema, RESOLUTION);
    HashMap<Object, Object[]>[] hops = hopping.init();
    for (Row event : events) {
      hops = hopping.update(hops, event);
    }
    long[] heads = Arrays.stream(queries).map(SlidingRuns::head).distinct().toArray();
    Object[][] bases = sawtooth.computeWindows(hopping.toTimeSortedArray(hops), heads);
    List<Row> rows = Arrays.asList(events);
    Object[][] results = new Object[queries.length][];
    int row = 0;
    int query = 0;
    for (int head = 0; head < heads.length; head++) {
      while (row < events.length && events[row].ts() < heads[head]) {
        row++;
      }
      int firstRow = row;
      while (row < events.length && head(events[row].ts()) == heads[head]) {
        row++;
      }
      int firstQuery = query;
      while (query < queries.length && head(queries[query]) == heads[head]) {
        query++;
      }
      Object[][] irs = sawtooth.cumulate(
          Reference.iterator(rows.subList(firstRow, row).iterator()),
          Arrays.copyOfRange(queries, firstQuery, query),
          bases[head]);
      for (int i = 0; i < irs.length; i++) {
        results[firstQuery + i] = sawtooth.windowedAggregator().finalize(irs[i]);
      }
    }
    return results;
  }

  private static long head(long ts) {
    return ts / FIVE_MINUTES * FIVE_MINUTES;
  }

  String check(String work, int rows) {
    Digest digest = new Digest(false);
    Object[][] results = run();
    for (int column = 0; column < results[0].length; column++) {
      for (Object[] result : results) {
        digest.add(result[column]);
      }
    }
    return digest.line("slide/" + work + "/" + rows);
  }
}
