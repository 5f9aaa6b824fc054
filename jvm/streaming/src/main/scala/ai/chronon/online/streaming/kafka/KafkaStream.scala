package ai.chronon.online.streaming.kafka

import ai.chronon.online.KVStore.{AppendRequest, PutRequest}
import ai.chronon.online.streaming.BadRecordException
import org.apache.kafka.clients.consumer._
import org.apache.kafka.common.TopicPartition
import org.slf4j.LoggerFactory

import java.time.Duration
import java.util
import java.util.concurrent.atomic.AtomicBoolean
import scala.collection.JavaConverters._

/** Reads a topic and writes its rows until it is stopped. A message counts as read, at the brokers, when its rows are in the store:
  * whatever ends the process, the next one goes on with the first message whose rows may be missing. So every row is written at least once.
  *
  * Several processes of one group share the topic's partitions.
  *
  * @param rows     the rows of a message
  * @param write    puts rows into the store, and only returns when they are there; none for a rehearsal, which commits nothing
  * @param untilEnd whether to stop where the topic ended at the start
  */
private[kafka] final class KafkaStream(
    topic: KafkaTopic,
    rows: Array[Byte] => Seq[PutRequest],
    write: Option[Seq[AppendRequest] => Unit],
    progress: Progress,
    untilEnd: Boolean
) {
  import KafkaStream._

  private val stopping = new AtomicBoolean

  /** Lets the messages that are under way finish, and `run` return. */
  def stop(): Unit = stopping.set(true)

  def run(): StreamCounts = {
    val consumer = topic.open()
    try {
      consumer.subscribe(util.Collections.singleton(topic.name), new Assigned(consumer))
      // Asked for before the first message is read: what comes later is not waited for.
      val ends = if (untilEnd) endsOf(consumer) else Map.empty[TopicPartition, Long]
      while (!stopping.get && !(untilEnd && isAtEnd(consumer, ends))) {
        take(consumer, consumer.poll(PollTime))
        progress.lineIfDue(lag(consumer))
      }
      progress.line(lag(consumer))
      progress.total
    } finally consumer.close()
  }

  private def take(consumer: Messages, records: ConsumerRecords[Array[Byte], Array[Byte]]): Unit =
    if (!records.isEmpty) {
      // A vector: evaluated here and now, also where nobody looks at it.
      val puts = records.asScala.toVector.flatMap(rowsOf)
      val bytes = records.asScala.map(record => math.max(record.serializedValueSize, 0).toLong).sum
      progress.read(records.count, bytes)
      write.foreach { put =>
        val begun = System.nanoTime()
        put(puts)
        progress.wrote(puts.map(_.put), (System.nanoTime() - begun) / 1000000)
        commit(consumer)
      }
    }

  private def rowsOf(record: ConsumerRecord[Array[Byte], Array[Byte]]): Seq[AppendRequest] =
    try rows(record.value).zipWithIndex.map { case (put, i) => AppendRequest(put, position(record, i)) }
    catch {
      case e: BadRecordException =>
        val count = progress.total.bad
        if (count < LoggedOneByOne || count % LoggedEvery == 0) log.warn(
          s"${topic.owner}: message ${record.offset} of partition ${record.partition} of topic ${topic.name} is left out " +
            s"(${count + 1} so far): ${e.getMessage}"
        )
        progress.failed()
        Nil
    }

  /** A message has two rows at most, a topic fewer than 2^15 partitions. */
  private def position(record: ConsumerRecord[Array[Byte], Array[Byte]], row: Int): Long =
    (record.partition.toLong << 48) + (record.offset << 1) + row + 1

  private def commit(consumer: Messages): Unit =
    try consumer.commitSync()
    catch {
      case e: CommitFailedException =>
        log.warn(
          s"${topic.owner}: the partitions of topic ${topic.name} went to another process of group ${topic.group}, " +
            "which writes the last rows again",
          e
        )
    }

  private def endsOf(consumer: Messages): Map[TopicPartition, Long] = {
    val partitions =
      consumer.partitionsFor(topic.name).asScala.map(p => new TopicPartition(p.topic, p.partition))
    consumer.endOffsets(partitions.asJava).asScala.map { case (p, end) => p -> end.longValue }.toMap
  }

  private def isAtEnd(consumer: Messages, ends: Map[TopicPartition, Long]): Boolean = {
    val mine = consumer.assignment.asScala
    mine.nonEmpty && mine.forall(partition => consumer.position(partition) >= ends.getOrElse(partition, 0L))
  }

  private def lag(consumer: Messages): Long =
    consumer.assignment.asScala.map(partition => consumer.currentLag(partition).orElse(0L)).sum

  /** Where partitions begin that this group has not read from yet. */
  private final class Assigned(consumer: Messages) extends ConsumerRebalanceListener {
    override def onPartitionsRevoked(partitions: util.Collection[TopicPartition]): Unit = ()

    override def onPartitionsAssigned(partitions: util.Collection[TopicPartition]): Unit = {
      val all = new util.HashSet(partitions)
      val kept = consumer.committed(all).asScala.collect {
        case (partition, offset) if offset != null => partition
      }.toSet
      val fresh = all.asScala.filterNot(kept).toSeq
      if (fresh.nonEmpty) {
        seek(fresh)
        // Known from now on, so that a process that ends before the first message loses nothing that comes after.
        if (write.isDefined) consumer.commitSync(
          fresh.map(partition =>
            partition -> new OffsetAndMetadata(consumer.position(partition))
          ).toMap.asJava
        )
      }
      log.info(
        s"${topic.owner}: topic ${topic.name} from " +
          all.asScala.toSeq.map(p =>
            s"partition ${p.partition} message ${consumer.position(p)}"
          ).sorted.mkString(", ")
      )
    }

    private def seek(fresh: Seq[TopicPartition]): Unit = topic.start match {
      case StartOffset.Earliest   => consumer.seekToBeginning(fresh.asJava)
      case StartOffset.Latest     => consumer.seekToEnd(fresh.asJava)
      case StartOffset.At(millis) =>
        val times = consumer.offsetsForTimes(fresh.map(_ -> Long.box(millis)).toMap.asJava).asScala
        fresh.foreach { partition =>
          times.get(partition).filter(_ != null) match {
            case Some(found) => consumer.seek(partition, found.offset)
            case None        => consumer.seekToEnd(util.Collections.singleton(partition))
          }
        }
    }
  }
}

private[kafka] object KafkaStream {
  private type Messages = KafkaConsumer[Array[Byte], Array[Byte]]
  private val log = LoggerFactory.getLogger(classOf[KafkaStream])
  private val PollTime = Duration.ofMillis(200)

  /** Bad messages are logged one by one at first, then now and then: a topic can be full of them. */
  private val LoggedOneByOne = 10
  private val LoggedEvery = 1000
}
