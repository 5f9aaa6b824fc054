package ai.chronon.online.streaming.kafka

import ai.chronon.api.InvalidDefinitionException
import ai.chronon.online.TopicInfo
import org.apache.kafka.clients.consumer.{ConsumerConfig, KafkaConsumer}
import org.apache.kafka.common.errors.TimeoutException
import org.apache.kafka.common.serialization.ByteArrayDeserializer

import java.time.Duration
import java.util.{Locale, Properties}
import scala.collection.JavaConverters._

/** A topic, and how to read it.
  *
  * @param brokers host:port, with commas between
  * @param group   whose progress the brokers keep
  * @param start   where to begin what has not been read yet
  * @param extra   settings of the consumer
  */
private[kafka] final case class KafkaTopic(
    owner: String,
    name: String,
    brokers: String,
    group: String,
    start: StartOffset,
    extra: Map[String, String]
) {

  /** A consumer that commits nothing by itself.
    *
    * @throws ai.chronon.api.InvalidDefinitionException if brokers do not answer or have no such topic
    */
  def open(): KafkaConsumer[Array[Byte], Array[Byte]] = {
    val properties = new Properties
    extra.foreach { case (key, value) => properties.setProperty(key, value) }
    properties.setProperty(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers)
    properties.setProperty(ConsumerConfig.GROUP_ID_CONFIG, group)
    properties.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false")
    properties.setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false")
    // Every partition starts at a place of its own; this is for one whose kept place the brokers have deleted.
    properties.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest")
    properties.putIfAbsent(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, "600000")
    val bytes = new ByteArrayDeserializer
    val consumer = new KafkaConsumer[Array[Byte], Array[Byte]](properties, bytes, bytes)
    try {
      val names =
        try consumer.listTopics(KafkaTopic.AnswerTime).keySet.asScala
        catch {
          case e: TimeoutException => throw new InvalidDefinitionException(
              s"$owner: no broker of Kafka answers at $brokers: ${e.getMessage}",
              e
            )
        }
      if (!names.contains(name)) {
        val nearest = names.toSeq.sortBy(other => (KafkaTopic.distance(name, other), other)).take(5)
        throw new InvalidDefinitionException(
          s"$owner: there is no topic $name at $brokers; " +
            (if (nearest.isEmpty) "there are none" else s"the nearest names are ${nearest.mkString(", ")}")
        )
      }
      consumer
    } catch { case e: Throwable => consumer.close(); throw e }
  }
}

/** Where a stream begins that has read nothing yet. */
private[kafka] sealed trait StartOffset

private[kafka] object StartOffset {
  case object Earliest extends StartOffset
  case object Latest extends StartOffset

  /** The first message that the brokers got at this time or later. */
  final case class At(millis: Long) extends StartOffset
}

private[kafka] object KafkaTopic {
  private val AnswerTime = Duration.ofSeconds(15)
  private val ConsumerPrefix = "kafka."

  /** @param flag    brokers of the command line, which go before others
    * @param settings the user's, see `StreamSettings.keys`
    * @param batchEnd the time up to which the upload reaches
    */
  def of(
      owner: String,
      topic: String,
      group: String,
      flag: Option[String],
      settings: Map[String, String],
      batchEnd: Long
  ): KafkaTopic = {
    def refuse(text: String) = throw new InvalidDefinitionException(s"$owner: $text")
    val info = TopicInfo.parse(topic)
    if (info.topicType != "kafka")
      refuse(s"topic $topic is of the bus ${info.topicType}: only kafka is read by this job")
    def set(key: String) = settings.get(key).map(_.trim).filter(_.nonEmpty)
    val ofTopic =
      info.params.get("host").map(host => host + info.params.get("port").map(":" + _).getOrElse(""))
    val brokers = flag.orElse(set("bootstrap")).orElse(ofTopic).getOrElse(
      refuse(
        s"topic $topic says no broker: give --kafka-bootstrap host:port, or write the topic as $topic/host=…/port=…"
      )
    )
    val start = set("start_offset").orElse(info.params.get("start_offset")).getOrElse("batch_end") match {
      case "batch_end"                           => StartOffset.At(batchEnd)
      case "earliest"                            => StartOffset.Earliest
      case "latest"                              => StartOffset.Latest
      case millis if millis.matches("\\d{1,18}") => StartOffset.At(millis.toLong)
      case other                                 =>
        refuse(s"start_offset = $other: must be batch_end, earliest, latest or milliseconds since 1970")
    }
    val extra = settings.collect {
      case (key, value) if key.startsWith(ConsumerPrefix) => key.drop(ConsumerPrefix.length) -> value
    }
    KafkaTopic(owner, info.name, brokers, group, start, extra)
  }

  /** How many letters have to change to make one name of the other. */
  private[kafka] def distance(a: String, b: String): Int = {
    val (left, right) = (a.toLowerCase(Locale.ROOT), b.toLowerCase(Locale.ROOT))
    left.foldLeft((0 to right.length).toArray) { (row, letter) =>
      val next = new Array[Int](row.length)
      next(0) = row(0) + 1
      for (j <- 1 until row.length) {
        val change = row(j - 1) + (if (right(j - 1) == letter) 0 else 1)
        next(j) = math.min(change, math.min(row(j), next(j - 1)) + 1)
      }
      next
    }.last
  }
}
