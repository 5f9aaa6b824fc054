package ai.chronon.jni;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Counters of this class loader's copy of the native library, as they were when {@link #read} was called. */
public final class NativeStats {
  private final String json;

  private NativeStats(String json) {
    this.json = json;
  }

  /** The counters now. */
  public static NativeStats read() {
    NativeLibrary.load();
    return new NativeStats(new String(NativeCalls.stats(), StandardCharsets.UTF_8));
  }

  /** Plans that are open. */
  public long openPlans() {
    return number("plan");
  }

  /** Sessions that are open. */
  public long openSessions() {
    return number("session");
  }

  /** Joins that are open. */
  public long openJoins() {
    return number("join");
  }

  /** Files that are open. */
  public long openFiles() {
    return number("file");
  }

  /** Serving plans that are open. */
  public long openServingPlans() {
    return number("serving plan");
  }

  /** Handles opened since the library was loaded. */
  public long opened() {
    return number("opened");
  }

  /** Handles closed since the library was loaded. */
  public long closed() {
    return number("closed");
  }

  /** Bytes held by open sessions, joins, files and serving plans, as of the last call on each. */
  public long bytesHeld() {
    return number("bytes_held");
  }

  /** Calls made, this one included. */
  public long calls() {
    return number("calls");
  }

  /** Calls that ended in an exception other than a panic. */
  public long errors() {
    return number("errors");
  }

  /** Calls that panicked. */
  public long panics() {
    return number("panics");
  }

  /** The counters as JSON. */
  @Override
  public String toString() {
    return json;
  }

  private long number(String name) {
    Matcher found = Pattern.compile('"' + name + "\":(\\d+)").matcher(json);
    if (!found.find()) throw new IllegalStateException("no " + name + " in " + json);
    return Long.parseLong(found.group(1));
  }
}
