package ai.chronon.jni;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Avro binary, written by hand so that the tests need no Avro. */
final class AvroBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A record of whole numbers, each a union with null. */
  static byte[] longs(Long... members) {
    AvroBytes record = new AvroBytes();
    for (Long member : members) {
      if (member == null) record.absent();
      else record.present().number(member);
    }
    return record.bytes();
  }

  AvroBytes absent() {
    return number(0);
  }

  AvroBytes present() {
    return number(1);
  }

  /** An int or long; a count, a length, the index of a union. */
  AvroBytes number(long value) {
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7FL) != 0) {
      bytes.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return this;
  }

  AvroBytes truth(boolean value) {
    bytes.write(value ? 1 : 0);
    return this;
  }

  AvroBytes real(float value) {
    return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
  }

  AvroBytes real(double value) {
    return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
  }

  AvroBytes text(String value) {
    return binary(value.getBytes(StandardCharsets.UTF_8));
  }

  AvroBytes binary(byte... value) {
    return number(value.length).raw(value);
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  private AvroBytes raw(byte[] value) {
    bytes.write(value, 0, value.length);
    return this;
  }
}
