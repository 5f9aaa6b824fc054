package ai.chronon.jni;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.WriteChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Messages written and read by arrow-java 12, the version inside Spark 3.5, with the fields that Spark makes. */
final class Frames {
  static final BufferAllocator ALLOCATOR = new RootAllocator();

  static final ArrowType LONG = new ArrowType.Int(64, true);

  private Frames() {}

  /** Queries: group, ts, group, ts, … */
  static ByteBuffer queries(long... groupsAndTimes) {
    return write(new ArrayList<Field>(), groupsAndTimes, root -> {});
  }

  /** Events of one long column: group, ts, amount, group, ts, amount, … */
  static ByteBuffer events(long... rows) {
    long[] places = new long[rows.length / 3 * 2];
    for (int i = 0; i < rows.length / 3; i++) {
      places[2 * i] = rows[3 * i];
      places[2 * i + 1] = rows[3 * i + 1];
    }
    return write(Arrays.asList(nullable("amount", LONG)), places, root -> {
      BigIntVector amounts = (BigIntVector) root.getVector("amount");
      for (int i = 0; i < rows.length / 3; i++) amounts.setSafe(i, rows[3 * i + 2]);
    });
  }

  /** Rows at the given places, whose other columns `fill` writes. */
  static ByteBuffer write(List<Field> inputs, long[] groupsAndTimes, Consumer<VectorSchemaRoot> fill) {
    List<Field> fields = new ArrayList<>();
    fields.add(new Field("group", new FieldType(false, new ArrowType.Int(32, true), null), null));
    fields.add(new Field("ts", new FieldType(false, LONG, null), null));
    fields.addAll(inputs);
    int rows = groupsAndTimes.length / 2;
    try (VectorSchemaRoot root = VectorSchemaRoot.create(new Schema(fields), ALLOCATOR)) {
      root.allocateNew();
      for (int i = 0; i < rows; i++) {
        ((IntVector) root.getVector(0)).setSafe(i, (int) groupsAndTimes[2 * i]);
        ((BigIntVector) root.getVector(1)).setSafe(i, groupsAndTimes[2 * i + 1]);
      }
      fill.accept(root);
      root.setRowCount(rows);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
        MessageSerializer.serialize(new WriteChannel(Channels.newChannel(bytes)), batch);
      }
      return direct(bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A message as rows of text, one column after the other within a row. */
  static List<List<Object>> read(ByteBuffer message, List<Field> fields) {
    byte[] bytes = new byte[message.remaining()];
    message.duplicate().get(bytes);
    try (VectorSchemaRoot root = VectorSchemaRoot.create(new Schema(fields), ALLOCATOR)) {
      ReadChannel channel = new ReadChannel(Channels.newChannel(new ByteArrayInputStream(bytes)));
      try (ArrowRecordBatch batch = MessageSerializer.deserializeRecordBatch(channel, ALLOCATOR)) {
        new VectorLoader(root).load(batch);
      }
      List<List<Object>> rows = new ArrayList<>();
      for (int i = 0; i < root.getRowCount(); i++) {
        List<Object> row = new ArrayList<>();
        for (FieldVector column : root.getFieldVectors()) {
          Object value = column.getObject(i);
          row.add(value instanceof byte[] ? Arrays.toString((byte[]) value) : value == null ? null : value.toString());
        }
        rows.add(row);
      }
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The one long column of an answer. */
  static List<Object> longs(ByteBuffer message) {
    List<Object> values = new ArrayList<>();
    for (List<Object> row : read(message, Arrays.asList(nullable("answer", LONG)))) values.add(row.get(0));
    return values;
  }

  static ByteBuffer direct(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
    buffer.put(bytes);
    buffer.flip();
    return buffer;
  }

  static Field nullable(String name, ArrowType type, Field... children) {
    return new Field(name, new FieldType(true, type, null), Arrays.asList(children));
  }

  /** The field that Spark's ArrowUtils makes for a column of the type with this text name. */
  static Field field(String name, String type) {
    switch (type) {
      case "boolean":
        return nullable(name, ArrowType.Bool.INSTANCE);
      case "byte":
        return nullable(name, new ArrowType.Int(8, true));
      case "short":
        return nullable(name, new ArrowType.Int(16, true));
      case "int":
        return nullable(name, new ArrowType.Int(32, true));
      case "long":
        return nullable(name, LONG);
      case "float":
        return nullable(name, new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
      case "double":
        return nullable(name, new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE));
      case "string":
        return nullable(name, ArrowType.Utf8.INSTANCE);
      case "binary":
        return nullable(name, ArrowType.Binary.INSTANCE);
      default:
        throw new IllegalArgumentException(type);
    }
  }
}
