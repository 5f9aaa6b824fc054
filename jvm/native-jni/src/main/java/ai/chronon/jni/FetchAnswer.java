package ai.chronon.jni;

import ai.chronon.jni.envelope.Answer;
import ai.chronon.jni.envelope.AnswerPart;
import ai.chronon.jni.envelope.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;

/**
 * What came out of a {@link FetchCall}: bytes on the heap, from which values are decoded when they are asked for. Immutable, safe
 * for many threads, and nothing to close.
 */
public final class FetchAnswer {
  private final byte[] bytes;
  private final Answer answer;
  /** Where the values that do not fit into slots begin. */
  private final int valuesAt;

  FetchAnswer(byte[] bytes) {
    this.bytes = bytes;
    this.answer = Answer.getRootAsAnswer(ByteBuffer.wrap(bytes));
    this.valuesAt = answer.valuesAsByteBuffer().position();
  }

  /** How many parts there are. */
  public int parts() {
    return answer.partsLength();
  }

  /** Whether the part has an error in place of values. */
  public boolean failed(int part) {
    return part(part).error() >= 0;
  }

  /** What kind of thing went wrong, or null. */
  public NativeErrorCode errorCode(int part) {
    int error = part(part).error();
    return error < 0 ? null : NativeErrorCode.of(answer.errors(error).code());
  }

  /** What went wrong and where, or null. */
  public String error(int part) {
    int error = part(part).error();
    return error < 0 ? null : answer.errors(error).message();
  }

  /** How many streamed values of the part were left out because they cannot be decoded. */
  public int skipped(int part) {
    return (int) part(part).skipped();
  }

  /** How many slots the part has: one per output of its plan, or none when it failed. */
  public int slots(int part) {
    return (int) part(part).slots();
  }

  /**
   * The value of an output, made anew by every call: Boolean, Byte, Short, Integer, Long, Float, Double, String, {@code byte[]},
   * {@link ArrayList}, {@link HashMap}, {@code Object[]} for a struct, in the zipline dialect also {@link LocalDate}, {@link
   * Instant} and {@link BigDecimal}; or null.
   *
   * @throws IllegalStateException when the part failed
   * @throws IndexOutOfBoundsException when there is no such part or slot
   */
  public Object value(int part, int slot) {
    AnswerPart found = part(part);
    if (found.error() >= 0) throw new IllegalStateException("part " + part + " failed: " + error(part));
    if (slot < 0 || slot >= found.slots()) {
      throw new IndexOutOfBoundsException("slot " + slot + " of part " + part + ", which has " + found.slots());
    }
    int at = (int) found.firstSlot() + slot;
    long word = answer.slots(at);
    int kind = answer.kinds(at);
    switch (kind) {
      case Kind.Null:
        return null;
      case Kind.False:
        return Boolean.FALSE;
      case Kind.True:
        return Boolean.TRUE;
      case Kind.Byte:
        return (byte) word;
      case Kind.Short:
        return (short) word;
      case Kind.Int:
        return (int) word;
      case Kind.Long:
        return word;
      case Kind.Float:
        return Float.intBitsToFloat((int) word);
      case Kind.Double:
        return Double.longBitsToDouble(word);
      case Kind.Date:
        return LocalDate.ofEpochDay(word);
      case Kind.Timestamp:
        return Instant.ofEpochMilli(word);
      default:
        return new Reader(valuesAt + (int) word).read(kind);
    }
  }

  private AnswerPart part(int part) {
    if (part < 0 || part >= answer.partsLength()) {
      throw new IndexOutOfBoundsException("part " + part + " of " + answer.partsLength());
    }
    return answer.parts(part);
  }

  /** Reads values that stand one behind the other, as {@code fetch.fbs} says. */
  private final class Reader {
    private int at;

    Reader(int at) {
      this.at = at;
    }

    Object read(int kind) {
      switch (kind) {
        case Kind.Null:
          return null;
        case Kind.False:
          return Boolean.FALSE;
        case Kind.True:
          return Boolean.TRUE;
        case Kind.Byte:
          return bytes[at++];
        case Kind.Short:
          return (short) number(2);
        case Kind.Int:
          return (int) number(4);
        case Kind.Long:
          return number(8);
        case Kind.Float:
          return Float.intBitsToFloat((int) number(4));
        case Kind.Double:
          return Double.longBitsToDouble(number(8));
        case Kind.Date:
          return LocalDate.ofEpochDay((int) number(4));
        case Kind.Timestamp:
          return Instant.ofEpochMilli(number(8));
        case Kind.String:
          int length = (int) number(4);
          at += length;
          return new String(bytes, at - length, length, StandardCharsets.UTF_8);
        case Kind.Binary:
          int size = (int) number(4);
          at += size;
          return Arrays.copyOfRange(bytes, at - size, at);
        case Kind.List:
          int elements = (int) number(4);
          ArrayList<Object> list = new ArrayList<>(elements);
          for (int i = 0; i < elements; i++) list.add(next());
          return list;
        case Kind.Struct:
          Object[] members = new Object[(int) number(4)];
          for (int i = 0; i < members.length; i++) members[i] = next();
          return members;
        case Kind.Map:
          int entries = (int) number(4);
          HashMap<Object, Object> map = new HashMap<>(Math.max(16, entries * 4 / 3 + 1));
          for (int i = 0; i < entries; i++) {
            Object key = next();
            map.put(key, next());
          }
          return map;
        case Kind.Decimal:
          int scale = bytes[at];
          at += 17;
          return new BigDecimal(new BigInteger(Arrays.copyOfRange(bytes, at - 16, at)), scale);
        default:
          throw new IllegalStateException("kind " + kind + " at byte " + at + " of an answer: the library is another version");
      }
    }

    private Object next() {
      return read(bytes[at++]);
    }

    /** The next bytes as a number, least significant first; its sign is that of the type it is narrowed to. */
    private long number(int width) {
      long number = 0;
      for (int i = 0; i < width; i++) number |= (bytes[at + i] & 0xFFL) << (8 * i);
      at += width;
      return number;
    }
  }
}
