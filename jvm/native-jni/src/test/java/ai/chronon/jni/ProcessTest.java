package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a whole process can show. */
class ProcessTest {
  @TempDir Path temporary;

  @Test
  void theJvmsOwnChecksFindNothing() throws Exception {
    ChildJvm.Result result = ChildJvm.run(temporary, Exercise.class, Arrays.asList("-Xcheck:jni"));
    assertEquals(0, result.exitCode, result.output);
    assertTrue(result.output.contains("done "), result.output);
    assertFalse(result.output.contains("WARNING"), result.output);
    assertFalse(result.output.contains("FATAL ERROR"), result.output);
  }

  @Test
  void nothingIsPrintedAndNoFileStays() throws Exception {
    ChildJvm.Result result = ChildJvm.run(temporary, Exercise.class, Collections.<String>emptyList());
    assertEquals(0, result.exitCode, result.output);
    assertTrue(result.output.startsWith("done ") && result.output.trim().indexOf('\n') < 0, result.output);
    assertEquals(0, temporary.toFile().list((folder, name) -> name.startsWith("chronon-native-")).length);
  }

  @Test
  void aKilledProcessDoesNotHinderTheNext() throws Exception {
    Process child = ChildJvm.start(temporary, Exercise.class, Collections.<String>emptyList(), "forever");
    try (BufferedReader lines = ChildJvm.reader(child)) {
      String line = lines.readLine();
      while (line != null && !line.equals("in mid-batch")) line = lines.readLine();
      assertNotNull(line, "the child ended by itself");
      child.destroyForcibly();
    }
    assertTrue(child.waitFor(1, TimeUnit.MINUTES));
    ChildJvm.Result next = ChildJvm.run(temporary, Exercise.class, Collections.<String>emptyList());
    assertEquals(0, next.exitCode, next.output);
  }
}
