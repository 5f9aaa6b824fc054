package ai.chronon.benchmarks;

import ai.chronon.aggregator.windowing.BatchIr;
import ai.chronon.aggregator.windowing.FinalBatchIr;
import ai.chronon.aggregator.windowing.FiveMinuteResolution$;
import ai.chronon.aggregator.windowing.SawtoothOnlineAggregator;
import ai.chronon.api.Aggregation;
import ai.chronon.api.Row;
import ai.chronon.api.TimeUnit;
import ai.chronon.api.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import scala.Option;

/**
 * One request: the stored batch part of a key (30 columns, each over 1, 7, 30 and 90 days, 60 tail hops in all) and
 * streamed rows of the 12 hours after it become 120 values. In "with sketches" three of the columns estimate.
 */
final class ServingRuns {
  private static final long HOUR = 3_600_000L;
  private static final long END = Table.START + 100 * Table.DAY;
  private static final long QUERY = END + 12 * HOUR;

  final byte[] batch;
  private final SawtoothOnlineAggregator aggregator;
  private final Reference.Records records;
  private final List<Row> stream;

  ServingRuns(String work, int rows) {
    aggregator = new SawtoothOnlineAggregator(
        END,
        Reference.seq(aggregations(work.endsWith("sketches"))),
        Reference.schema(Table.columns()),
        FiveMinuteResolution$.MODULE$,
        SawtoothOnlineAggregator.$lessinit$greater$default$5());
    records = new Reference.Records("Batch", aggregator.batchIrSchema());
    BatchIr ir = aggregator.init();
    for (Row row : new Table(20_000, 1, END - 95 * Table.DAY, 95 * Table.DAY, 31, false).rows) {
      if (isKept(END - row.ts())) {
        ir = aggregator.update(ir, row);
      }
    }
    FinalBatchIr stored = aggregator.normalizeBatchIr(ir);
    batch = records.encode(new Object[] {stored.collapsed(), stored.tailHops()});
    stream = Arrays.asList(new Table(rows, 1, END, 12 * HOUR, 37, false).rows);
  }

  /** Leaves every third hour of the tail of the week without events: 24 hours, 32 hours, 2 and 2 days remain. */
  private static boolean isKept(long age) {
    return age <= 5 * Table.DAY || age > 7 * Table.DAY || (age / HOUR) % 3 != 0;
  }

  private static List<Aggregation> aggregations(boolean sketches) {
    Window[] windows = {
      new Window(1, TimeUnit.DAYS),
      new Window(7, TimeUnit.DAYS),
      new Window(30, TimeUnit.DAYS),
      new Window(90, TimeUnit.DAYS)
    };
    Map<String, String> none = Collections.emptyMap();
    Map<String, String> ten = Collections.singletonMap("k", "10");
    List<Aggregation> all = new ArrayList<>();
    for (String input : Arrays.asList("double", "long")) {
      for (String operation : Arrays.asList("SUM", "COUNT", "AVERAGE", "MIN", "MAX", "FIRST", "LAST", "VARIANCE")) {
        all.add(Reference.aggregation(operation, input, none, windows));
      }
    }
    for (String input : Arrays.asList("string", "tag")) {
      for (String operation : Arrays.asList("COUNT", "MIN", "MAX", "FIRST", "LAST")) {
        all.add(Reference.aggregation(operation, input, none, windows));
      }
    }
    all.add(Reference.aggregation("LAST_K", "double", ten, windows));
    if (sketches) {
      all.add(Reference.aggregation("APPROX_UNIQUE_COUNT", "long", none, windows));
      all.add(Reference.aggregation("APPROX_UNIQUE_COUNT", "string", none, windows));
      all.add(Reference.aggregation("APPROX_PERCENTILE", "double", Map.of("k", "128", "percentiles", "[0.5]"), windows));
    } else {
      all.add(Reference.aggregation("TOP_K", "long", ten, windows));
      all.add(Reference.aggregation("SKEW", "double", none, windows));
      all.add(Reference.aggregation("HISTOGRAM", "tag", none, windows));
    }
    return all;
  }

  /** The values of the request. */
  Object[] serve() {
    Object[] record = records.decode(batch);
    List<?> sizes = (List<?>) record[1];
    Object[][][] hops = new Object[sizes.size()][][];
    for (int size = 0; size < hops.length; size++) {
      List<?> sorted = (List<?>) sizes.get(size);
      hops[size] = new Object[sorted.size()][];
      for (int hop = 0; hop < hops[size].length; hop++) {
        hops[size][hop] = (Object[]) sorted.get(hop);
      }
    }
    FinalBatchIr ir = aggregator.denormalizeBatchIr(new FinalBatchIr((Object[]) record[0], hops));
    return aggregator.lambdaAggregateFinalized(
        ir, Reference.iterator(stream.iterator()), QUERY, false, Option.empty());
  }

  /** How many tail hops are stored. */
  int hops() {
    int count = 0;
    for (Object size : (List<?>) records.decode(batch)[1]) {
      count += ((List<?>) size).size();
    }
    return count;
  }

  String check(String work, int rows) {
    Digest digest = new Digest(work.endsWith("sketches"));
    for (Object value : serve()) {
      digest.add(value);
    }
    return digest.line("serve/" + work + "/" + rows);
  }
}
