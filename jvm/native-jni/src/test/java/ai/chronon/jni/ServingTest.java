package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests: values of every type, parts that fail beside parts that do not, and bytes that are none. */
class ServingTest {
  private static final long HOUR = 3_600_000;
  private static final long BATCH_END = 20_000 * 24 * HOUR;
  private static final long ANY = FetchCall.FROM_BATCH_END;

  private static String options(String dialect, String kind, String... columns) {
    String selected = Definitions.options("", columns).replaceAll("^.*\"columns\":|}$", "");
    return "{\"dialect\":\"" + dialect + "\",\"kind\":\"" + kind + "\",\"selected\":" + selected + "}";
  }

  /** SUM of the long column `amount` over one hour. */
  private static ServingPlan sum(String kind) {
    return ServingPlan.open(Definitions.groupBy("team.sum", Definitions.SUM, 1, "amount"), options("airbnb", kind, "amount", "long"));
  }

  /** The batch IR of that sum, with nothing collapsed and one hop of five minutes. */
  private static byte[] batchIr(long hopStart, long sum) {
    AvroBytes record = new AvroBytes().present().absent().present().number(3).number(0).number(0);
    return record.number(1).present().number(sum).present().number(hopStart).number(0).number(0).bytes();
  }

  @Test
  void rowsAndHopsInTheWindowCount() {
    try (ServingPlan plan = sum("temporal_events"); FetchCall call = new FetchCall()) {
      assertEquals(
          "{\"kind\":\"temporal_events\",\"outputs\":[{\"name\":\"amount_sum_1h\",\"type\":\"long\"}],"
              + "\"rows\":[{\"name\":\"amount\",\"type\":\"long\"}],\"tile_millis\":300000}",
          plan.describe());
      long query = BATCH_END + HOUR / 2;
      call.add(plan, query, BATCH_END, ANY, batchIr(BATCH_END - HOUR / 4, 100));
      call.addStreamed(BATCH_END - 1, AvroBytes.longs(1L)); // before the batch's end
      call.addStreamed(BATCH_END, AvroBytes.longs(2L));
      call.addStreamed(BATCH_END + 1, AvroBytes.longs((Long) null));
      call.addStreamed(query - 1, AvroBytes.longs(4L));
      call.addStreamed(query, AvroBytes.longs(8L)); // not before the request
      call.add(plan, query, BATCH_END, query - 1, null);
      call.addStreamed(BATCH_END, AvroBytes.longs(2L)); // in a newer batch already
      call.addStreamed(query - 1, AvroBytes.longs(4L));
      call.add(plan, query, BATCH_END, ANY, batchIr(BATCH_END - HOUR, 100)); // the tail has passed it
      FetchAnswer answer = call.run(false);
      assertEquals(3, answer.parts());
      assertEquals(106L, answer.value(0, 0));
      assertEquals(4L, answer.value(1, 0));
      assertNull(answer.value(2, 0));
      assertEquals(1, answer.slots(0));
      assertNull(answer.error(0));
      assertNull(answer.errorCode(0));
      assertThrows(IndexOutOfBoundsException.class, () -> answer.value(0, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> answer.value(3, 0));
      assertEquals(0, call.run(false).parts(), "a call is empty when it was run");
    }
  }

  @Test
  void mutationsTakeRowsOut() {
    try (ServingPlan plan = sum("temporal_mutations"); FetchCall call = new FetchCall()) {
      assertTrue(plan.describe().contains("{\"name\":\"ts\",\"type\":\"long\"},{\"name\":\"is_before\",\"type\":\"bool\"}]"), plan.describe());
      call.add(plan, BATCH_END + HOUR / 2, BATCH_END, ANY, batchIr(BATCH_END - HOUR / 4, 100));
      // What is changed lies before the batch's end, the change after.
      call.addStreamed(BATCH_END + 5, mutation(100, BATCH_END - HOUR / 4, true));
      call.addStreamed(BATCH_END + 5, mutation(7, BATCH_END - HOUR / 4, false));
      call.addStreamed(BATCH_END - 5, mutation(1000, BATCH_END - HOUR / 4, false));
      assertEquals(7L, call.run(false).value(0, 0));
    }
  }

  private static byte[] mutation(long amount, long ts, boolean isBefore) {
    return new AvroBytes().present().number(amount).present().number(ts).present().truth(isBefore).bytes();
  }

  @Test
  void tilesCountAndBadOnesAreSkippedIfAsked() {
    try (ServingPlan plan = sum("temporal_tiles"); FetchCall call = new FetchCall()) {
      byte[] tile = new AvroBytes().present().present().number(12).present().truth(true).bytes();
      for (boolean skip : new boolean[] {true, false}) {
        call.add(plan, BATCH_END + HOUR / 2, BATCH_END, ANY, null);
        call.addStreamed(BATCH_END, tile);
        call.addStreamed(BATCH_END + 1, Arrays.copyOf(tile, tile.length - 1));
        call.addStreamed(BATCH_END + 2, tile);
        FetchAnswer answer = call.run(skip);
        assertEquals(!skip, answer.failed(0));
        if (skip) {
          assertEquals(24L, answer.value(0, 0));
          assertEquals(1, answer.skipped(0));
        } else {
          assertEquals(NativeErrorCode.CORRUPT_DATA, answer.errorCode(0));
          assertTrue(answer.error(0).contains("the tile at " + (BATCH_END + 1)), answer.error(0));
        }
      }
    }
  }

  @Test
  void whatGoesWrongWithOnePartFailsThatPartAlone() {
    ServingPlan closed = sum("temporal_events");
    closed.close();
    Map<NativeErrorCode, String> texts = new HashMap<>();
    texts.put(NativeErrorCode.CLOSED, "was closed");
    texts.put(NativeErrorCode.CORRUPT_DATA, "a batch IR, at byte 3 of 3\n  in definition team.sum");
    texts.put(NativeErrorCode.INVALID_ARGUMENT, "cannot be answered by a batch that ends later");
    try (ServingPlan plan = sum("temporal_events"); FetchCall call = new FetchCall()) {
      call.add(plan, BATCH_END, BATCH_END, ANY, null);
      call.add(closed, BATCH_END, BATCH_END, ANY, null);
      call.add(plan, BATCH_END, BATCH_END, ANY, new byte[] {2, 0, 2});
      call.add(plan, BATCH_END - 1, BATCH_END, ANY, null);
      call.add(plan, BATCH_END + 9, BATCH_END, ANY, null);
      call.addStreamed(BATCH_END, AvroBytes.longs(3L));
      call.addStreamed(BATCH_END + 1, new byte[] {2, -1});
      call.add(plan, BATCH_END + 9, BATCH_END, ANY, null);
      call.addStreamed(BATCH_END, AvroBytes.longs(3L));
      FetchAnswer answer = call.run(false);
      assertNull(answer.value(0, 0));
      for (int part : new int[] {1, 2, 3}) {
        String text = texts.remove(answer.errorCode(part));
        assertTrue(answer.error(part).contains(text), answer.error(part));
        assertThrows(IllegalStateException.class, () -> answer.value(part, 0));
        assertEquals(0, answer.slots(part));
      }
      assertTrue(texts.isEmpty(), texts.toString());
      assertTrue(answer.error(4).contains("in `amount`, at byte 2 of 2\n  in the row at " + (BATCH_END + 1)), answer.error(4));
      assertEquals(3L, answer.value(5, 0));

      call.add(plan, BATCH_END + 9, BATCH_END, ANY, null);
      call.addStreamed(BATCH_END, new byte[0]);
      call.addStreamed(BATCH_END, AvroBytes.longs(3L));
      call.addStreamed(BATCH_END + 1, new byte[] {2, -1});
      FetchAnswer skipped = call.run(true);
      assertEquals(3L, skipped.value(0, 0));
      assertEquals(2, skipped.skipped(0));
    }
  }

  @Test
  void storedRecordsComeOutAsTheyAre() {
    String[] columns = {
      "yes", "boolean", "b", "byte", "s", "short", "i", "int", "l", "long", "f", "float", "d", "double", "t", "string", "raw", "binary",
      "list", "list_int", "map", "map_string_list_string", "none", "string"
    };
    byte[] record = new AvroBytes()
        .present().truth(true).present().number(-7).present().number(-300).present().number(Integer.MIN_VALUE)
        .present().number(Long.MAX_VALUE).present().real(1.5f).present().real(-0.1).present().text("é日\uD83D\uDE00")
        .present().binary((byte) 0, (byte) -1).present().number(2).number(5).number(-6).number(0)
        .present().number(1).text("k").number(1).text("v").number(0).number(0)
        .absent()
        .binary((byte) 9) // a member that this plan does not know of yet
        .bytes();
    byte[] definition = Definitions.groupBy("team.selected", Definitions.LAST, 0);
    try (ServingPlan plan = ServingPlan.open(definition, options("airbnb", "no_aggregation", columns)); FetchCall call = new FetchCall()) {
      call.add(plan, 0, BATCH_END, ANY, record);
      call.add(plan, 0, BATCH_END, ANY, null);
      FetchAnswer answer = call.run(false);
      Object[] expected = {
        true, (byte) -7, (short) -300, Integer.MIN_VALUE, Long.MAX_VALUE, 1.5f, -0.1, "é日\uD83D\uDE00", null, Arrays.asList(5, -6),
        Collections.singletonMap("k", Collections.singletonList("v")), null
      };
      for (int slot = 0; slot < expected.length; slot++) {
        if (slot != 8) assertEquals(expected[slot], answer.value(0, slot), columns[2 * slot]);
        assertNull(answer.value(1, slot));
      }
      assertArrayEquals(new byte[] {0, -1}, (byte[]) answer.value(0, 8));
      assertEquals(expected.length, answer.slots(0));
    }
  }

  @Test
  void structsAreArraysAndTheZiplineDialectHasDatesInstantsAndDecimals() {
    String selected = "[{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"timestamp\"},{\"name\":\"price\",\"type\":\"decimal_9_2\"},"
        + "{\"name\":\"points\",\"type\":{\"list\":{\"struct\":{\"name\":\"p\",\"members\":[{\"name\":\"x\",\"type\":\"int\"},"
        + "{\"name\":\"on\",\"type\":\"date\"},{\"name\":\"price\",\"type\":\"decimal_9_2\"}]}}}}]";
    byte[] record = new AvroBytes().present().number(-1).present().number(1500).present().binary((byte) -1, (byte) 6)
        .present().number(1).present().number(-3).present().number(20_000).absent().number(0).bytes();
    byte[] definition = Definitions.groupBy("team.zipline", Definitions.LAST, 0);
    String options = "{\"dialect\":\"zipline\",\"kind\":\"no_aggregation\",\"selected\":" + selected + "}";
    try (ServingPlan plan = ServingPlan.open(definition, options); FetchCall call = new FetchCall()) {
      call.add(plan, 0, BATCH_END, ANY, record);
      FetchAnswer answer = call.run(false);
      assertEquals(LocalDate.of(1969, 12, 31), answer.value(0, 0));
      assertEquals(Instant.ofEpochMilli(1500), answer.value(0, 1));
      assertEquals(new BigDecimal("-2.50"), answer.value(0, 2));
      Object[] point = (Object[]) ((java.util.List<?>) answer.value(0, 3)).get(0);
      assertArrayEquals(new Object[] {-3, LocalDate.ofEpochDay(20_000), null}, point);
    }
    NativeException e =
        assertThrows(NativeException.class, () -> ServingPlan.open(definition, options.replace("zipline", "airbnb")));
    assertTrue(e.getMessage().contains("date cannot be stored in the airbnb dialect"), e.getMessage());
  }

  @Test
  void snapshotsHoldTheOutputs() {
    try (ServingPlan plan = sum("snapshot"); FetchCall call = new FetchCall()) {
      call.add(plan, 0, BATCH_END, ANY, AvroBytes.longs(42L));
      call.add(plan, 0, BATCH_END, ANY, new byte[] {4});
      FetchAnswer answer = call.run(false);
      assertEquals(42L, answer.value(0, 0));
      assertEquals(
          "2 stands where a union index (0 or 1) should\n  in `amount_sum_1h`, at byte 1 of the batch value's 1\n  in definition team.sum",
          answer.error(1));
    }
  }

  @Test
  void definitionsThatDoNotSuitAreRefused() {
    byte[] aggregated = Definitions.groupBy("team.sum", Definitions.SUM, 1, "amount");
    byte[] plain = Definitions.groupBy("team.plain", Definitions.SUM, 1);
    refused(aggregated, options("airbnb", "no_aggregation", "amount", "long"), "definition team.sum");
    refused(plain, options("airbnb", "snapshot", "amount", "long"), "there are no aggregations");
    refused(aggregated, options("airbnb", "temporal", "amount", "long"), "unknown variant `temporal`");
    refused(aggregated, options("airbnb", "snapshot", "other", "long"), "there is no column `amount`");
    refused(aggregated, options("other", "snapshot", "amount", "long"), "`other` is not a dialect");
    refused(new byte[] {1}, options("airbnb", "snapshot"), "not a GroupBy");
  }

  private static void refused(byte[] definition, String options, String text) {
    NativeException e = assertThrows(NativeException.class, () -> ServingPlan.open(definition, options).close());
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void aCallIsUsableAfterWhateverHappened() {
    try (ServingPlan plan = sum("temporal_events"); FetchCall call = new FetchCall()) {
      assertThrows(IllegalStateException.class, () -> call.addStreamed(0, new byte[1]));
      // Far more than the first buffer has room for, and more parts and values than the first arrays.
      int parts = 100;
      int rows = 1000;
      for (int part = 0; part < parts; part++) {
        call.add(plan, BATCH_END + 2_000, BATCH_END, ANY, batchIr(BATCH_END - HOUR / 4, part));
        for (int row = 0; row < rows; row++) call.addStreamed(BATCH_END + row, AvroBytes.longs((long) row));
      }
      FetchAnswer answer = call.run(false);
      for (int part = 0; part < parts; part++) assertEquals(rows * (rows - 1) / 2L + part, answer.value(part, 0));
      NativeLibrary.configure("{\"test_panic_in\":\"fetch\"}");
      call.add(plan, BATCH_END, BATCH_END, ANY, null);
      assertEquals(NativeErrorCode.INTERNAL, assertThrows(NativeException.class, () -> call.run(false)).code());
      assertEquals(0, call.run(false).parts());
      call.close();
      call.add(plan, BATCH_END, BATCH_END, ANY, null);
      assertEquals(1, call.run(false).parts(), "closing gives buffers back, no more");
    } finally {
      NativeLibrary.configure("{}");
    }
  }

  @Test
  void openFetchAndCloseAHundredThousandTimesLeavesNothing() {
    NativeStats before = NativeStats.read();
    try (FetchCall call = new FetchCall()) {
      for (int i = 0; i < 100_000; i++) {
        try (ServingPlan plan = sum("temporal_events")) {
          call.add(plan, BATCH_END + 1, BATCH_END, ANY, null);
          call.addStreamed(BATCH_END, AvroBytes.longs((long) i));
          assertEquals((long) i, call.run(false).value(0, 0));
        }
      }
    }
    NativeStats after = NativeStats.read();
    assertEquals(before.openServingPlans(), after.openServingPlans());
    assertEquals(after.opened() - before.opened(), after.closed() - before.closed());
    assertTrue(after.opened() - before.opened() >= 100_000, after.toString());
  }

  @Test
  void bytesThatAreNoRequestAreRefused() {
    try (ServingPlan plan = sum("temporal_events")) {
      byte[] valid = Requests.oneRow(plan, BATCH_END);
      assertEquals(5L, new FetchAnswer(fetch(valid)).value(0, 0));
      Random random = new Random(7);
      int refused = 0;
      for (int i = 0; i < 20_000; i++) {
        byte[] damaged = valid.clone();
        for (int j = random.nextInt(4); j >= 0; j--) damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        if (i % 3 == 0) damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
        try {
          FetchAnswer answer = new FetchAnswer(fetch(damaged));
          for (int part = 0; part < answer.parts(); part++) {
            if (!answer.failed(part)) answer.value(part, 0);
          }
        } catch (NativeException e) {
          assertEquals(NativeErrorCode.CORRUPT_DATA, e.code(), e.getMessage());
          refused++;
        }
      }
      assertTrue(refused > 1000, refused + " refused");
      NativeException e = assertThrows(NativeException.class, () -> NativeCalls.fetch(ByteBuffer.allocateDirect(1), 2));
      assertEquals(NativeErrorCode.INVALID_ARGUMENT, e.code());
    }
  }

  private static byte[] fetch(byte[] request) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(request.length);
    buffer.put(request);
    return NativeCalls.fetch(buffer, request.length);
  }

  @Test
  void theRunTimeOfMessagesIsOurOwn() {
    Class<?> table = ai.chronon.jni.envelope.Answer.class.getSuperclass();
    assertEquals("ai.chronon.jni.flatbuffers.Table", table.getName());
    assertFalse(ServingPlan.class.getName().startsWith("com.google"));
  }
}
