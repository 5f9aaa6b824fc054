package ai.chronon.online.streaming.kafka

import ai.chronon.api.GroupBy
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.Metrics

import java.util.Locale

/** What a stream has done so far.
  *
  * @param messages read from the topic
  * @param rows     put into the store
  * @param bad      messages that are no rows
  */
final case class StreamCounts(messages: Long, rows: Long, bad: Long)

/** Counts of a stream, as metrics and as a line every few seconds.
  *
  * @param show  takes the lines
  * @param clock in milliseconds
  */
private[kafka] final class Progress(
    owner: String,
    groupBy: GroupBy,
    show: String => Unit,
    clock: () => Long = () => System.currentTimeMillis()
) {
  private val context = Metrics.Context(Metrics.Environment.GroupByStreaming, groupBy)
  private val ingress = context.withSuffix("ingress")
  private val egress = context.withSuffix("egress")

  private var counts = StreamCounts(0, 0, 0)
  private var shown = counts
  private var shownAt = clock()

  def total: StreamCounts = counts

  def read(messages: Int, bytes: Long): Unit = {
    counts = counts.copy(messages = counts.messages + messages)
    ingress.count(Metrics.Name.RowCount, messages.toLong)
    ingress.count(Metrics.Name.Bytes, bytes)
  }

  def failed(): Unit = {
    counts = counts.copy(bad = counts.bad + 1)
    ingress.increment(Metrics.Name.Exception)
  }

  def wrote(puts: Seq[PutRequest], millis: Long): Unit = {
    val now = clock()
    counts = counts.copy(rows = counts.rows + puts.size)
    egress.count(Metrics.Name.RowCount, puts.size.toLong)
    egress.distribution("put.write.latency.millis", millis)
    puts.foreach { put =>
      egress.distribution(Metrics.Name.KeyBytes, put.keyBytes.length.toLong)
      egress.distribution(Metrics.Name.ValueBytes, put.valueBytes.length.toLong)
      put.tsMillis.foreach(ts => egress.distribution(Metrics.Name.FreshnessMillis, now - ts))
    }
  }

  def attempted(written: Int, failed: Int): Unit = {
    if (written > 0) egress.count("put.success", written.toLong)
    if (failed > 0) egress.count("put.failure", failed.toLong)
  }

  /** Shows a line if it is time for one.
    *
    * @param lag messages that are not read yet
    */
  def lineIfDue(lag: => Long): Unit = if (clock() - shownAt >= Progress.Every) line(lag)

  def line(lag: Long): Unit = {
    val now = clock()
    val seconds = math.max(now - shownAt, 1) / 1000.0
    val rate = (counts.messages - shown.messages) / seconds
    show(
      s"$owner: ${counts.messages} messages read (%.1f a second), ${counts.rows} rows written, ${counts.bad} bad messages, lag $lag"
        .formatLocal(Locale.ROOT, rate)
    )
    shown = counts
    shownAt = now
  }
}

private[kafka] object Progress {
  private val Every = 10000L
}
