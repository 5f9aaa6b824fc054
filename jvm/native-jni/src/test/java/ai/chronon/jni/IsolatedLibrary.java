package ai.chronon.jni;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

/** The classes under test in a class loader of their own, with or without the native library among the resources. */
final class IsolatedLibrary implements AutoCloseable {
  private final URLClassLoader loader;

  IsolatedLibrary(boolean withResource) throws IOException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (withResource || !new File(entry, "native").isDirectory()) urls.add(new File(entry).toURI().toURL());
    }
    loader = new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getSystemClassLoader().getParent());
  }

  /** Calls a static method without arguments and returns its result as text; what it throws is thrown as is. */
  String call(String className, String method) throws Throwable {
    Method found = Class.forName("ai.chronon.jni." + className, true, loader).getDeclaredMethod(method);
    found.setAccessible(true);
    try {
      return String.valueOf(found.invoke(null));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** Loads the library and returns `REASON: message` of the failure, or `loaded`. */
  String load() throws Throwable {
    try {
      call("NativeLibrary", "load");
      return "loaded";
    } catch (RuntimeException e) {
      Method reason = e.getClass().getMethod("reason");
      return reason.invoke(e) + ": " + e.getMessage();
    }
  }

  @Override
  public void close() throws IOException {
    loader.close();
  }
}
