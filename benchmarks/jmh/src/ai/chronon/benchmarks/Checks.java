package ai.chronon.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Not timed. {@code FOLDER ID...} prints a check sum per line for each id ({@code phase/workload/rows}) and writes the stored
 * batch parts that both sides read into FOLDER; {@code peak ID} runs a sliding workload once and prints the most
 * memory the process held besides, {@code stream ID} that of a run which makes events as they are asked for.
 */
public final class Checks {
  private Checks() {}

  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // the reference prints; results must stay alone on standard output
    String[] ids = Arrays.copyOfRange(args, 1, args.length);
    boolean streamed = args[0].equals("stream");
    if (streamed || args[0].equals("peak")) {
      String[] id = ids[0].split("/");
      int events = Integer.parseInt(id[2]);
      out.println(new SlidingRuns(id[1], events, streamed).check(id[1], events));
      for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
        if (line.startsWith("VmHWM:")) {
          out.println(line);
        }
      }
      return;
    }
    Set<String> operations = new LinkedHashSet<>();
    for (String id : ids) {
      String[] parts = id.split("/");
      int rows = Integer.parseInt(parts[2]);
      switch (parts[0]) {
        case "tiles":
          out.println(new TileRuns(parts[1], rows).check(parts[1], rows));
          break;
        case "slide":
          out.println(new SlidingRuns(parts[1], rows, false).check(parts[1], rows));
          break;
        case "serve":
          ServingRuns serving = new ServingRuns(parts[1], rows);
          Path file = Paths.get(args[0], parts[1] + ".avro");
          Files.write(file, serving.batch);
          System.err.println(file + ": " + serving.batch.length + " bytes, " + serving.hops() + " tail hops");
          out.println(serving.check(parts[1], rows));
          break;
        default:
          operations.add(parts[1] + "/" + parts[2]);
      }
    }
    for (String operation : operations) {
      String[] parts = operation.split("/");
      int rows = Integer.parseInt(parts[1]);
      of(new OperationRuns(Workloads.operation(parts[0]), rows), parts[0], rows).forEach(out::println);
    }
  }

  private static List<String> of(OperationRuns runs, String work, int rows) {
    List<String> lines = new ArrayList<>();
    lines.add(runs.table.digest().line("data/" + work + "/" + rows));
    lines.addAll(runs.checks(work, rows));
    return lines;
  }

  /** Appends the check sums of an operation that is about to be timed to the file {@code checks}, if there is such a property. */
  static void leave(OperationRuns runs, String work, int rows) {
    String file = System.getProperty("checks");
    if (file == null) {
      return;
    }
    try {
      Files.write(Paths.get(file), of(runs, work, rows), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
