package ai.chronon.online

import org.slf4j.{Logger, LoggerFactory}

import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.{ConcurrentHashMap, RejectedExecutionException, ThreadPoolExecutor}

object TTLCache {

  /** Recomputes entries of all caches of the process. */
  private[online] val executor: ThreadPoolExecutor = FlexibleExecutionContext.buildExecutor
}

/** Values that are computed once per key and recomputed in the background when they are asked for after some time; whoever
  * asks meanwhile gets the old value. Entries are never evicted.
  *
  * @param f                     computes a value; what it throws reaches the caller of the first read, and nothing is kept
  * @param contextBuilder        the metrics of a key
  * @param ttlMillis             age after which `apply` has a value recomputed
  * @param nowFunc               the clock
  * @param refreshIntervalMillis age after which `refresh` has a value recomputed
  */
class TTLCache[I, O](
    f: I => O,
    contextBuilder: I => Metrics.Context,
    ttlMillis: Long = 2 * 60 * 60 * 1000,
    nowFunc: () => Long = () => System.currentTimeMillis(),
    refreshIntervalMillis: Long = 8 * 1000
) {
  case class Entry(value: O, updatedAtMillis: Long, updating: AtomicBoolean = new AtomicBoolean(false))

  @transient implicit lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  val cMap = new ConcurrentHashMap[I, Entry]()

  def apply(i: I): O = read(i, ttlMillis)

  /** As `apply`, for callers with a reason to believe that the value is out of date. Never waits for the new one. */
  def refresh(i: I): O = read(i, refreshIntervalMillis)

  private def read(i: I, maxAgeMillis: Long): O = {
    val entry = cMap.get(i)
    if (entry == null) cMap.computeIfAbsent(i, key => compute(key, "cache.insert")).value
    else {
      if (nowFunc() - entry.updatedAtMillis > maxAgeMillis && entry.updating.compareAndSet(false, true))
        recompute(i, entry)
      entry.value
    }
  }

  private def recompute(i: I, old: Entry): Unit =
    try TTLCache.executor.execute(() =>
        try cMap.put(i, compute(i, "cache.update"))
        catch {
          // Whatever it was, the next read may try again: a mark left behind would freeze the entry for good.
          case e: Throwable =>
            old.updating.set(false)
            contextBuilder(i).incrementException(e)
        }
      )
    catch {
      case e: RejectedExecutionException =>
        old.updating.set(false)
        contextBuilder(i).incrementException(e)
    }

  private def compute(i: I, counter: String): Entry = {
    val value = f(i)
    contextBuilder(i).increment(counter)
    Entry(value, nowFunc())
  }
}
