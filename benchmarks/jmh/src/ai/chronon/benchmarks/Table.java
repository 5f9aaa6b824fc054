package ai.chronon.benchmarks;

import ai.chronon.api.DataType;
import ai.chronon.api.DoubleType$;
import ai.chronon.api.ListType;
import ai.chronon.api.LongType$;
import ai.chronon.api.MapType;
import ai.chronon.api.Row;
import ai.chronon.api.StringType$;
import ai.chronon.online.serde.ArrayRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rows of six input columns, and the group of each. The kernel's side is benchmarks/kernel/src/table.rs. */
final class Table {
  static final long DAY = 86_400_000L;
  static final long START = 20_000 * DAY;

  final Row[] rows;
  final int[] groupOf;
  final int groups;

  /**
   * {@code size} rows, one after the other in time over {@code span} milliseconds, in equal groups in random order.
   * Lists and maps are made only for those who read them.
   */
  Table(int size, int groups, long from, long span, long seed, boolean nested) {
    SplitMix random = new SplitMix(seed);
    this.groups = groups;
    rows = new Row[size];
    long step = span / Math.max(1, size);
    for (int i = 0; i < size; i++) {
      long ts = from + i * step + random.below(step);
      Object[] values = new Object[6];
      values[0] = random.below(1_000_000);
      values[1] = random.unit() * 1000.0;
      values[2] = "item_" + random.below(10_000);
      long tag = random.below(50);
      values[3] = "tag_" + tag;
      if (nested) {
        List<Object> list = new ArrayList<>(3);
        for (int j = 0; j < 3; j++) {
          list.add(random.unit());
        }
        values[4] = list;
        Map<Object, Object> map = new HashMap<>();
        map.put("tag_" + tag, random.unit());
        map.put("tag_" + (tag + 1 + random.below(49)) % 50, random.unit());
        values[5] = map;
      }
      rows[i] = new ArrayRow(values, ts, false);
    }
    groupOf = new int[size];
    for (int i = 0; i < size; i++) {
      groupOf[i] = i % groups;
    }
    for (int i = size - 1; i > 0; i--) {
      int other = (int) random.below(i + 1);
      int kept = groupOf[i];
      groupOf[i] = groupOf[other];
      groupOf[other] = kept;
    }
  }

  /** The columns, in the order of a row's values. */
  static Map<String, DataType> columns() {
    Map<String, DataType> columns = new LinkedHashMap<>();
    columns.put("long", LongType$.MODULE$);
    columns.put("double", DoubleType$.MODULE$);
    columns.put("string", StringType$.MODULE$);
    columns.put("tag", StringType$.MODULE$);
    columns.put("list", new ListType(DoubleType$.MODULE$));
    columns.put("map", new MapType(StringType$.MODULE$, DoubleType$.MODULE$));
    return columns;
  }

  /** The check sum of the data itself. */
  Digest digest() {
    Digest digest = new Digest(false);
    for (int i = 0; i < rows.length; i++) {
      digest.add(groupOf[i]);
      digest.add(rows[i].ts());
      for (int column = 0; column < rows[i].length(); column++) {
        if (rows[i].get(column) != null) {
          digest.add(rows[i].get(column));
        }
      }
    }
    return digest;
  }
}
