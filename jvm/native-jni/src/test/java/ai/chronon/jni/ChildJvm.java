package ai.chronon.jni;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class of these tests in a JVM of its own, with the class path of this one. */
final class ChildJvm {
  private ChildJvm() {}

  /** How a child ended and everything it printed. */
  static final class Result {
    final int exitCode;
    final String output;

    Result(int exitCode, String output) {
      this.exitCode = exitCode;
      this.output = output;
    }
  }

  static Process start(Path temporary, Class<?> main, List<String> jvmOptions, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Paths.get(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList("-Xmx256m", "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Djava.io.tmpdir=" + temporary));
    command.addAll(jvmOptions);
    command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(Arrays.asList(arguments));
    String path = System.getProperty(NativeLibrary.PATH);
    if (path != null) command.add(1, "-D" + NativeLibrary.PATH + "=" + path);
    return new ProcessBuilder(command).redirectErrorStream(true).directory(temporary.toFile()).start();
  }

  static Result run(Path temporary, Class<?> main, List<String> jvmOptions, String... arguments)
      throws IOException, InterruptedException {
    Process child = start(temporary, main, jvmOptions, arguments);
    StringBuilder output = new StringBuilder();
    try (BufferedReader lines = reader(child)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // arrow-java's logging facade says that it has no logger
        if (!line.startsWith("SLF4J: ")) output.append(line).append('\n');
      }
    }
    if (!child.waitFor(2, TimeUnit.MINUTES)) {
      child.destroyForcibly();
      throw new IOException("the child did not end:\n" + output);
    }
    return new Result(child.exitValue(), output.toString());
  }

  static BufferedReader reader(Process child) {
    return new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
  }
}
