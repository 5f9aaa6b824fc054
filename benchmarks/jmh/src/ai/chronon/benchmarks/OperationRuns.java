package ai.chronon.benchmarks;

import ai.chronon.aggregator.row.ColumnAggregator;
import ai.chronon.aggregator.row.RowAggregator;
import ai.chronon.api.Row;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One operation over the table: a group per hundred rows, or a single group. */
final class OperationRuns {
  private static final long SEED = 11;
  private static final int GROUP_SIZE = 100;

  final Table table;
  private final RowAggregator aggregator;
  private final Reference.Records records;
  private final Object[][] irs;
  private final byte[][] images;
  private final boolean estimates;

  OperationRuns(JsonNode workload, int rows) {
    String input = workload.get("input").asText();
    boolean nested = input.equals("list") || input.equals("map");
    table = new Table(rows, Math.max(1, rows / GROUP_SIZE), Table.START, 1000L * rows, SEED, nested);
    Map<String, String> arguments = new HashMap<>();
    workload.path("args").fields().forEachRemaining(e -> arguments.put(e.getKey(), e.getValue().asText()));
    aggregator = new RowAggregator(
        Reference.schema(Table.columns()),
        Reference.seq(Reference.part(
            workload.get("operation").asText(),
            input,
            arguments,
            workload.path("bucket").asText(null),
            workload.path("element_wise").asBoolean())));
    records = new Reference.Records("Ir", aggregator.irSchema());
    estimates = workload.has("error");
    irs = update();
    images = encode();
  }

  /** The rows into new accumulators, one per group. */
  Object[][] update() {
    Object[][] fresh = new Object[table.groups][];
    for (int group = 0; group < fresh.length; group++) {
      fresh[group] = aggregator.init();
    }
    Row[] rows = table.rows;
    int[] groupOf = table.groupOf;
    for (int i = 0; i < rows.length; i++) {
      aggregator.update(fresh[groupOf[i]], rows[i]);
    }
    return fresh;
  }

  /** The rows into one new accumulator. */
  Object[] updateOne() {
    Object[] fresh = aggregator.init();
    for (Row row : table.rows) {
      aggregator.update(fresh, row);
    }
    return fresh;
  }

  /** The accumulators of all groups into a copy of the first. */
  Object[] merge() {
    ColumnAggregator column = aggregator.apply(0);
    List<Object> parts = new ArrayList<>(irs.length + 1);
    parts.add(column.clone(irs[0][0]));
    for (int group = irs.length == 1 ? 0 : 1; group < irs.length; group++) {
      parts.add(irs[group][0]);
    }
    return new Object[] {column.bulkMerge(Reference.iterator(parts.iterator()))};
  }

  /** The result of every group. */
  Object[][] finish() {
    Object[][] results = new Object[irs.length][];
    for (int group = 0; group < irs.length; group++) {
      results[group] = aggregator.finalize(irs[group]);
    }
    return results;
  }

  /** The stored form of every accumulator. */
  byte[][] encode() {
    byte[][] bytes = new byte[irs.length][];
    for (int group = 0; group < irs.length; group++) {
      bytes[group] = records.encode(aggregator.normalize(irs[group]));
    }
    return bytes;
  }

  /** The accumulators of the stored forms. */
  Object[][] decode() {
    Object[][] decoded = new Object[images.length][];
    for (int group = 0; group < images.length; group++) {
      decoded[group] = aggregator.denormalize(records.decode(images[group]));
    }
    return decoded;
  }

  /** Results of all groups, of all of them merged, and of all of them through their stored form. */
  List<String> checks(String work, int rows) {
    List<String> lines = new ArrayList<>();
    lines.add(digest(update()).line("update/" + work + "/" + rows));
    lines.add(digest(updateOne()).line("updateOne/" + work + "/" + rows));
    lines.add(digest(merge()).line("merge/" + work + "/" + rows));
    lines.add(digest(decode()).line("decode/" + work + "/" + rows));
    return lines;
  }

  /** Of fresh accumulators, because the reference's results may sort them in place. */
  private Digest digest(Object[]... all) {
    Digest digest = new Digest(estimates);
    for (Object[] ir : all) {
      digest.add(aggregator.finalize(ir)[0]);
    }
    return digest;
  }
}
