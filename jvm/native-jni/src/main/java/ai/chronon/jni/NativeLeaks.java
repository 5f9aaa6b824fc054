package ai.chronon.jni;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Notices native objects that were dropped without being closed. It only reports, in the log and in {@link #drain}: freeing them
 * here would hide the defect. Looks whenever a handle is opened or {@link #drain} is called; there is no thread.
 */
public final class NativeLeaks {
  /** System property: {@code true} records where each handle was opened, for the report. Costs a stack trace per handle. */
  public static final String TRACES = "chronon.native.leak_traces";

  private static final Logger LOG = Logger.getLogger(NativeLeaks.class.getName());
  private static final int MOST_REPORTS = 100;

  private static final ReferenceQueue<NativeHandle> DROPPED = new ReferenceQueue<>();
  private static final Map<AtomicBoolean, Watch> WATCHED = new ConcurrentHashMap<>();
  private static final List<String> REPORTS = Collections.synchronizedList(new ArrayList<String>());
  private static final AtomicLong COUNT = new AtomicLong();

  private NativeLeaks() {}

  /** How many handles were dropped unclosed since the classes were loaded, as far as the garbage collector has noticed. */
  public static long count() {
    look();
    return COUNT.get();
  }

  /** What was dropped unclosed since the last call, one line each, at most {@value #MOST_REPORTS}. */
  public static List<String> drain() {
    look();
    synchronized (REPORTS) {
      List<String> reports = new ArrayList<>(REPORTS);
      REPORTS.clear();
      return reports;
    }
  }

  /** Watches an object; the flag returned is set when it is closed. */
  static AtomicBoolean watch(NativeHandle object, String description) {
    look();
    AtomicBoolean closed = new AtomicBoolean();
    Throwable opened = Boolean.getBoolean(TRACES) ? new Throwable("opened here") : null;
    WATCHED.put(closed, new Watch(object, closed, description, opened));
    return closed;
  }

  static void forget(AtomicBoolean closed) {
    WATCHED.remove(closed);
  }

  private static void look() {
    for (Object dropped = DROPPED.poll(); dropped != null; dropped = DROPPED.poll()) {
      Watch watch = (Watch) dropped;
      if (WATCHED.remove(watch.closed) == null) continue;
      COUNT.incrementAndGet();
      String report = watch.description + " was dropped without close()";
      LOG.log(Level.WARNING, report, watch.opened);
      if (REPORTS.size() < MOST_REPORTS) REPORTS.add(report);
    }
  }

  private static final class Watch extends PhantomReference<NativeHandle> {
    final AtomicBoolean closed;
    final String description;
    final Throwable opened;

    Watch(NativeHandle object, AtomicBoolean closed, String description, Throwable opened) {
      super(object, DROPPED);
      this.closed = closed;
      this.description = description;
      this.opened = opened;
    }
  }
}
