package ai.chronon.jni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;

/** Main class for child JVMs: uses every native method, well and badly, then prints `done`. */
final class Exercise {
  private Exercise() {}

  public static void main(String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals("forever")) midBatch();
    for (int i = 0; i < 50; i++) {
      round();
      join();
      file();
      serving();
      mistakes();
    }
    NativeLibrary.configure("{\"log_level\":\"debug\"}");
    NativeLibrary.buildInfo();
    NativeLibrary.drainLogs();
    NativeStats stats = NativeStats.read();
    if (stats.openPlans() != 0 || stats.openSessions() != 0 || stats.openJoins() != 0 || stats.openFiles() != 0
        || stats.openServingPlans() != 0) {
      throw new AssertionError(stats);
    }
    System.out.println("done " + stats);
  }

  /** One sum of 5 and 7, with an answer that at first does not fit. */
  static void round() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      plan.describe();
      ByteBuffer queries = Frames.queries(0, 3_600_000, 1, 3_600_000);
      session.queries(queries, queries.limit());
      ByteBuffer events = Frames.events(0, 1_000, 5, 0, 2_000, 7);
      session.events(events, events.limit());
      if (NativeCalls.aggNext(session.handle(), ByteBuffer.allocateDirect(0)) >= 0) throw new AssertionError("it fits");
      Object sum = Frames.longs(session.next()).get(0);
      if (!"12".equals(sum)) throw new AssertionError("sum is " + sum);
    }
  }

  /** The same sum beside a left row. */
  static void join() {
    try (Plan plan = Definitions.hourlySum(); PartitionJoin join = PartitionJoin.open(plan, Rows.options(3))) {
      join.spill(Paths.get("unused"));
      ByteBuffer left = Rows.left(1, 9, 3_600_000);
      join.left(left, left.limit());
      ByteBuffer right = Rows.right(9, 1_000, 5, 9, 2_000, 7);
      join.right(right, right.limit());
      if (join.bytesHeld() <= 0) throw new AssertionError("rows are held");
      Object sum = Rows.all(join, 4).get(0).get(3);
      if (!Long.valueOf(12).equals(sum)) throw new AssertionError("sum is " + sum);
    }
  }

  /** A file of one row. */
  static void file() {
    try (ParquetFile file = ParquetFile.open(Rows.fileOptions(2))) {
      ByteBuffer row = Rows.fileRow(1, 2);
      if (file.put(row, row.limit(), Long.MAX_VALUE) <= 0) throw new AssertionError("a row is held");
      file.finish();
      if (file.take().get(0) != 'P' || file.take() != null) throw new AssertionError("the file in one piece");
    }
  }

  /** A request of one row. */
  static void serving() {
    String options = "{\"dialect\":\"airbnb\",\"kind\":\"temporal_events\",\"selected\":[{\"name\":\"amount\",\"type\":\"long\"}]}";
    byte[] definition = Definitions.groupBy("team.sum", Definitions.SUM, 1, "amount");
    try (ServingPlan plan = ServingPlan.open(definition, options); FetchCall call = new FetchCall()) {
      plan.describe();
      call.add(plan, 2, 0, FetchCall.FROM_BATCH_END, null);
      call.addStreamed(1, AvroBytes.longs(12L));
      Object sum = call.run(false).value(0, 0);
      if (!Long.valueOf(12).equals(sum)) throw new AssertionError("sum is " + sum);
    }
  }

  /** Both kinds of upload, and blocks, of one row each. */
  private static void upload() {
    try (Plan plan = Definitions.hourlySum(); PartitionUpload upload = PartitionUpload.open(plan, Rows.UPLOAD)) {
      upload.spill(Paths.get("unused"));
      ByteBuffer rows = Rows.right(7, 1, 10);
      if (upload.put(rows, rows.limit()) <= 0) throw new AssertionError("a row is held");
      if (upload.next() == null || upload.next() != null || upload.bytesHeld() < 0) throw new AssertionError("one key");
    }
    try (PartitionUpload upload = PartitionUpload.ofColumns(Rows.COLUMN_UPLOAD)) {
      ByteBuffer rows = Rows.right(7, 1, 10);
      upload.put(rows, rows.limit());
      if (upload.next() == null || upload.next() != null) throw new AssertionError("one row");
    }
    try (KeyBlocks blocks = KeyBlocks.open(Rows.BLOCKS)) {
      ByteBuffer rows = Rows.right(7, 1, 10);
      if (blocks.putRows(rows, rows.limit()) <= 0 || blocks.next() != null) throw new AssertionError("a row is held");
      blocks.flush();
      if (blocks.next() == null || blocks.next() != null) throw new AssertionError("one block");
    }
    AvroSchemas.record("{\"dialect\":\"airbnb\",\"name\":\"Key\",\"members\":[]}");
    StoredSketches.percentiles(StoredSketchesTest.ONE);
    StoredSketches.drift(StoredSketchesTest.ONE, StoredSketchesTest.ONE);
  }

  /** Calls every native method once or more. */
  static void everyMethod() {
    NativeCalls.abiVersion();
    NativeLibrary.buildInfo();
    round();
    join();
    upload();
    file();
    serving();
    NativeStats.read();
    NativeLibrary.drainLogs();
    NativeLibrary.configure("{}");
  }

  private static void mistakes() {
    refused(() -> NativeCalls.planDescribe(42));
    refused(() -> NativeCalls.planDescribe(0));
    refused(() -> NativeCalls.close(-1));
    refused(() -> NativeCalls.init(null));
    refused(() -> NativeCalls.init("nonsense é".getBytes(StandardCharsets.UTF_8)));
    refused(() -> NativeCalls.planOpen(null, null));
    refused(() -> NativeCalls.planOpen(new byte[] {1, 2, 3}, "{}".getBytes(StandardCharsets.UTF_8)));
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      long handle = session.handle();
      refused(() -> NativeCalls.aggUpdate(handle, 0, null, 0));
      refused(() -> NativeCalls.aggUpdate(handle, 0, ByteBuffer.allocate(8), 8));
      refused(() -> NativeCalls.aggUpdate(handle, 0, ByteBuffer.allocateDirect(8), 9));
      refused(() -> NativeCalls.aggUpdate(handle, 0, ByteBuffer.allocateDirect(8), -1));
      refused(() -> NativeCalls.aggUpdate(handle, 0, ByteBuffer.allocateDirect(8), 8));
      refused(() -> NativeCalls.aggUpdate(handle, 9, ByteBuffer.allocateDirect(8), 8));
      refused(() -> NativeCalls.aggNext(plan.handle(), ByteBuffer.allocateDirect(8)));
      refused(() -> NativeCalls.joinNext(handle, ByteBuffer.allocateDirect(8)));
      refused(() -> NativeCalls.filePut(handle, ByteBuffer.allocateDirect(8), 8, 1));
      refused(() -> NativeCalls.fileOpen(null));
      refused(() -> NativeCalls.servingOpen(null, null));
      refused(() -> NativeCalls.servingDescribe(handle));
      refused(() -> NativeCalls.fetch(null, 0));
      refused(() -> NativeCalls.fetch(ByteBuffer.allocateDirect(64), 64));
      refused(() -> NativeCalls.fileOpen("{}".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.joinOpen(plan.handle(), null));
      refused(() -> NativeCalls.joinOpen(plan.handle(), "{}".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.uploadOpen(plan.handle(), null));
      refused(() -> NativeCalls.uploadOpen(plan.handle(), "{}".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.columnUploadOpen("{}".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.uploadPut(handle, ByteBuffer.allocateDirect(8), 8));
      refused(() -> NativeCalls.uploadNext(0, ByteBuffer.allocateDirect(8)));
      refused(() -> NativeCalls.blocksOpen("{}".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.blocksPut(handle, false, ByteBuffer.allocateDirect(8), 8));
      refused(() -> NativeCalls.blocksNext(0, ByteBuffer.allocateDirect(8)));
      refused(() -> NativeCalls.avroSchema("[]".getBytes(StandardCharsets.UTF_8)));
      refused(() -> NativeCalls.sketchPercentiles(new byte[] {1, 2, 3}));
      refused(() -> NativeCalls.sketchDrift(new byte[0], null));
    }
    NativeCalls.init("{\"test_panic_in\":\"stats\"}".getBytes(StandardCharsets.UTF_8));
    refused(NativeCalls::stats);
  }

  private static void refused(Runnable call) {
    try {
      call.run();
    } catch (NativeException e) {
      return;
    }
    throw new AssertionError("the call was not refused");
  }

  private static void midBatch() {
    try (Plan plan = Definitions.hourlySum(); PointInTimeSession session = PointInTimeSession.open(plan)) {
      ByteBuffer queries = Frames.queries(0, Long.MAX_VALUE);
      session.queries(queries, queries.limit());
      for (long ts = 0; ; ts++) {
        ByteBuffer events = Frames.events(0, ts, 1);
        session.events(events, events.limit());
        if (ts == 100) System.out.println("in mid-batch");
      }
    }
  }
}
