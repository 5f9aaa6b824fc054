package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.util.Text;
import org.junit.jupiter.api.Test;

class PointInTimeSessionTest {
  private static final long HOUR = 3_600_000;

  @Test
  void aWindowIsSummedPerKeyAndQuery() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries(0, HOUR, 0, 2 * HOUR, 1, HOUR);
      session.queries(queries, queries.limit());
      ByteBuffer events = Frames.events(0, 0, 1, 0, HOUR - 1, 10, 0, HOUR, 100, 1, 5, 1000);
      session.events(events, events.limit());
      assertEquals(Arrays.<Object>asList("11", "100", "1000"), Frames.longs(session.next()));
      assertNull(session.next(), "no round is open");
    }
  }

  @Test
  void aKeyGoesOnInTheNextRound() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      List<Object> sums = new ArrayList<>();
      for (int round = 1; round <= 3; round++) {
        ByteBuffer queries = Frames.queries(7, round * 1000);
        session.queries(queries, queries.limit());
        ByteBuffer events = Frames.events(7, round * 1000 - 1, 1);
        assertTrue(session.events(events, events.limit()) > 0);
        assertTrue(session.bytesHeld() > 0);
        sums.addAll(Frames.longs(session.next()));
      }
      assertEquals(Arrays.<Object>asList("1", "2", "3"), sums);
    }
  }

  @Test
  void anAnswerLargerThanTheBufferArrivesWhole() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      long[] places = new long[2 * 50_000];
      for (int i = 0; i < places.length / 2; i++) places[2 * i] = i;
      ByteBuffer queries = Frames.queries(places);
      session.queries(queries, queries.limit());
      assertEquals(50_000, Frames.longs(session.next()).size());
    }
  }

  @Test
  void aMessageMayBeginBehindTheStartOfItsBuffer() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer message = Frames.queries(1, 1);
      ByteBuffer shifted = ByteBuffer.allocateDirect(message.limit() + 3);
      shifted.position(3);
      shifted.put(message.duplicate()).position(3);
      session.queries(shifted, message.limit());
      assertEquals(1, Frames.longs(session.next()).size());
    }
  }

  @Test
  void messagesOfNoRowsAreFine() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries();
      ByteBuffer events = Frames.events();
      session.queries(queries, queries.limit());
      session.events(events, events.limit());
      assertEquals(0, Frames.longs(session.next()).size());
    }
  }

  /** Every type that an aggregation takes goes from arrow-java through LAST and back. */
  @Test
  void everyTypeCrossesBothWays() {
    String[] types = {"boolean", "byte", "short", "int", "long", "float", "double", "string", "binary"};
    List<Field> inputs = new ArrayList<>();
    List<Field> outputs = new ArrayList<>();
    String[] columns = new String[types.length];
    String[] described = new String[2 * types.length];
    for (int i = 0; i < types.length; i++) {
      columns[i] = "c_" + types[i];
      described[2 * i] = columns[i];
      described[2 * i + 1] = types[i];
      inputs.add(Frames.field(columns[i], types[i]));
      outputs.add(Frames.field("out", types[i]));
    }
    byte[] definition = Definitions.groupBy("team.types", Definitions.LAST, 1, columns);
    try (Plan plan = Plan.open(definition, Definitions.options("five_minute", described));
        PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries(0, 10, 1, 10);
      session.queries(queries, queries.limit());
      ByteBuffer events = Frames.write(inputs, new long[] {0, 1, 0, 2}, root -> {
        for (FieldVector column : root.getFieldVectors().subList(2, root.getFieldVectors().size())) set(column, 1);
      });
      session.events(events, events.limit());
      List<List<Object>> rows = Frames.read(session.next(), outputs);
      assertEquals(
          Arrays.<Object>asList("true", "-5", "-500", "-50000", "5000000000", "1.5", "-0.0", "é日\uD83D\uDE00", "[0, -1]"),
          rows.get(0));
      assertEquals(java.util.Collections.nCopies(types.length, null), rows.get(1));
    }
  }

  private static void set(FieldVector column, int row) {
    if (column instanceof BitVector) ((BitVector) column).setSafe(row, 1);
    else if (column instanceof TinyIntVector) ((TinyIntVector) column).setSafe(row, -5);
    else if (column instanceof SmallIntVector) ((SmallIntVector) column).setSafe(row, -500);
    else if (column instanceof IntVector) ((IntVector) column).setSafe(row, -50000);
    else if (column instanceof BigIntVector) ((BigIntVector) column).setSafe(row, 5_000_000_000L);
    else if (column instanceof Float4Vector) ((Float4Vector) column).setSafe(row, 1.5f);
    else if (column instanceof Float8Vector) ((Float8Vector) column).setSafe(row, -0.0);
    else if (column instanceof VarCharVector) ((VarCharVector) column).setSafe(row, new Text("é日\uD83D\uDE00"));
    else if (column instanceof VarBinaryVector) ((VarBinaryVector) column).setSafe(row, new byte[] {0, -1});
    else throw new IllegalArgumentException(column.toString());
  }

  @Test
  void afterAnErrorOfTheKernelTheSessionRepeatsIt() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer descending = Frames.queries(1, 5, 0, 5);
      NativeException first =
          assertThrows(NativeException.class, () -> session.queries(descending, descending.limit()));
      assertEquals(NativeErrorCode.INVALID_ARGUMENT, first.code());
      ByteBuffer fine = Frames.queries(2, 5);
      NativeException second = assertThrows(NativeException.class, () -> session.queries(fine, fine.limit()));
      assertEquals(first.detail(), second.detail());
      assertThrows(NativeException.class, session::next);
    }
  }

  @Test
  void damagedMessagesAreRefusedAndDoNoHarm() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries(0, HOUR);
      session.queries(queries, queries.limit());
      ByteBuffer events = Frames.events(0, 1, 5);
      for (int length = 0; length < events.limit(); length++) {
        int cut = length;
        NativeException e = assertThrows(NativeException.class, () -> session.events(events, cut));
        assertEquals(NativeErrorCode.CORRUPT_DATA, e.code(), "cut to " + cut);
      }
      session.events(events, events.limit());
      assertEquals(Arrays.<Object>asList("5"), Frames.longs(session.next()));
    }
  }
}
