package ai.chronon.jni;

import java.util.Locale;

/** Operating system and processor, and how to read them off a library file. */
final class Platform {
  /** Platforms that release jars carry a library for. */
  static final String[] RELEASED = {"linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-aarch64"};

  /** Bytes of a file that {@link #of} and {@link #isTruncated} need. */
  static final int HEADER = 64;

  private static final long ELF = 0x464c457fL;

  private Platform() {}

  /** The platform of this JVM, for example {@code linux-x86_64}. */
  static String current() {
    return name(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  static String name(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch = osArch.toLowerCase(Locale.ROOT);
    if (os.startsWith("mac") || os.startsWith("darwin")) os = "macos";
    else if (os.startsWith("windows")) os = "windows";
    else os = os.replace(' ', '_');
    if (arch.equals("amd64") || arch.equals("x64")) arch = "x86_64";
    else if (arch.equals("arm64")) arch = "aarch64";
    return os + "-" + arch;
  }

  /**
   * The platform that a library file is built for, or a sentence on why it is no library, which starts with a capital letter.
   *
   * @param header the first {@link #HEADER} bytes of the file, or all when it is shorter
   */
  static String of(byte[] header) {
    if (header.length < HEADER) return "Not a library: it has only " + header.length + " bytes";
    long magic = number(header, 0, 4);
    if (magic == ELF) {
      if (header[5] != 1) return "linux, big-endian";
      return "linux-" + elfMachine((int) number(header, 18, 2));
    }
    if (magic == 0xfeedfacfL) {
      long cpu = number(header, 4, 4);
      return "macos-" + (cpu == 0x01000007L ? "x86_64" : cpu == 0x0100000cL ? "aarch64" : "cpu" + cpu);
    }
    if (magic == 0xbebafecaL) return "macos-universal";
    if ((magic & 0xffff) == 0x5a4d) return "windows";
    return String.format("Not a library: it starts with bytes %02x %02x %02x %02x", header[0], header[1], header[2], header[3]);
  }

  /**
   * Whether a 64-bit ELF file ends before its section table, which linkers write last. Mapping such a file can kill the process.
   */
  static boolean isTruncated(byte[] header, long size) {
    if (header.length < HEADER || number(header, 0, 4) != ELF || header[4] != 2) return false;
    long table = number(header, 40, 8);
    return table + number(header, 58, 2) * number(header, 60, 2) > size;
  }

  /** Whether a file of platform {@code file} may be loaded here. */
  static boolean fits(String file, String here) {
    return file.equals(here) || (file.equals("macos-universal") && here.startsWith("macos-"));
  }

  private static String elfMachine(int machine) {
    switch (machine) {
      case 3:
        return "x86";
      case 40:
        return "arm";
      case 62:
        return "x86_64";
      case 183:
        return "aarch64";
      case 243:
        return "riscv64";
      default:
        return "machine" + machine;
    }
  }

  private static long number(byte[] bytes, int from, int count) {
    long value = 0;
    for (int i = count - 1; i >= 0; i--) value = value << 8 | (bytes[from + i] & 0xff);
    return value;
  }
}
