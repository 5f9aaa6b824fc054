package ai.chronon.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The reference's side of every bench of benchmarks/kernel: method, {@code work} and {@code rows} here are the three
 * parts of a criterion id there. Nanoseconds for the whole of the rows; single thread.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReferenceBenchmark {
  @State(Scope.Thread)
  public static class Operations {
    @Param("SUM of double")
    public String work;

    @Param("10000")
    public int rows;

    OperationRuns runs;

    /** The phases of one operation share its rows when they run in one JVM. */
    private static final Map<String, OperationRuns> MADE = new HashMap<>();

    @Setup
    public void setUp() {
      runs = MADE.computeIfAbsent(work + rows, made -> {
        OperationRuns runs = new OperationRuns(Workloads.operation(work), rows);
        Checks.leave(runs, work, rows);
        return runs;
      });
    }
  }

  @State(Scope.Thread)
  public static class Tiles {
    @Param("CPC lgK 8")
    public String work;

    @Param("100")
    public int rows;

    TileRuns runs;

    @Setup
    public void setUp() {
      runs = new TileRuns(work, rows);
    }
  }

  @State(Scope.Thread)
  public static class Serving {
    @Param("30 columns")
    public String work;

    @Param("500")
    public int rows;

    ServingRuns runs;

    @Setup
    public void setUp() {
      runs = new ServingRuns(work, rows);
    }
  }

  @State(Scope.Thread)
  public static class Sliding {
    @Param("12 columns")
    public String work;

    @Param("1000000")
    public int rows;

    SlidingRuns runs;

    @Setup
    public void setUp() {
      runs = new SlidingRuns(work, rows, false);
    }
  }

  @Benchmark
  public Object[][] update(Operations operations) {
    return operations.runs.update();
  }

  @Benchmark
  public Object[] updateOne(Operations operations) {
    return operations.runs.updateOne();
  }

  @Benchmark
  public Object[] merge(Operations operations) {
    return operations.runs.merge();
  }

  @Benchmark
  public Object[][] finalize(Operations operations) {
    return operations.runs.finish();
  }

  @Benchmark
  public byte[][] encode(Operations operations) {
    return operations.runs.encode();
  }

  @Benchmark
  public Object[][] decode(Operations operations) {
    return operations.runs.decode();
  }

  @Benchmark
  public Object tiles(Tiles tiles) {
    return tiles.runs.answer();
  }

  @Benchmark
  public Object[] serve(Serving serving) {
    return serving.runs.serve();
  }

  @Benchmark
  public Object[][] slide(Sliding sliding) {
    return sliding.runs.run();
  }
}
