package ai.chronon.online;

import ai.chronon.api.DataType;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.thrift.TBase;
import org.apache.thrift.TFieldIdEnum;
import org.apache.thrift.meta_data.FieldMetaData;

/**
 * Turns values of Thrift's generated classes into values of rows, in the type that it names: records become arrays, sets lists, enumerations
 * texts. Made by {@link TBaseDecoderFactory}, or out of the pieces here.
 */
public class ThriftDecoder implements Serializable {
  private static final long serialVersionUID = 1L;

  public final DataType dataType;
  private final SerializableFunction<Object, Object> decode;

  public ThriftDecoder(DataType dataType, SerializableFunction<Object, Object> decode) {
    this.dataType = dataType;
    this.decode = decode;
  }

  /** The value of a row; null for null. */
  public Object apply(Object value) {
    return value == null ? null : decode.apply(value);
  }

  /** The fields of a generated class, null if it is none. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  public static Map<? extends TFieldIdEnum, FieldMetaData> getMetaDataMap(String className)
      throws ClassNotFoundException {
    Class<?> named = Class.forName(className, true, loader());
    if (!TBase.class.isAssignableFrom(named)) {
      return null;
    }
    // A generated class registers its fields when it is initialized, which naming it has done.
    return (Map) FieldMetaData.getStructMetaDataMap((Class<? extends TBase>) named);
  }

  static ClassLoader loader() {
    ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
    return ofThread == null ? ThriftDecoder.class.getClassLoader() : ofThread;
  }

  public static Object convertTimestamp(Object value) {
    return new Timestamp(((Instant) value).toEpochMilli());
  }

  public static Object convertDate(Object value) {
    return Date.valueOf((LocalDate) value);
  }

  public static Object convertEnum(Object value) {
    return value.toString();
  }

  /** The bytes of a buffer between its position and its limit, which stay where they are. */
  public static Object convertBytes(Object value) {
    ByteBuffer buffer = ((ByteBuffer) value).duplicate();
    byte[] result = new byte[buffer.remaining()];
    buffer.get(result);
    return result;
  }

  public static Object id(Object value) {
    return value;
  }

  public static SerializableFunction<Object, Object> wrapList(
      SerializableFunction<Object, Object> element) {
    return value -> elements((List<?>) value, element);
  }

  public static SerializableFunction<Object, Object> wrapSet(
      SerializableFunction<Object, Object> element) {
    return value -> elements((Collection<?>) value, element);
  }

  private static List<Object> elements(
      Collection<?> values, SerializableFunction<Object, Object> element) {
    List<Object> result = new ArrayList<>(values.size());
    for (Object value : values) {
      result.add(element.apply(value));
    }
    return result;
  }

  public static SerializableFunction<Object, Object> wrapMap(
      SerializableFunction<Object, Object> key, SerializableFunction<Object, Object> value) {
    return map -> {
      Map<Object, Object> result = new HashMap<>();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) map).entrySet()) {
        result.put(key.apply(entry.getKey()), value.apply(entry.getValue()));
      }
      return result;
    };
  }

  /** What each of the functions makes of a value, in their order: the members of a record. */
  public static SerializableFunction<Object, Object> coalesce(
      List<SerializableFunction<Object, Object>> members) {
    return value -> {
      Object[] result = new Object[members.size()];
      for (int i = 0; i < result.length; i++) {
        result[i] = members.get(i).apply(value);
      }
      return result;
    };
  }
}
