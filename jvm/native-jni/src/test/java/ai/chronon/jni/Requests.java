package ai.chronon.jni;

import ai.chronon.jni.envelope.Request;
import ai.chronon.jni.envelope.RequestPart;
import ai.chronon.jni.flatbuffers.FlatBufferBuilder;

/** Request messages, built apart from {@link FetchCall}. */
final class Requests {
  private Requests() {}

  /** One part without batch value, and one row of the long 5 at the batch's end. */
  static byte[] oneRow(ServingPlan plan, long batchEnd) {
    FlatBufferBuilder builder = new FlatBufferBuilder();
    byte[] row = AvroBytes.longs(5L);
    int bytes = Request.createBytesVector(builder, row);
    int lengths = Request.createLengthsVector(builder, new long[] {row.length});
    int millis = Request.createMillisVector(builder, new long[] {batchEnd});
    Request.startPartsVector(builder, 1);
    RequestPart.createRequestPart(builder, plan.handle(), batchEnd + 1, batchEnd, Long.MIN_VALUE, -1, 1);
    int parts = builder.endVector();
    builder.finish(Request.createRequest(builder, parts, millis, lengths, bytes, false));
    return builder.sizedByteArray();
  }
}
