package ai.chronon.jni;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Small GroupBys in Thrift's binary protocol, written by hand so that the tests need no Thrift. */
final class Definitions {
  static final int LAST = 3;
  static final int COUNT = 6;
  static final int SUM = 7;

  private static final int I32 = 8;
  private static final int STRING = 11;
  private static final int STRUCT = 12;
  private static final int LIST = 15;

  private Definitions() {}

  /** Options for a plan over columns given as name, type, name, type, … */
  static String options(String resolution, String... columns) {
    StringBuilder json = new StringBuilder("{\"dialect\":\"airbnb\",\"resolution\":\"" + resolution + "\",\"columns\":[");
    for (int i = 0; i < columns.length; i += 2) {
      if (i > 0) json.append(',');
      json.append("{\"name\":\"").append(columns[i]).append("\",\"type\":\"").append(columns[i + 1]).append("\"}");
    }
    return json.append("]}").toString();
  }

  /** The most common plan of these tests: SUM of the long column `amount` over one hour. */
  static Plan hourlySum() {
    return Plan.open(groupBy("team.hourly_sum", SUM, 1, "amount"), options("five_minute", "amount", "long"));
  }

  /** One aggregation per column (none is a definition that has no plan), each over the same window in hours; no window when 0. */
  static byte[] groupBy(String name, int operation, int hours, String... columns) {
    return groupBy(name, operation, hours > 0 ? new int[] {hours} : new int[0], columns);
  }

  /** One aggregation per column, each over the same windows in hours; no window when there are none. */
  static byte[] groupBy(String name, int operation, int[] hours, String... columns) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      field(out, STRUCT, 1); // metaData
      field(out, STRING, 1);
      text(out, name);
      out.writeByte(0);
      field(out, LIST, 4); // aggregations
      out.writeByte(STRUCT);
      out.writeInt(columns.length);
      for (String column : columns) {
        field(out, STRING, 1);
        text(out, column);
        field(out, I32, 2);
        out.writeInt(operation);
        if (hours.length > 0) {
          field(out, LIST, 4);
          out.writeByte(STRUCT);
          out.writeInt(hours.length);
          for (int length : hours) {
            field(out, I32, 1);
            out.writeInt(length);
            field(out, I32, 2);
            out.writeInt(0); // HOURS
            out.writeByte(0);
          }
        }
        out.writeByte(0);
      }
      out.writeByte(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void field(DataOutputStream out, int type, int id) throws IOException {
    out.writeByte(type);
    out.writeShort(id);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
