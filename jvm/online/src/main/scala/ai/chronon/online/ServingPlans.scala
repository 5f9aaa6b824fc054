package ai.chronon.online

import ai.chronon.jni.{FetchAnswer, FetchCall, ServingPlan}

import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.{ConcurrentHashMap, ConcurrentLinkedQueue}

/** The native plans of a fetcher, one for each group-by it has met, and the calls that go with them.
  *
  * A new serving info usually has the definition of the old one and keeps its plan. Where it has not, the old plan is closed as soon
  * as the last request that uses it has been answered.
  */
private[online] final class ServingPlans extends AutoCloseable {
  import ServingPlans._

  private val plans = new ConcurrentHashMap[String, Entry]
  private val calls = new ConcurrentLinkedQueue[FetchCall]

  /** The plan of a serving info, to be released by the caller.
    *
    * @param name under which the serving info is looked up
    */
  def acquire(name: String, info: GroupByServingInfoParsed): Shared = {
    val entry = plans.get(name)
    if (entry != null && (entry.info eq info) && entry.shared.acquire()) entry.shared
    else {
      var acquired: Shared = null
      plans.compute(
        name,
        (_, old) =>
          if (old != null && old.fits(info) && old.shared.acquire()) {
            acquired = old.shared
            new Entry(info, old.shared)
          } else {
            val opened = new Shared(ServingPlan.open(info.groupByBytes, info.planOptions))
            opened.acquire()
            acquired = opened
            if (old != null) old.shared.release()
            new Entry(info, opened)
          }
      )
      acquired
    }
  }

  /** Fills a call and runs it. Calls keep their buffers, so they are used again. */
  def run(skipUndecodable: Boolean)(fill: FetchCall => Unit): FetchAnswer = {
    val call = Option(calls.poll()).getOrElse(new FetchCall)
    try {
      fill(call)
      val answer = call.run(skipUndecodable)
      if (calls.size < MostIdleCalls) calls.add(call) else call.close()
      answer
    } catch {
      // A call that was left half filled is not used again.
      case e: Throwable =>
        call.close()
        throw e
    }
  }

  override def close(): Unit = {
    plans.keySet.forEach { name =>
      val entry = plans.remove(name)
      if (entry != null) entry.shared.release()
    }
    var call = calls.poll()
    while (call != null) {
      call.close()
      call = calls.poll()
    }
  }
}

private[online] object ServingPlans {
  private val MostIdleCalls = 64

  private final class Entry(val info: GroupByServingInfoParsed, val shared: Shared) {
    def fits(other: GroupByServingInfoParsed): Boolean =
      info.planOptions == other.planOptions && java.util.Arrays.equals(info.groupByBytes, other.groupByBytes)
  }

  /** A plan that is closed when nobody uses it any more; who opens it is its first user. */
  final class Shared(val plan: ServingPlan) {
    private val users = new AtomicInteger(1)

    /** Whether it is still open, and stays so until released. */
    def acquire(): Boolean = users.getAndUpdate(n => if (n == 0) 0 else n + 1) > 0

    def release(): Unit = if (users.decrementAndGet() == 0) plan.close()
  }
}
