package ai.chronon.online

import scala.collection.JavaConverters._

/** Reports how long a fetch through the Java API took, and its conversions of it. */
private[online] final class JavaFetchTimes(environment: String, requests: java.util.List[JavaRequest]) {
  private val started = System.currentTimeMillis()
  @volatile private var arrived = started
  private val context = {
    val names = requests.asScala.iterator.map(_.name).toSeq.distinct.mkString(",")
    if (environment == Metrics.Environment.JoinFetching) Metrics.Context(environment, join = names)
    else Metrics.Context(environment, groupBy = names)
  }

  def requestsConverted(): Unit = report("request_conversion", started)
  def responsesArrived(): Unit = arrived = System.currentTimeMillis()

  def responsesConverted(): Unit = {
    report("response_conversion", arrived)
    report("overall", started)
  }

  private def report(what: String, since: Long): Unit =
    context.distribution(s"java.$what.latency.millis", System.currentTimeMillis() - since)
}
