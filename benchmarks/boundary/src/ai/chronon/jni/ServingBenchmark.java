package ai.chronon.jni;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Requests for features, from stored bytes to values; see the README for what each one measures. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(3)
public class ServingBenchmark {
  private static final long HOUR = 3_600_000;
  private static final long BATCH_END = 20_000 * 24 * HOUR;
  private static final int PARTS = 25;
  private static final int[] TWO_WINDOWS = {24, 168};
  private static final int[] THREE_WINDOWS = {24, 168, 720};

  /** SUM of long columns over windows of a day and more, each plan with stored bytes of its own. */
  private static final class Served {
    final ServingPlan plan;
    final byte[] batch;
    final byte[][] rows;

    Served(int columns, int[] windows, int rows) {
      String[] names = new String[columns];
      StringBuilder selected = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        names[i] = "column_" + i;
        selected.append(i == 0 ? "" : ",").append("{\"name\":\"").append(names[i]).append("\",\"type\":\"long\"}");
      }
      plan = ServingPlan.open(
          Definitions.groupBy("bench.serving", Definitions.SUM, windows, names),
          "{\"dialect\":\"airbnb\",\"kind\":\"temporal_events\",\"selected\":[" + selected + "]}");
      AvroBytes stored = new AvroBytes().present();
      for (int i = 0; i < columns; i++) {
        // A window of a day has nothing collapsed.
        stored.absent();
        for (int window = 1; window < windows.length; window++) stored.present().number(1_000 + i);
      }
      stored.present().number(3).number(0).number(24);
      for (int hop = 0; hop < 24; hop++) {
        for (int i = 0; i < columns; i++) stored.present().number(hop);
        stored.present().number(BATCH_END + (hop - 24) * HOUR);
      }
      batch = stored.number(0).number(0).number(0).bytes();
      this.rows = new byte[rows][];
      Long[] values = new Long[columns];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < columns; i++) values[i] = (row * 7L + i) % 1_000;
        this.rows[row] = AvroBytes.longs(values);
      }
    }

    void add(FetchCall call) {
      call.add(plan, BATCH_END + HOUR, BATCH_END, FetchCall.FROM_BATCH_END, batch);
      for (int row = 0; row < rows.length; row++) call.addStreamed(BATCH_END + row, rows[row]);
    }
  }

  private final Served[] parts = new Served[PARTS];
  private Served hot;
  private FetchCall call;

  @Setup
  public void setUp() {
    for (int part = 0; part < PARTS; part++) parts[part] = new Served(5, TWO_WINDOWS, 100);
    hot = new Served(12, THREE_WINDOWS, 5_000);
    call = new FetchCall();
    long rows = 0;
    for (int row = 0; row < 5_000; row++) rows += row * 7L % 1_000;
    // Of the day, the hop of the first hour is out of the window; longer windows have what is collapsed, too.
    for (int hop = 1; hop < 24; hop++) rows += hop;
    if (!Long.valueOf(rows).equals(fetchHotKey())) throw new IllegalStateException("the sum is not " + rows);
  }

  @TearDown
  public void tearDown() {
    for (Served part : parts) part.plan.close();
    hot.plan.close();
    call.close();
  }

  @Benchmark
  public Object fetch() {
    for (Served part : parts) part.add(call);
    FetchAnswer answer = call.run(false);
    Object value = null;
    for (int part = 0; part < PARTS; part++) value = answer.value(part, part % answer.slots(part));
    return value;
  }

  @Benchmark
  public Object fetchHotKey() {
    hot.add(call);
    return call.run(false).value(0, 0);
  }
}
