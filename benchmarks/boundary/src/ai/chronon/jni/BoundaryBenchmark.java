package ai.chronon.jni;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.types.pojo.Field;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The JNI line alone; see the README for what each one measures. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-opens=java.base/java.nio=ALL-UNNAMED")
public class BoundaryBenchmark {
  /** Rows per message: what the Spark operator sends. */
  private static final int ROWS = 8192;

  private static final byte[] DEFINITION =
      Definitions.groupBy("bench.boundary", Definitions.LAST, 1, "amount", "name");
  private static final List<Field> INPUTS =
      Arrays.asList(Frames.field("amount", "double"), Frames.field("name", "string"));

  private Plan plan;
  private PointInTimeSession session;
  private PointInTimeSession open;
  private long[] places;
  private byte[][] names;
  private ByteBuffer queries;
  private ByteBuffer events;

  @Setup
  public void setUp() {
    plan = Plan.open(DEFINITION, Definitions.options("five_minute", "amount", "double", "name", "string"));
    session = PointInTimeSession.open(plan, "{\"engine\":\"echo\"}");
    open = PointInTimeSession.open(plan, "{\"engine\":\"echo\"}");
    places = new long[2 * ROWS];
    names = new byte[ROWS][];
    for (int i = 0; i < ROWS; i++) {
      places[2 * i] = i / 16;
      places[2 * i + 1] = i;
      names[i] = ("name-" + i % 1000).getBytes();
    }
    queries = Frames.queries(places);
    events = encode();
    open.queries(queries, queries.limit());
    session.queries(queries, queries.limit());
    List<Field> columns = Arrays.asList(Frames.field("group", "int"), Frames.field("ts", "long"));
    if (!Frames.read(session.next(), columns).equals(Frames.read(queries, columns))) {
      throw new IllegalStateException("the echo differs from what was sent");
    }
  }

  @TearDown
  public void tearDown() {
    open.close();
    session.close();
    plan.close();
  }

  @Benchmark
  public int call() {
    return NativeCalls.abiVersion();
  }

  @Benchmark
  public byte[] stats() {
    return NativeCalls.stats();
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public ByteBuffer encode() {
    return Frames.write(INPUTS, places, root -> {
      Float8Vector amounts = (Float8Vector) root.getVector("amount");
      VarCharVector texts = (VarCharVector) root.getVector("name");
      for (int i = 0; i < ROWS; i++) {
        amounts.setSafe(i, i);
        texts.setSafe(i, names[i]);
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long send() {
    return open.events(events, events.limit());
  }

  @Benchmark
  @OperationsPerInvocation(ROWS)
  public ByteBuffer echo() throws IOException {
    session.queries(queries, queries.limit());
    return session.next();
  }
}
