package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class HandlesTest {
  private static final byte[] NO_OPTIONS = "{}".getBytes(StandardCharsets.UTF_8);

  @Test
  void aHundredThousandPlansAndSessionsLeaveNothing() {
    byte[] definition = Definitions.groupBy("team.many", Definitions.COUNT, 1, "amount");
    String options = Definitions.options("five_minute", "amount", "long");
    NativeStats before = NativeStats.read();
    for (int i = 0; i < 100_000; i++) {
      try (Plan plan = Plan.open(definition, options); PointInTimeSession session = PointInTimeSession.open(plan)) {
        assertTrue(session.handle() > 0 && plan.handle() > 0);
      }
    }
    NativeStats after = NativeStats.read();
    assertEquals(before.openPlans(), after.openPlans());
    assertEquals(before.openSessions(), after.openSessions());
    assertEquals(before.bytesHeld(), after.bytesHeld());
    assertEquals(200_000, after.opened() - before.opened());
    assertEquals(200_000, after.closed() - before.closed());
  }

  @Test
  void afterClosingEveryUseIsClosedAndClosingAgainIsNothing() {
    Plan plan = Definitions.hourlySum();
    PointInTimeSession session = PointInTimeSession.open(plan);
    plan.close();
    plan.close();
    session.close();
    session.close();
    NativeCalls.close(session.handle());
    ByteBuffer queries = Frames.queries(0, 1);
    expect(NativeErrorCode.CLOSED, plan::describe);
    expect(NativeErrorCode.CLOSED, () -> PointInTimeSession.open(plan));
    expect(NativeErrorCode.CLOSED, () -> session.queries(queries, queries.limit()));
    expect(NativeErrorCode.CLOSED, () -> NativeCalls.aggNext(session.handle(), queries));
    expect(NativeErrorCode.CLOSED, session::next);
  }

  @Test
  void aSessionOutlivesItsPlan() {
    try (PointInTimeSession session = open()) {
      ByteBuffer queries = Frames.queries(0, 1);
      session.queries(queries, queries.limit());
      assertEquals(1, Frames.longs(session.next()).size());
    }
  }

  private static PointInTimeSession open() {
    try (Plan plan = Definitions.hourlySum()) {
      return PointInTimeSession.open(plan);
    }
  }

  @Test
  void aHandleOfAnotherKindIsRefused() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      expect(NativeErrorCode.INVALID_ARGUMENT, () -> NativeCalls.planDescribe(session.handle()));
      expect(NativeErrorCode.INVALID_ARGUMENT, () -> NativeCalls.aggOpen(session.handle(), NO_OPTIONS));
      expect(NativeErrorCode.INVALID_ARGUMENT, () -> NativeCalls.aggNext(plan.handle(), ByteBuffer.allocateDirect(8)));
    }
  }

  @Test
  void numbersThatNobodyGaveOutAreRefused() {
    NativeLibrary.load();
    Random random = new Random(7);
    Set<NativeErrorCode> fine = EnumSet.of(NativeErrorCode.INVALID_ARGUMENT, NativeErrorCode.CLOSED);
    for (int i = 0; i < 100_000; i++) {
      long handle = i % 2 == 0 ? random.nextLong() : 1L << 56 | (long) random.nextInt(1 << 20) << 24 | random.nextInt(4);
      NativeException e = assertThrows(NativeException.class, () -> NativeCalls.planDescribe(handle));
      assertTrue(fine.contains(e.code()), e.getMessage());
    }
  }

  @Test
  void afterAPanicOnlyClosingWorks() {
    long open = NativeStats.read().openSessions();
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      NativeLibrary.configure("{\"test_panic_in\":\"aggUpdate\"}");
      ByteBuffer queries = Frames.queries(0, 1);
      expect(NativeErrorCode.INTERNAL, () -> session.queries(queries, queries.limit()));
      NativeException again = expect(NativeErrorCode.INTERNAL, () -> session.queries(queries, queries.limit()));
      assertTrue(again.getMessage().contains("close it"), again.getMessage());
      expect(NativeErrorCode.INTERNAL, session::next);
      assertTrue(plan.describe().contains("amount_sum_1h"), "the plan is another handle");
      assertTrue(NativeLibrary.drainLogs().contains("deliberate panic in aggUpdate"));
    } finally {
      NativeLibrary.configure("{}");
    }
    assertEquals(open, NativeStats.read().openSessions());
  }

  /** Threads that fight over one session see correct answers or INVALID_ARGUMENT, nothing else; one may close it under them. */
  @Test
  void aSecondThreadIsTurnedAway() throws Exception {
    Set<NativeErrorCode> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger answered = new AtomicInteger();
    for (int attempt = 0; attempt < 20; attempt++) {
      try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
          int number = t;
          threads[t] = new Thread(() -> {
            long[] places = new long[2 * 2000];
            for (int i = 0; i < 2000; i++) places[2 * i] = i;
            ByteBuffer queries = Frames.queries(places);
            ByteBuffer target = ByteBuffer.allocateDirect(1 << 16);
            for (int i = 0; i < 100; i++) {
              try {
                NativeCalls.aggUpdate(session.handle(), NativeCalls.QUERIES, queries, queries.limit());
                answered.incrementAndGet();
                NativeCalls.aggNext(session.handle(), target);
              } catch (NativeException e) {
                seen.add(e.code());
              }
            }
            if (number == 0) NativeCalls.close(session.handle());
          });
        }
        for (Thread thread : threads) thread.start();
        for (Thread thread : threads) thread.join();
      }
    }
    assertTrue(answered.get() > 0);
    seen.removeAll(EnumSet.of(NativeErrorCode.INVALID_ARGUMENT, NativeErrorCode.CLOSED));
    assertTrue(seen.isEmpty(), seen.toString());
  }

  @Test
  void whatNobodyClosesIsReportedAndNotFreed() throws Exception {
    NativeLeaks.drain();
    long before = NativeLeaks.count();
    long handle = leak();
    for (int i = 0; i < 200 && NativeLeaks.count() == before; i++) {
      System.gc();
      Thread.sleep(5);
    }
    assertEquals(before + 1, NativeLeaks.count());
    List<String> reports = NativeLeaks.drain();
    assertTrue(reports.get(0).startsWith("plan ") && reports.get(0).contains("without close()"), reports.toString());
    assertTrue(new String(NativeCalls.planDescribe(handle), StandardCharsets.UTF_8).contains("amount"), "still open");
    NativeCalls.close(handle);
  }

  private static long leak() {
    return Definitions.hourlySum().handle();
  }

  private static NativeException expect(NativeErrorCode code, Executable call) {
    NativeException e = assertThrows(NativeException.class, call);
    assertEquals(code, e.code(), e.getMessage());
    return e;
  }
}
