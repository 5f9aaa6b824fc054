package ai.chronon.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A check sum of finalized values. Whole numbers and strings go into one number, exactly; floating numbers are added up
 * or, where estimates are compared, listed. Entries of maps count in any order.
 */
final class Digest {
  private long exact;
  private double sum;
  private final boolean listed;
  private final List<Double> estimates = new ArrayList<>();

  Digest(boolean listed) {
    this.listed = listed;
  }

  /** One more value of a column. */
  void add(Object value) {
    exact = exact * 31 + of(value);
  }

  /** What another check sum has, as one value. */
  void add(Digest other) {
    exact = exact * 31 + other.exact;
    sum += other.sum;
  }

  private long of(Object value) {
    if (value == null) {
      return 1;
    } else if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      sum += number;
      if (listed) {
        estimates.add(number);
      }
      return 2;
    } else if (value instanceof Number) {
      return ((Number) value).longValue();
    } else if (value instanceof String) {
      return of(((String) value).getBytes(StandardCharsets.UTF_8));
    } else if (value instanceof float[]) {
      long list = 3;
      for (float number : (float[]) value) {
        list = list * 31 + of(number);
      }
      return list;
    } else if (value instanceof List) {
      long list = 3;
      for (Object element : (List<?>) value) {
        list = list * 31 + of(element);
      }
      return list;
    } else if (value instanceof Map) {
      long map = 4;
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        map += of(entry.getKey()) * 31 + of(entry.getValue());
      }
      return map;
    }
    throw new IllegalArgumentException("no check sum of a " + value.getClass());
  }

  /** FNV-1a. */
  static long of(byte[] bytes) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : bytes) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  /** The line that the driver compares with the kernel's. */
  String line(String id) {
    List<Double> doubles = listed ? estimates : Collections.singletonList(sum);
    return String.format("{\"id\": \"%s\", \"exact\": \"%016x\", \"doubles\": %s}", id, exact, doubles);
  }
}
