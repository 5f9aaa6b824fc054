import ai.chronon.aggregator.base.ApproxPercentiles;
import ai.chronon.aggregator.base.SimpleAggregator;
import ai.chronon.aggregator.row.RowAggregator;
import ai.chronon.aggregator.row.StatsGenerator;
import ai.chronon.aggregator.row.StatsGenerator$;
import ai.chronon.api.*;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Known answers of the reference's statistics, for tests/golden/stats-vectors.txt. Run once on the class path of
 * either dialect's jars, with its name as the argument; the README of this folder has the line formats.
 */
public final class StatsVectors {
  private static final StatsGenerator$ STATS = StatsGenerator$.MODULE$;
  private static final DataType[] TYPES = {
    StringType$.MODULE$, DoubleType$.MODULE$, BooleanType$.MODULE$, IntType$.MODULE$, ByteType$.MODULE$,
    ShortType$.MODULE$, FloatType$.MODULE$, LongType$.MODULE$, BinaryType$.MODULE$, DateType$.MODULE$,
    TimestampType$.MODULE$, new ListType(DoubleType$.MODULE$), new MapType(StringType$.MODULE$, LongType$.MODULE$)
  };

  public static void main(String[] args) throws Exception {
    String dialect = args[0];
    System.out.println(dialect + " suffixes " + STATS.nullSuffix() + " " + STATS.nullRateSuffix() + " " + STATS.totalColumn());
    System.out.println(dialect + " ignored " + String.join(" ", JavaConverters.seqAsJavaListConverter(STATS.ignoreColumns()).asJava()));
    System.out.println(dialect + " merged " + numbers(STATS.finalizedPercentilesMerged()));
    System.out.println(dialect + " series " + numbers(STATS.finalizedPercentilesSeries()));

    List<Tuple2<String, DataType>> fields = new ArrayList<>();
    for (DataType type : TYPES) {
      fields.add(new Tuple2<>("z_" + DataType$.MODULE$.toString(type), type));
    }
    for (String name : Arrays.asList("ts", "ds", "date_key", "date", "datestamp", "Upper", "é", "_under")) {
      fields.add(new Tuple2<>(name, LongType$.MODULE$));
    }
    metrics(dialect + " metric", STATS.buildMetrics(seq(fields)));
    names(dialect + " column", STATS.buildMetrics(seq(fields)), fields);
    if (dialect.equals("zipline")) {
      enhanced(dialect, fields);
    }
    distances(dialect);
    if (dialect.equals("zipline")) {
      drift();
    }
  }

  /** DIALECT metric COLUMN EXPRESSION OPERATION SUFFIX ARGUMENTS. */
  private static void metrics(String head, Seq<StatsGenerator.MetricTransform> metrics) {
    for (StatsGenerator.MetricTransform metric : JavaConverters.seqAsJavaListConverter(metrics).asJava()) {
      System.out.println(head + " " + metric.name() + " " + metric.expression() + " " + metric.operation()
          + " " + (metric.suffix().isEmpty() ? "-" : metric.suffix())
          + " " + (metric.argMap() == null ? "-" : metric.argMap().toString().replace(" ", "")));
    }
  }

  /** DIALECT column OUTPUT TYPE IR_TYPE, in the order of the aggregator that computes the metrics. */
  private static void names(String head, Seq<StatsGenerator.MetricTransform> metrics, List<Tuple2<String, DataType>> fields) {
    List<Tuple2<String, DataType>> selected = new ArrayList<>(fields);
    for (StatsGenerator.MetricTransform metric : JavaConverters.seqAsJavaListConverter(metrics).asJava()) {
      switch (metric.expression().toString()) {
        case "Raw": break;
        case "RawToString": selected.add(new Tuple2<>(metric.name() + metric.suffix(), StringType$.MODULE$)); break;
        default: selected.add(new Tuple2<>(metric.name() + metric.suffix(), BooleanType$.MODULE$));
      }
    }
    RowAggregator aggregator = STATS.buildAggregator(metrics, StructType.from("selected", selected.toArray(new Tuple2[0])));
    for (int i = 0; i < aggregator.outputSchema().length; i++) {
      System.out.println(head + " " + aggregator.outputSchema()[i]._1 + " " + DataType$.MODULE$.toString(aggregator.outputSchema()[i]._2)
          + " " + DataType$.MODULE$.toString(aggregator.irSchema()[i]._2));
    }
  }

  /** As `metric`, with the share of distinct values in front. */
  @SuppressWarnings("unchecked")
  private static void enhanced(String dialect, List<Tuple2<String, DataType>> fields) throws Exception {
    Method build = Arrays.stream(StatsGenerator$.class.getMethods())
        .filter(m -> m.getName().equals("buildEnhancedMetrics")).findFirst().get();
    for (double share : new double[] {0.01, 0.5}) {
      scala.collection.immutable.Map<String, Object> shares = scala.collection.immutable.Map$.MODULE$.empty();
      for (Tuple2<String, DataType> field : fields) {
        shares = shares.$plus(new Tuple2<>(field._1, (Object) share));
      }
      metrics(dialect + " enhanced " + share, (Seq<StatsGenerator.MetricTransform>) build.invoke(STATS, seq(fields), shares, 0.01));
    }
  }

