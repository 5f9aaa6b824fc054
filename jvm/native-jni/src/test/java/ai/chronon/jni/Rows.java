package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Rows of longs without nulls in the layout of Spark's {@code UnsafeRow}, written by hand so that the tests need no Spark. */
final class Rows {
  /** Options of a join by one long key, whose left rows have so many columns of fixed width. */
  static String options(int leftColumns) {
    return "{\"variable_keys\":[false],\"left_columns\":" + leftColumns + ",\"left_variable\":[]}";
  }

  /** What rows of an upload have besides the bytes: none is there as JSON. */
  private static final String STORED = "\"rows\":{\"day\":\"1970-01-01\"}";

  /** Options of an upload by one long key, as of two o'clock of the first day. */
  static final String UPLOAD =
      "{\"keys\":[{\"name\":\"user\",\"type\":\"long\"}],\"end\":7200000,\"stored\":\"batch_ir\"," + STORED + "}";

  /** Options of an upload of two long columns by one long key. */
  static final String COLUMN_UPLOAD = "{\"definition\":\"team.columns\",\"keys\":[{\"name\":\"user\",\"type\":\"long\"}],"
      + "\"columns\":[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"long\"}]," + STORED + "}";

  /** Options of blocks of the rows of {@link #UPLOAD}. */
  static final String BLOCKS = "{\"definition\":\"team.blocks\",\"keys\":[{\"name\":\"user\",\"type\":\"long\"}],"
      + "\"columns\":[{\"name\":\"ts\",\"type\":\"long\"},{\"name\":\"a\",\"type\":\"long\"}],"
      + "\"marks\":[40,41],\"block_bytes\":1000,\"columnar\":true}";

  private Rows() {}

  /** Records of left rows (id, key, time), each three numbers. */
  static ByteBuffer left(long... values) {
    ByteBuffer frame = buffer(values.length / 3 * (8 + 24 + 32));
    for (int i = 0; i < values.length; i += 3) {
      frame.putInt(24).putInt(32);
      row(frame, values[i + 1], values[i + 2]);
      row(frame, values[i], values[i + 1], values[i + 2]);
    }
    frame.flip();
    return frame;
  }

  /** Records of right rows (key, time, input), each three numbers. */
  static ByteBuffer right(long... values) {
    ByteBuffer frame = buffer(values.length / 3 * (8 + 32));
    for (int i = 0; i < values.length; i += 3) {
      frame.putInt(32).putInt(0);
      row(frame, values[i], values[i + 1], values[i + 2]);
    }
    frame.flip();
    return frame;
  }

  /** Options of a Parquet file of long columns `c0`, `c1`, …, without compression. */
  static String fileOptions(int columns) {
    StringBuilder json = new StringBuilder("{\"columns\":[");
    for (int i = 0; i < columns; i++) json.append(i == 0 ? "" : ",").append("{\"name\":\"c").append(i).append("\",\"type\":\"long\"}");
    return json + "],\"dictionary\":[],\"compression\":\"uncompressed\",\"page_bytes\":1048576,\"metadata\":{}}";
  }

  /** One row of a file. */
  static ByteBuffer fileRow(long... columns) {
    ByteBuffer frame = buffer(16 + 8 * columns.length);
    frame.putLong(8 + 8 * columns.length);
    row(frame, columns);
    frame.flip();
    return frame;
  }

  /** All rows that the join gives out: per row its columns, null where the null bit is set. */
  static List<List<Long>> all(PartitionJoin join, int columns) {
    List<List<Long>> rows = new ArrayList<>();
    for (ByteBuffer next = join.next(); next != null; next = join.next()) {
      ByteBuffer in = next.order(ByteOrder.LITTLE_ENDIAN);
      while (in.hasRemaining()) {
        if (in.getLong() != 8 * (columns + 1)) throw new AssertionError("size of a row");
        long nulls = in.getLong();
        List<Long> row = new ArrayList<>();
        for (int i = 0; i < columns; i++) {
          long value = in.getLong();
          row.add((nulls >> i & 1) == 1 ? null : (Long) value);
        }
        rows.add(row);
      }
    }
    rows.sort((a, b) -> Long.compare(a.get(0), b.get(0)));
    return rows;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void row(ByteBuffer frame, long... columns) {
    frame.putLong(0);
    for (long column : columns) frame.putLong(column);
  }
}
