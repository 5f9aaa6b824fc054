package ai.chronon.online

import java.util

/** The metrics of one request, kept until its answer is on its way: sending one takes a lock and may wake the thread that writes
  * to the socket, which a request need not wait for. Counts of the same thing are sent as their sum.
  */
private[online] final class RequestMetrics {
  import RequestMetrics._

  private val counts = new util.LinkedHashMap[Count, Array[Long]]
  private val contexts = new util.ArrayList[Metrics.Context](InitialSize)
  private val names = new util.ArrayList[String](InitialSize)
  private var values = new Array[Long](InitialSize)

  def count(context: Metrics.Context, metric: String, value: Long): Unit =
    counts.computeIfAbsent(new Count(context, metric), _ => new Array[Long](1))(0) += value

  def distribution(context: Metrics.Context, metric: String, value: Long): Unit = {
    if (contexts.size == values.length) values = util.Arrays.copyOf(values, 2 * values.length)
    values(contexts.size) = value
    contexts.add(context)
    names.add(metric)
  }

  def send(): Unit = {
    counts.forEach((count, sum) => count.context.count(count.metric, sum(0)))
    var i = 0
    while (i < contexts.size) {
      contexts.get(i).distribution(names.get(i), values(i))
      i += 1
    }
  }
}

private[online] object RequestMetrics {
  private val InitialSize = 64

  /** Parts have their contexts for as long as their join's plan lives, so the object tells which it is. */
  private final class Count(val context: Metrics.Context, val metric: String) {
    override def hashCode: Int = 31 * System.identityHashCode(context) + metric.hashCode
    override def equals(other: Any): Boolean = other match {
      case count: Count => (count.context eq context) && count.metric == metric
      case _            => false
    }
  }
}