  /** DIALECT distance NAME IMAGE_A IMAGE_B BITS_OF_LINF BITS_OF_PSI, and DIALECT quantiles NAME IMAGE BITS... on the series grid. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void distances(String dialect) throws Exception {
    SimpleAggregator<Object, Object, Object> sketches = (SimpleAggregator) new ApproxPercentiles(128, new double[] {0.5});
    Random random = new Random(9);
    int[][] sizes = {{1, 1}, {1, 4}, {4, 4}, {100, 100}, {128, 60}, {1000, 1000}, {5000, 300}, {20000, 20000}};
    for (int[] size : sizes) {
      for (int shape = 0; shape < 5; shape++) {
        byte[] a = (byte[]) sketches.normalize(sketch(sketches, random, size[0], 0));
        byte[] b = (byte[]) sketches.normalize(sketch(sketches, random, size[1], shape));
        String name = size[0] + "x" + size[1] + "-" + shape;
        System.out.println(dialect + " distance " + name + " " + hex(a) + " " + hex(b)
            + " " + bits(distance("lInfKllSketch", a, b)) + " " + bits(distance("PSIKllSketch", a, b)));
        if (shape == 0) {
          float[] series = (float[]) STATS.SeriesFinalizer("x_approx_percentile", a);
          StringBuilder line = new StringBuilder(dialect + " quantiles " + name + " " + hex(a));
          for (float value : series) {
            line.append(" ").append(String.format("%08x", Float.floatToRawIntBits(value)));
          }
          System.out.println(line);
        }
      }
    }
    byte[] one = (byte[]) sketches.normalize(sketch(sketches, random, 4, 0));
    byte[] empty = (byte[]) sketches.normalize(sketches.prepare(Float.NaN));
    for (byte[][] pair : new byte[][][] {{null, one}, {one, null}, {null, null}, {empty, one}, {one, empty}, {empty, empty}}) {
      System.out.println(dialect + " nothing " + hex(pair[0]) + " " + hex(pair[1])
          + " " + outcome("lInfKllSketch", pair) + " " + outcome("PSIKllSketch", pair));
    }
  }

  private static Object sketch(SimpleAggregator<Object, Object, Object> sketches, Random random, int n, int shape) {
    Object sketch = null;
    for (int i = 0; i < n; i++) {
      double value = random.nextGaussian();
      switch (shape) {
        case 1: value += 1; break;
        case 2: value *= 3; break;
        case 3: value = Math.rint(value * 2); break;
        case 4: value += 100; break;
        default: break;
      }
      sketch = sketch == null ? sketches.prepare((float) value) : sketches.update(sketch, (float) value);
    }
    return sketch;
  }

  private static Object distance(String name, byte[] a, byte[] b) {
    return name.startsWith("l")
        ? STATS.lInfKllSketch(a, b, STATS.lInfKllSketch$default$3())
        : STATS.PSIKllSketch(a, b, STATS.PSIKllSketch$default$3(), STATS.PSIKllSketch$default$4());
  }

  private static String outcome(String name, byte[][] pair) {
    try {
      Object result = distance(name, pair[0], pair[1]);
      return result instanceof Double ? bits(result) : result.getClass().getSimpleName();
    } catch (RuntimeException e) {
      return e.getClass().getSimpleName();
    }
  }

  /** zipline drift METRIC COUNTS_A COUNTS_B BITS: the fork's distances between two histograms over the same values. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void drift() throws Exception {
    Class<?> metric = Class.forName("ai.chronon.observability.DriftMetric");
    Method distance = Class.forName("ai.chronon.online.stats.DriftMetrics").getMethod("histogramDistance", Map.class, Map.class, metric);
    long[][][] pairs = {
      {{1, 3}, {2, 2}}, {{10, 30}, {2, 2}}, {{1, 1, 1, 1}, {1, 2, 3, 4}}, {{5, 0, 5}, {0, 10, 0}}, {{7, 1, 0}, {1, 7, 3}}, {{1}, {9}}
    };
    for (String name : Arrays.asList("JENSEN_SHANNON", "HELLINGER")) {
      for (long[][] pair : pairs) {
        Object result = distance.invoke(null, counts(pair[0]), counts(pair[1]), Enum.valueOf((Class) metric, name));
        System.out.println("zipline drift " + name + " " + plain(pair[0]) + " " + plain(pair[1]) + " " + bits(result));
      }
    }
  }

  private static Map<String, Long> counts(long[] counts) {
    Map<String, Long> map = new java.util.HashMap<>();
    for (int i = 0; i < counts.length; i++) {
      map.put("v" + i, counts[i]);
    }
    return map;
  }

  private static String plain(long[] values) {
    return Arrays.toString(values).replaceAll("[\\[\\] ]", "");
  }

  private static String numbers(double[] values) {
    return Arrays.toString(values).replaceAll("[\\[\\],]", "");
  }

  private static String bits(Object value) {
    return String.format("%016x", Double.doubleToRawLongBits((Double) value));
  }

  private static String hex(byte[] bytes) {
    if (bytes == null) {
      return "null";
    }
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append(String.format("%02x", b));
    }
    return text.toString();
  }

  private static <T> Seq<T> seq(List<T> items) {
    return JavaConverters.asScalaBufferConverter(items).asScala();
  }
}
