import java.io.*;
import java.util.*;

/** Prints the order in which hash maps with various histories hand out their keys: `java JavaOrder.java`. */
public class JavaOrder {
  static long lcg;

  static long next() {
    lcg = lcg * 6364136223846793005L + 1442695040888963407L;
    return lcg >>> 33;
  }

  /** The i-th key of a kind; the same draws give the same keys. */
  static Object key(String kind, int i) {
    long v = next();
    switch (kind) {
      case "str": return "key-" + v % 100000 + (v % 5 == 0 ? "-é😀" : "");
      case "long": return v % 1000000 * (v % 3 - 1) * (v % 7 == 0 ? 1L << 33 : 1);
      case "even": return 16L * i;
      case "dbl": return v % 1000000 / 64.0 - 5000;
      default: throw new IllegalArgumentException(kind);
    }
  }

  /** Every key is mapped to its number, which is all that is printed. */
  static void print(String history, String kind, int n, Collection<Integer> order) {
    StringBuilder line = new StringBuilder(history + " " + kind + " " + n + " ");
    for (int number : order) line.append(number).append(',');
    System.out.println(line);
  }

  @SuppressWarnings("unchecked")
  public static void main(String[] args) throws Exception {
    for (String kind : new String[] {"str", "long", "even", "dbl"}) {
      for (int n : new int[] {1, 2, 3, 6, 7, 9, 10, 12, 13, 24, 25, 48, 49, 200, 400}) {
        if (kind.equals("even") && n > 25) continue; // crowded slots of larger tables become trees
        lcg = n;
        LinkedHashMap<Object, Integer> keys = new LinkedHashMap<>();
        for (int i = 0; i < n; i++) keys.putIfAbsent(key(kind, i), keys.size());

        HashMap<Object, Integer> map = new HashMap<>();
        keys.forEach(map::put);
        print("put", kind, n, map.values());

        HashMap<Object, Integer> sized = new HashMap<>(map.size());
        map.forEach(sized::put);
        print("sized", kind, n, sized.values());

        print("copied", kind, n, new HashMap<>(map).values());
        print("cloned", kind, n, ((HashMap<Object, Integer>) map.clone()).values());

        List<Integer> ofSet = new ArrayList<>();
        for (Object key : new HashSet<>(map.keySet())) ofSet.add(map.get(key));
        print("set", kind, n, ofSet);

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new ObjectOutputStream(bytes).writeObject(map);
        Object reread = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        print("reread", kind, n, ((HashMap<Object, Integer>) reread).values());

        // every third key goes, and every sixth comes back
        keys.forEach((key, number) -> { if (number % 3 == 0) map.remove(key); });
        print("removed", kind, n, map.values());
        keys.forEach((key, number) -> { if (number % 6 == 0) map.put(key, number); });
        print("returned", kind, n, map.values());
      }
    }
  }
}
