package ai.chronon.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is looked for, and what is said when it cannot be used. */
class NativeLibraryTest {
  @TempDir Path folder;
  private String property;
  private byte[] library;

  @BeforeEach
  void find() throws Exception {
    property = System.getProperty(NativeLibrary.PATH);
    String name = "native/" + Platform.current() + "/" + System.mapLibraryName("chronon_native");
    URL resource = NativeLibrary.class.getClassLoader().getResource(name);
    assertTrue(resource != null, name + " is not on the class path; build it by scripts/native");
    library = Files.readAllBytes(Paths.get(resource.toURI()));
  }

  @AfterEach
  void restore() {
    if (property == null) System.clearProperty(NativeLibrary.PATH);
    else System.setProperty(NativeLibrary.PATH, property);
  }

  private String loadFrom(Path path) throws Throwable {
    System.setProperty(NativeLibrary.PATH, path.toString());
    try (IsolatedLibrary isolated = new IsolatedLibrary(true)) {
      return isolated.load();
    }
  }

  private Path write(byte[] content) throws Exception {
    Path path = folder.resolve(System.mapLibraryName("chronon_native"));
    Files.write(path, content);
    return path;
  }

  private static void assertFailure(String expectedReason, String found, String... parts) {
    assertTrue(found.startsWith(expectedReason + ": "), found);
    for (String part : parts) assertTrue(found.contains(part), "`" + part + "` in: " + found);
  }

  @Test
  void theJarsCopyIsLoadedByEachClassLoaderWithAStateOfItsOwn() throws Throwable {
    System.clearProperty(NativeLibrary.PATH);
    try (IsolatedLibrary first = new IsolatedLibrary(true); IsolatedLibrary second = new IsolatedLibrary(true)) {
      first.call("Exercise", "round");
      second.call("NativeLibrary", "load");
      second.call("Exercise", "round");
      first.call("Exercise", "round");
      assertTrue(first.call("NativeStats", "read").contains("\"opened\":4"), first.call("NativeStats", "read"));
      assertTrue(second.call("NativeStats", "read").contains("\"opened\":2"), second.call("NativeStats", "read"));
    }
  }

  @Test
  void oneFileServesTwoClassLoaders() throws Throwable {
    System.setProperty(NativeLibrary.PATH, write(library).toString());
    try (IsolatedLibrary first = new IsolatedLibrary(false); IsolatedLibrary second = new IsolatedLibrary(false)) {
      first.call("Exercise", "round");
      second.call("Exercise", "round");
      assertTrue(first.call("NativeStats", "read").contains("\"opened\":2"));
      assertTrue(second.call("NativeStats", "read").contains("\"opened\":2"));
    }
  }

  @Test
  void thePropertyMayNameTheFolder() throws Throwable {
    write(library);
    assertEquals("loaded", loadFrom(folder));
  }

  @Test
  void aMissingFileIsNamed() throws Throwable {
    Path path = folder.resolve("nowhere.so");
    assertFailure("MISSING", loadFrom(path), path.toString(), "-D" + NativeLibrary.PATH, "scripts/native");
  }

  @Test
  void whereThereIsNoneAllPlacesAreNamed() throws Throwable {
    System.clearProperty(NativeLibrary.PATH);
    try (IsolatedLibrary isolated = new IsolatedLibrary(false)) {
      assertFailure("MISSING", isolated.load(), Platform.current(), "native/" + Platform.current() + "/", "which has none");
    }
  }

  @Test
  void anotherProcessorIsNamed() throws Throwable {
    assumeTrue(Platform.current().startsWith("linux-"), "the test changes the machine number of an ELF file");
    boolean here = Platform.current().endsWith("aarch64");
    library[18] = (byte) (here ? 62 : 183);
    Path path = write(library);
    assertFailure(
        "WRONG_ARCHITECTURE", loadFrom(path), path.toString(), "built for linux-" + (here ? "x86_64" : "aarch64"), "runs on " + Platform.current());
  }

  @Test
  void anotherOperatingSystemIsNamed() throws Throwable {
    byte[] mach = new byte[128];
    System.arraycopy(new byte[] {(byte) 0xcf, (byte) 0xfa, (byte) 0xed, (byte) 0xfe, 0x0c, 0, 0, 1}, 0, mach, 0, 8);
    assumeTrue(!Platform.current().equals("macos-aarch64"), "this is that system");
    assertFailure("WRONG_ARCHITECTURE", loadFrom(write(mach)), "built for macos-aarch64", "runs on " + Platform.current());
  }

  @Test
  void damagedFilesAreUnusable() throws Throwable {
    assertFailure("UNUSABLE", loadFrom(write(new byte[0])), "only 0 bytes");
    assertFailure("UNUSABLE", loadFrom(write("#!/bin/sh\nexit 0\n# not a library, but long enough to look at its head\n".getBytes(StandardCharsets.UTF_8))), "23 21 2f 62");
    if (Platform.current().startsWith("linux-")) {
      assertFailure("UNUSABLE", loadFrom(write(Arrays.copyOf(library, library.length / 2))), "cut off");
    }
  }

  @Test
  void anotherLibraryIsRefusedForGood() throws Throwable {
    Path other = Paths.get(System.getProperty("java.home"), "lib", System.mapLibraryName("prefs"));
    assumeTrue(Files.exists(other), "this JDK has no " + other);
    System.setProperty(NativeLibrary.PATH, other.toString());
    try (IsolatedLibrary isolated = new IsolatedLibrary(true)) {
      assertFailure("ABI_MISMATCH", isolated.load(), other.toString(), "abiVersion");
      System.clearProperty(NativeLibrary.PATH);
      assertFailure("ABI_MISMATCH", isolated.load());
    }
  }

  @Test
  void anotherVersionOfTheCallsIsRefused() throws Throwable {
    Path source = folder.resolve("old.c");
    Files.write(source, "int Java_ai_chronon_jni_NativeCalls_abiVersion(void *env, void *type) { return 999; }\n".getBytes(StandardCharsets.UTF_8));
    Path path = folder.resolve(System.mapLibraryName("old"));
    try {
      Process compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", path.toString(), source.toString()).start();
      assumeTrue(compiler.waitFor() == 0, "cc does not build shared libraries here");
    } catch (java.io.IOException e) {
      assumeTrue(false, "there is no C compiler to build a library with");
    }
    assertFailure("ABI_MISMATCH", loadFrom(path), "speaks version 999", "speaks version " + NativeCalls.ABI_VERSION);
  }

  @Test
  void platformNamesFollowOneScheme() {
    assertEquals("linux-x86_64", Platform.name("Linux", "amd64"));
    assertEquals("macos-aarch64", Platform.name("Mac OS X", "arm64"));
    assertEquals("windows-x86_64", Platform.name("Windows Server 2022", "amd64"));
  }
}
