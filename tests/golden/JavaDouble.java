/** Prints doubles, by their bits, with the text that `Double.toString` of a JDK before 19 gives: `java JavaDouble.java`. */
public class JavaDouble {
  static long lcg = 7;

  static long next() {
    lcg = lcg * 6364136223846793005L + 1442695040888963407L;
    return lcg >>> 33;
  }

  static void print(double value) {
    System.out.println(Long.toHexString(Double.doubleToRawLongBits(value)) + " " + value);
  }

  public static void main(String[] args) {
    double[] special = {0.0, -0.0, Double.NaN, 1 / 0.0, -1 / 0.0, Double.MIN_VALUE, Double.MIN_NORMAL, Double.MAX_VALUE,
      0.1f, 1e-3, 9.99e-4, 1e7, 9999999, 1e8, 1e22, 1e23, 2e23, 8.41e21, 2.82879384806159E17, 1.387364135037754E18,
      // 64-bit sums wrap
      Double.longBitsToDouble(0x4537293b0a9e69ffL), Double.longBitsToDouble(0x453232ae63c59c6dL),
      // halfway between two texts
      1800000000000000.25, 1000000000000.03125};
    for (double value : special) print(value);
    for (int power = -1074; power < 1024; power += 17) print(Math.scalb(1.0, power));
    for (int i = 0; i < 90; i++) {
      print(Double.longBitsToDouble(next() << 33 ^ next() << 2));
      print(Double.parseDouble(next() % 999 + "E" + (next() % 630 - 325)));
      print(Math.nextDown(Double.parseDouble(next() % 99 + "E" + next() % 30)));
      print(next() << next() % 31);
      print((next() << 20 ^ next()) / 64.0);
      print(next() % 1000000 / 100.0);
      print(next() / 1e12);
    }
  }
}
