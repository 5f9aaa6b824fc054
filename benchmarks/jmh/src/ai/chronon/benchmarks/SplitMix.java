package ai.chronon.benchmarks;

/** SplitMix64, number for number the generator of native/testkit, so that both sides make the same data. */
final class SplitMix {
  private long state;

  SplitMix(long seed) {
    state = seed;
  }

  /** The next 64 bits. */
  long bits() {
    state += 0x9e3779b97f4a7c15L;
    long bits = state;
    bits = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    bits = (bits ^ (bits >>> 27)) * 0x94d049bb133111ebL;
    return bits ^ (bits >>> 31);
  }

  /** A number in 0 to bound - 1: the upper half of the product of bound and the bits, read as unsigned. */
  long below(long bound) {
    long bits = bits();
    return Math.multiplyHigh(bits, bound) + ((bits >> 63) & bound);
  }

  /** A number in 0.0 to 1.0. */
  double unit() {
    return (bits() >>> 11) / (double) (1L << 53);
  }
}
