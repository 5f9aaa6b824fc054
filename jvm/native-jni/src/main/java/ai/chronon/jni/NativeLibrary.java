package ai.chronon.jni;

import ai.chronon.jni.NativeLoadException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Loads the native library, once for each class loader.
 *
 * <p>Places, in this order; the first that has the file decides:
 *
 * <ol>
 *   <li>system property {@value #PATH}: the library file itself, or the folder that it lies in;
 *   <li>the folders of {@code java.library.path};
 *   <li>the copy inside the jar, {@code native/<os>-<arch>/}, written to a new private folder under {@code java.io.tmpdir} and
 *       deleted as soon as it is mapped. Its name has version, check sum and class loader, because a JVM maps a file for
 *       one class loader only.
 * </ol>
 *
 * <p>The file's header is checked against this platform before the system is asked to map it, and its ABI number before
 * anything else is called. Threads that load at the same time wait for the first.
 */
public final class NativeLibrary {
  /** System property that names the library file or its folder. */
  public static final String PATH = "chronon.native.path";

  /** System property with options for {@link #configure}, applied when the library is loaded. */
  public static final String OPTIONS = "chronon.native.options";

  private static final String NAME = "chronon_native";
  private static final String ADVICE =
      "Set -D" + PATH + " to the library built for this platform (scripts/native writes it to build/native), or use a jar that has it.";

  private static boolean loaded;
  /** Set when a library is mapped that cannot be used: this class loader is stuck with it. */
  private static NativeLoadException stuck;

  private NativeLibrary() {}

  /**
   * Loads the library unless that is done already.
   *
   * @throws NativeLoadException naming the files that were tried and what would be right
   */
  public static synchronized void load() {
    if (loaded) return;
    if (stuck != null) throw stuck;
    String file = map();
    try {
      checkAbi(file);
    } catch (NativeLoadException e) {
      stuck = e;
      throw e;
    }
    NativeCalls.init(System.getProperty(OPTIONS, "{}").getBytes(StandardCharsets.UTF_8));
    loaded = true;
  }

  /**
   * Sets options: a JSON object with {@code log_level} and {@code max_session_bytes}. Sessions that are open keep theirs.
   *
   * @throws NativeException with {@code INVALID_ARGUMENT} for what is not understood
   */
  public static void configure(String options) {
    load();
    NativeCalls.init(options.getBytes(StandardCharsets.UTF_8));
  }

  /** Version, platform and allocator of the library, as JSON. */
  public static String buildInfo() {
    load();
    return new String(NativeCalls.buildInfo(), StandardCharsets.UTF_8);
  }

  /** Log lines of the library since the last call, as JSON: {@code {"dropped":0,"lines":[{"level","target","message"}]}}. */
  public static String drainLogs() {
    load();
    return new String(NativeCalls.drainLogs(), StandardCharsets.UTF_8);
  }

  private static String map() {
    String property = System.getProperty(PATH);
    String fileName = System.mapLibraryName(NAME);
    if (property != null && !property.isEmpty()) {
      Path path = Paths.get(property);
      if (Files.isDirectory(path)) path = path.resolve(fileName);
      if (!Files.isRegularFile(path)) {
        throw new NativeLoadException(
            Reason.MISSING, "There is no native library at " + path + ", where -D" + PATH + " says it is. " + ADVICE, null);
      }
      return mapFile(path, fileName);
    }
    List<String> tried = new ArrayList<>();
    for (String folder : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
      if (folder.isEmpty()) continue;
      Path path = Paths.get(folder, fileName);
      if (Files.isRegularFile(path)) return mapFile(path, fileName);
      tried.add(path.toString());
    }
    String resource = resource(Platform.current(), fileName);
    byte[] bundled = read(resource);
    if (bundled != null) return mapCopy(bundled, fileName, resource + " in the jar");
    tried.add(resource + " in the jar" + others());
    throw new NativeLoadException(
        Reason.MISSING,
        "There is no native library for " + Platform.current() + ". Tried: " + String.join(", ", tried) + ". " + ADVICE,
        null);
  }

  /** The platforms that the jar does have, for the message. */
  private static String others() {
    List<String> found = new ArrayList<>();
    for (String platform : Platform.RELEASED) {
      String file = platform.startsWith("macos") ? "lib" + NAME + ".dylib" : "lib" + NAME + ".so";
      if (NativeLibrary.class.getClassLoader().getResource(resource(platform, file)) != null) found.add(platform);
    }
    return found.isEmpty() ? " (which has none)" : " (which has it for " + String.join(", ", found) + ")";
  }

  private static String resource(String platform, String fileName) {
    return "native/" + platform + "/" + fileName;
  }

  private static String mapFile(Path path, String fileName) {
    byte[] header = new byte[Platform.HEADER];
    try (InputStream in = Files.newInputStream(path)) {
      header = Arrays.copyOf(header, fill(in, header));
    } catch (IOException e) {
      throw new NativeLoadException(Reason.UNUSABLE, "The native library " + path + " cannot be read: " + e, e);
    }
    checkHeader(header, path.toFile().length(), path.toString());
    try {
      System.load(path.toAbsolutePath().toString());
      return path.toString();
    } catch (UnsatisfiedLinkError e) {
      if (!mappedElsewhere(e)) throw unusable(path.toString(), e);
    }
    try {
      return mapCopy(Files.readAllBytes(path), fileName, path.toString());
    } catch (IOException e) {
      throw new NativeLoadException(Reason.UNUSABLE, "The native library " + path + " cannot be read: " + e, e);
    }
  }

  /** Maps a private copy, so that each class loader has a file, and so a state, of its own. */
  private static String mapCopy(byte[] content, String fileName, String origin) {
    checkHeader(Arrays.copyOf(content, Math.min(content.length, Platform.HEADER)), content.length, origin);
    int dot = fileName.lastIndexOf('.');
    ClassLoader loader = NativeLibrary.class.getClassLoader();
    String name = String.format(
        "%s-%s-%08x-%08x%s",
        fileName.substring(0, dot), version(), checkSum(content), System.identityHashCode(loader), fileName.substring(dot));
    try {
      // A new folder that only this user may enter: nobody can put another file there, and no other loader has this path.
      Path folder = Files.createTempDirectory("chronon-native-");
      Path copy = folder.resolve(name);
      try {
        Files.write(copy, content);
        System.load(copy.toAbsolutePath().toString());
        return origin;
      } catch (UnsatisfiedLinkError e) {
        throw unusable(origin + ", copied to " + copy, e);
      } finally {
        // A mapped file needs no name. Where the system disagrees (Windows), it goes when the JVM ends.
        if (!copy.toFile().delete()) copy.toFile().deleteOnExit();
        if (!folder.toFile().delete()) folder.toFile().deleteOnExit();
      }
    } catch (IOException e) {
      throw new NativeLoadException(
          Reason.UNUSABLE,
          "The native library " + origin + " cannot be copied to " + System.getProperty("java.io.tmpdir") + ": " + e
              + ". Set -Djava.io.tmpdir to a folder that can be written, or -D" + PATH + " to the library file.",
          e);
    }
  }

  private static void checkHeader(byte[] header, long size, String origin) {
    String found = Platform.of(header);
    String here = Platform.current();
    if (found.startsWith("Not ")) {
      throw new NativeLoadException(
          Reason.UNUSABLE, "The native library " + origin + " is unusable. " + found + ". " + ADVICE, null);
    }
    if (!Platform.fits(found, here)) {
      throw new NativeLoadException(
          Reason.WRONG_ARCHITECTURE,
          "The native library " + origin + " is built for " + found + ", this JVM runs on " + here + ". " + ADVICE,
          null);
    }
    if (Platform.isTruncated(header, size)) {
      throw new NativeLoadException(
          Reason.UNUSABLE,
          "The native library " + origin + " is cut off: it has " + size + " bytes and lacks its end. Copy it again.",
          null);
    }
  }

  private static void checkAbi(String file) {
    int found;
    try {
      found = NativeCalls.abiVersion();
    } catch (UnsatisfiedLinkError e) {
      throw new NativeLoadException(
          Reason.ABI_MISMATCH,
          file + " is a library, but not the one for this jar: it does not have the call abiVersion. " + ADVICE,
          e);
    }
    if (found != NativeCalls.ABI_VERSION) {
      throw new NativeLoadException(
          Reason.ABI_MISMATCH,
          "The native library " + file + " speaks version " + found + " of the calls, this jar speaks version "
              + NativeCalls.ABI_VERSION + ". Use library and jar of one release.",
          null);
    }
  }

  private static boolean mappedElsewhere(UnsatisfiedLinkError e) {
    return String.valueOf(e.getMessage()).contains("already loaded in another classloader");
  }

  private static NativeLoadException unusable(String origin, UnsatisfiedLinkError e) {
    return new NativeLoadException(
        Reason.UNUSABLE,
        "The system refuses to map the native library " + origin + ": " + e.getMessage()
            + ". Where the folder forbids execution, set -Djava.io.tmpdir to another, or -D" + PATH + " to the library file.",
        e);
  }

  private static String version() {
    String version = NativeLibrary.class.getPackage().getImplementationVersion();
    return version == null ? "dev" : version.replaceAll("[^A-Za-z0-9._]", "_");
  }

  /** Tells builds apart and guards nothing, so the quickest will do: a cold JVM takes half a second for a SHA-256 of the library. */
  private static long checkSum(byte[] content) {
    CRC32 sum = new CRC32();
    sum.update(content);
    return sum.getValue();
  }

  private static byte[] read(String resource) {
    try (InputStream in = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) return null;
      ByteArrayOutputStream content = new ByteArrayOutputStream(1 << 22);
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) content.write(buffer, 0, n);
      return content.toByteArray();
    } catch (IOException e) {
      throw new NativeLoadException(Reason.UNUSABLE, resource + " in the jar cannot be read: " + e, e);
    }
  }

  private static int fill(InputStream in, byte[] buffer) throws IOException {
    int filled = 0;
    while (filled < buffer.length) {
      int n = in.read(buffer, filled, buffer.length - filled);
      if (n < 0) break;
      filled += n;
    }
    return filled;
  }
}
