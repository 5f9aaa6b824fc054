package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Each code, provoked through the public surface. */
class ErrorCodesTest {
  @AfterEach
  void defaults() {
    NativeLibrary.configure("{}");
  }

  @Test
  void everyCodeCanBeProvoked() {
    long open = NativeStats.read().openSessions();
    Map<NativeErrorCode, Executable> cases = new EnumMap<>(NativeErrorCode.class);
    cases.put(NativeErrorCode.INVALID_ARGUMENT, () -> NativeLibrary.configure("{\"volume\":11}"));
    cases.put(
        NativeErrorCode.INVALID_PLAN,
        () -> Plan.open(Definitions.groupBy("t.g", Definitions.SUM, 1, "absent"), Definitions.options("five_minute", "amount", "long")));
    cases.put(
        NativeErrorCode.UNSUPPORTED,
        () -> Plan.open(Definitions.groupBy("t.g", Definitions.SUM, 1), Definitions.options("five_minute", "amount", "long")));
    cases.put(NativeErrorCode.SCHEMA_MISMATCH, () -> afterQueries(session -> {
      ByteBuffer queries = Frames.queries(0, 1);
      session.events(queries, queries.limit());
    }));
    cases.put(NativeErrorCode.CORRUPT_DATA, () -> afterQueries(session -> session.events(ByteBuffer.allocateDirect(64), 64)));
    cases.put(NativeErrorCode.OUT_OF_BUDGET, () -> {
      NativeLibrary.configure("{\"max_session_bytes\":16}");
      afterQueries(session -> {});
    });
    cases.put(NativeErrorCode.CLOSED, () -> afterQueries(session -> {
      session.close();
      session.next();
    }));
    cases.put(NativeErrorCode.INTERNAL, () -> {
      NativeLibrary.configure("{\"test_panic_in\":\"aggNext\"}");
      afterQueries(PointInTimeSession::next);
    });
    assertEquals(EnumSet.allOf(NativeErrorCode.class), cases.keySet());
    cases.forEach((code, provoke) -> {
      NativeLibrary.configure("{}");
      NativeException e = assertThrows(NativeException.class, provoke, code.name());
      assertEquals(code, e.code(), e.getMessage());
      assertTrue(e.getMessage().startsWith(e.detail()), e.getMessage());
      assertTrue(!e.context().isEmpty(), "the method at least is named: " + e.getMessage());
    });
    assertEquals(open, NativeStats.read().openSessions());
  }

  @Test
  void contextNamesColumnDefinitionAndMethod() {
    NativeException e = assertThrows(
        NativeException.class,
        () -> Plan.open(Definitions.groupBy("team.ctx", Definitions.SUM, 1, "absent"), Definitions.options("five_minute", "amount", "long")));
    assertTrue(e.getMessage().contains("absent") && e.getMessage().contains("team.ctx"), e.getMessage());
    assertEquals("planOpen", e.context().get(e.context().size() - 1));
  }

  @Test
  void textOutsideAsciiSurvivesInMessages() {
    NativeException e = assertThrows(NativeException.class, () -> NativeLibrary.configure("{\"é日\uD83D\uDE00\":1}"));
    assertTrue(e.getMessage().contains("é日\uD83D\uDE00"), e.getMessage());
  }

  @Test
  void aPanicInAnyMethodIsOneExceptionAndThenTheMethodWorks() {
    // `close` comes last: the handle whose close panicked stays open.
    String[] methods = {
      "abiVersion", "buildInfo", "init", "planOpen", "planDescribe", "aggOpen", "aggUpdate", "aggNext", "joinOpen", "joinPut",
      "joinSpill", "joinHeld", "joinNext", "uploadOpen", "columnUploadOpen", "uploadPut", "uploadSpill", "uploadHeld", "uploadNext",
      "blocksOpen", "blocksPut", "blocksFlush", "blocksNext", "avroSchema", "sketchPercentiles", "sketchDrift", "fileOpen", "filePut", "fileFinish", "fileTake", "servingOpen",
      "servingDescribe", "fetch", "stats", "drainLogs", "close"
    };
    long open = NativeStats.read().openSessions();
    for (String method : methods) {
      long before = NativeStats.read().panics();
      NativeCalls.init(("{\"test_panic_in\":\"" + method + "\"}").getBytes(StandardCharsets.UTF_8));
      NativeException e = assertThrows(NativeException.class, Exercise::everyMethod, method);
      assertEquals(NativeErrorCode.INTERNAL, e.code(), method);
      assertTrue(e.detail().contains("deliberate panic in " + method), e.getMessage());
      assertTrue(e.context().stream().anyMatch(line -> line.contains("settings.rs:")), e.getMessage());
      assertEquals(before + 1, NativeStats.read().panics(), method);
      Exercise.everyMethod();
    }
    assertEquals(open + 1, NativeStats.read().openSessions());
  }

  private interface Use {
    void with(PointInTimeSession session);
  }

  private static void afterQueries(Use use) {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries(0, 100);
      session.queries(queries, queries.limit());
      use.with(session);
    }
  }
}
