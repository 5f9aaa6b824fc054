package ai.chronon.benchmarks;

import ai.chronon.api.Aggregation;
import ai.chronon.api.AggregationPart;
import ai.chronon.api.Builders;
import ai.chronon.api.DataType;
import ai.chronon.api.Operation;
import ai.chronon.api.StructType;
import ai.chronon.api.Window;
import ai.chronon.online.serde.AvroCodec;
import ai.chronon.online.serde.AvroConversions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import scala.Function1;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/** What the reference's Scala API needs from Java. */
final class Reference {
  private Reference() {}

  static <T> Seq<T> seq(List<T> items) {
    return JavaConverters.asScalaBufferConverter(items).asScala();
  }

  @SafeVarargs
  static <T> Seq<T> seq(T... items) {
    return seq(Arrays.asList(items));
  }

  static <T> scala.collection.Iterator<T> iterator(Iterator<T> items) {
    return JavaConverters.asScalaIteratorConverter(items).asScala();
  }

  static Seq<Tuple2<String, DataType>> schema(Map<String, DataType> columns) {
    List<Tuple2<String, DataType>> fields = new ArrayList<>();
    columns.forEach((name, type) -> fields.add(new Tuple2<>(name, type)));
    return seq(fields);
  }

  private static scala.collection.immutable.Map<String, String> arguments(Map<String, String> arguments) {
    scala.collection.immutable.Map<String, String> result = scala.collection.immutable.Map$.MODULE$.empty();
    for (Map.Entry<String, String> argument : arguments.entrySet()) {
      result = result.$plus(new Tuple2<>(argument.getKey(), argument.getValue()));
    }
    return result;
  }

  /** An aggregation without a window. */
  static AggregationPart part(String operation, String input, Map<String, String> arguments, String bucket, boolean elementWise) {
    Builders.AggregationPart$ builder = Builders.AggregationPart$.MODULE$;
    return builder.apply(
        Operation.valueOf(operation), input, builder.apply$default$3(), arguments(arguments), bucket, elementWise);
  }

  /** An aggregation over windows. */
  static Aggregation aggregation(String operation, String input, Map<String, String> arguments, Window... windows) {
    return Builders.Aggregation$.MODULE$.apply(
        Operation.valueOf(operation), input, seq(windows), arguments(arguments), null);
  }

  /** Records of some fields in their stored form, along the paths of the reference's upload and fetcher. */
  static final class Records {
    private final Function1<Object, byte[]> encoder;
    private final AvroCodec decoder;

    Records(String name, Tuple2<String, DataType>[] fields) {
      StructType type = StructType.from(name, fields);
      encoder = AvroConversions.encodeBytes(type, AvroConversions.encodeBytes$default$2());
      decoder = new AvroCodec(
          AvroConversions.fromChrononSchema(type, AvroConversions.fromChrononSchema$default$2()).toString());
    }

    byte[] encode(Object[] record) {
      return encoder.apply(record);
    }

    Object[] decode(byte[] bytes) {
      return decoder.decodeRow(bytes);
    }
  }
}
