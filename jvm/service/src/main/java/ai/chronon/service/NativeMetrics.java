package ai.chronon.service;

import ai.chronon.jni.NativeLoadException;
import ai.chronon.jni.NativeStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToLongFunction;

/**
 * What the native library holds and has done, read when somebody looks. A service that leaks shows handles or bytes that only grow.
 *
 * <p>Where the library cannot be loaded nothing is held and all are 0; {@code /readyz} says why it cannot.
 */
final class NativeMetrics implements MeterBinder {
  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("chronon.native.handles", NativeMetrics::handles)
        .description("Native handles that are open: plans, sessions, joins, files")
        .register(registry);
    Gauge.builder("chronon.native.held", NativeMetrics::bytesHeld)
        .description("Bytes behind open native handles, as of the last call on each")
        .baseUnit(BaseUnits.BYTES)
        .register(registry);
    counter(registry, "chronon.native.calls", "Calls of the native library", NativeStats::calls);
    counter(registry, "chronon.native.errors", "Native calls that ended in an error", NativeStats::errors);
    counter(registry, "chronon.native.panics", "Native calls that ended in a panic, which is a bug", NativeStats::panics);
  }

  /** Handles that are open. */
  static long handles() {
    return read(stats -> stats.opened() - stats.closed());
  }

  /** Bytes behind open handles. */
  static long bytesHeld() {
    return read(NativeStats::bytesHeld);
  }

  private static void counter(MeterRegistry registry, String name, String description, ToLongFunction<NativeStats> of) {
    // The object is held weakly, and this binder is dropped once it has bound.
    FunctionCounter.builder(name, NativeMetrics.class, process -> read(of)).description(description).register(registry);
  }

  private static long read(ToLongFunction<NativeStats> of) {
    try {
      return of.applyAsLong(NativeStats.read());
    } catch (NativeLoadException e) {
      return 0;
    }
  }
}
