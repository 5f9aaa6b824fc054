package ai.chronon.online;

import ai.chronon.api.BinaryType$;
import ai.chronon.api.BooleanType$;
import ai.chronon.api.ByteType$;
import ai.chronon.api.DataType;
import ai.chronon.api.DoubleType$;
import ai.chronon.api.IntType$;
import ai.chronon.api.ListType;
import ai.chronon.api.LongType$;
import ai.chronon.api.MapType;
import ai.chronon.api.ShortType$;
import ai.chronon.api.StringType$;
import ai.chronon.api.StructField;
import ai.chronon.api.StructType;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.thrift.TBase;
import org.apache.thrift.TFieldIdEnum;
import org.apache.thrift.meta_data.FieldMetaData;
import org.apache.thrift.meta_data.FieldValueMetaData;
import org.apache.thrift.meta_data.ListMetaData;
import org.apache.thrift.meta_data.MapMetaData;
import org.apache.thrift.meta_data.SetMetaData;
import org.apache.thrift.meta_data.StructMetaData;
import org.apache.thrift.protocol.TType;

/**
 * Makes decoders for the records of a generated Thrift class, out of what the class says about its fields. A field that was not set has
 * Thrift's default for its type.
 */
public class TBaseDecoderFactory implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String rootClass;
  private final Set<String> tokens;
  private final SerializableFunction<String, String> nameTransformer;

  /**
   * @param rootClass name of the generated class
   * @param tokens the fields that are wanted, at any depth, by their transformed names; null for all
   * @param nameTransformer what columns are called
   */
  public TBaseDecoderFactory(
      String rootClass,
      Set<String> tokens,
      SerializableFunction<String, String> nameTransformer) {
    this.rootClass = rootClass;
    this.tokens = tokens;
    this.nameTransformer = nameTransformer;
  }

  /**
   * @throws ClassNotFoundException if the class is not on the class path
   * @throws IllegalArgumentException naming class and field if it is no class of Thrift's, or one that contains itself
   */
  public ThriftDecoder build() throws ClassNotFoundException, NoSuchMethodException {
    return record(rootClass, new ArrayDeque<>());
  }

  /** @param path the classes around this one */
  private ThriftDecoder record(String className, Deque<String> path) throws ClassNotFoundException {
    Map<? extends TFieldIdEnum, FieldMetaData> fields = ThriftDecoder.getMetaDataMap(className);
    if (fields == null) {
      throw new IllegalArgumentException(
          "class " + className + " cannot be decoded: it is not a class that Thrift generated");
    }
    if (path.contains(className)) {
      throw new IllegalArgumentException(
          "class " + className + " cannot be decoded: it contains itself, and a column has one type; "
              + "name the fields that are wanted as tokens, without those that lead back");
    }
    path.push(className);
    List<StructField> columns = new ArrayList<>();
    List<SerializableFunction<Object, Object>> members = new ArrayList<>();
    for (Map.Entry<? extends TFieldIdEnum, FieldMetaData> field : fields.entrySet()) {
      String name = nameTransformer.apply(field.getValue().fieldName);
      if (tokens == null || tokens.contains(name)) {
        ThriftDecoder decoder = value(field.getValue().valueMetaData, className + "." + name, path);
        short id = field.getKey().getThriftFieldId();
        columns.add(new StructField(name, decoder.dataType));
        members.add(record -> decoder.apply(member((TBase<?, ?>) record, id)));
      }
    }
    path.pop();
    String simple = className.substring(className.lastIndexOf('.') + 1);
    StructType type =
        new StructType(
            simple.substring(simple.lastIndexOf('$') + 1), columns.toArray(new StructField[0]));
    return new ThriftDecoder(type, ThriftDecoder.coalesce(members));
  }

  /** The constants of field enumerations are not serializable by their type: a field is found by its number again. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Object member(TBase record, short id) {
    return record.getFieldValue(record.fieldForId(id));
  }

  private ThriftDecoder value(FieldValueMetaData type, String where, Deque<String> path)
      throws ClassNotFoundException {
    switch (type.type) {
      case TType.BOOL:
        return plain(BooleanType$.MODULE$);
      case TType.BYTE:
        return plain(ByteType$.MODULE$);
      case TType.I16:
        return plain(ShortType$.MODULE$);
      case TType.I32:
        return plain(IntType$.MODULE$);
      case TType.I64:
        return plain(LongType$.MODULE$);
      case TType.DOUBLE:
        return plain(DoubleType$.MODULE$);
      case TType.ENUM:
        return new ThriftDecoder(StringType$.MODULE$, ThriftDecoder::convertEnum);
      case TType.STRING:
        return type.isBinary()
            ? new ThriftDecoder(BinaryType$.MODULE$, TBaseDecoderFactory::bytes)
            : plain(StringType$.MODULE$);
      case TType.LIST:
        {
          ThriftDecoder element = value(((ListMetaData) type).elemMetaData, where, path);
          return new ThriftDecoder(
              new ListType(element.dataType), ThriftDecoder.wrapList(element::apply));
        }
      case TType.SET:
        {
          ThriftDecoder element = value(((SetMetaData) type).elemMetaData, where, path);
          return new ThriftDecoder(
              new ListType(element.dataType), ThriftDecoder.wrapSet(element::apply));
        }
      case TType.MAP:
        {
          ThriftDecoder key = value(((MapMetaData) type).keyMetaData, where, path);
          ThriftDecoder inner = value(((MapMetaData) type).valueMetaData, where, path);
          return new ThriftDecoder(
              new MapType(key.dataType, inner.dataType),
              ThriftDecoder.wrapMap(key::apply, inner::apply));
        }
      case TType.STRUCT:
        if (type instanceof StructMetaData) {
          return record(((StructMetaData) type).structClass.getName(), path);
        }
        throw new IllegalArgumentException(
            "field " + where + " cannot be decoded: it is of a class that Thrift knew by name alone when "
                + "it generated the field; leave it out of the tokens");
      default:
        throw new IllegalArgumentException(
            "field " + where + " cannot be decoded: Thrift's type number " + type.type + " is no column's");
    }
  }

  /** Generated code of some options holds arrays where others hold buffers. */
  private static Object bytes(Object value) {
    return value instanceof byte[] ? value : ThriftDecoder.convertBytes(value);
  }

  private static ThriftDecoder plain(DataType type) {
    return new ThriftDecoder(type, ThriftDecoder::id);
  }
}
