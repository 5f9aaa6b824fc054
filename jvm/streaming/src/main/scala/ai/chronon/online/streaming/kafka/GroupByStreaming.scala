package ai.chronon.online.streaming.kafka

import ai.chronon.api.{Constants, GroupBy, TableNames}
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.streaming.StreamedRows
import ai.chronon.online.{Api, GroupByServingInfoParsed, KVStore, MetadataStore, StoreClosing}
import org.slf4j.LoggerFactory

import java.util.concurrent.{CountDownLatch, TimeUnit}
import scala.util.{Failure, Success}

/** What a run of the job is told.
  *
  * @param bootstrap brokers, before all other places that name some
  * @param settings  the user's (`-Zkey=value`)
  * @param untilEnd  whether to stop where the topic ends at the start
  * @param showRows  whether rows are shown instead of written
  * @param noWrites  whether nothing is written
  */
final case class StreamOptions(
    bootstrap: Option[String] = None,
    settings: Map[String, String] = Map.empty,
    untilEnd: Boolean = false,
    showRows: Boolean = false,
    noWrites: Boolean = false
)

/** Keeps a group-by fresh: the messages of its Kafka topic, decoded by the integrator's `Api`, as rows of its streaming dataset. One
  * process without an engine of streams; more of them share the partitions.
  *
  * Needs the group-by's upload in the store: it says in which schemas rows are stored.
  *
  * @param show takes lines of progress
  */
final class GroupByStreaming(groupBy: GroupBy, api: Api, options: StreamOptions, show: String => Unit) {
  private val name = TableNames.name(groupBy.getMetaData)
  private val owner = s"group-by $name"

  @volatile private var stream: Option[KafkaStream] = None
  @volatile private var stopped = false

  /** Lets the messages that are under way finish, and `run` return. */
  def stop(): Unit = {
    stopped = true
    stream.foreach(_.stop())
  }

  /** Runs until the end of the topic if that is asked for, or until the process is told to end (SIGTERM, Ctrl-C): it then finishes
    * the messages that are under way.
    *
    * @throws ai.chronon.api.InvalidDefinitionException if the definition, its upload, its topic or a setting does not fit
    * @throws StoreWriteException                       if the store refuses rows time and again
    */
  def run(): StreamCounts = {
    val store = api.genKvStore
    try {
      val info = servingInfo(store)
      val rows = new StreamedRows(groupBy, info, api.streamDecoder(info))
      val rehearsal = options.showRows || options.noWrites
      val topic = KafkaTopic.of(
        owner,
        rows.source.topic,
        // A rehearsal of the same group would take partitions away from the job.
        s"chronon-${TableNames.clean(name)}${if (rehearsal) "-rehearsal" else ""}",
        options.bootstrap,
        options.settings,
        info.batchEndTsMillis
      )
      val progress = new Progress(owner, groupBy, show)
      if (!rehearsal) store.create(TableNames.streamingDataset(groupBy))
      val writer = new StoreWriter(store, progress.attempted)
      stoppedWithProcess(new KafkaStream(
        topic,
        message => shown(rows.puts(message)),
        if (rehearsal) None else Some(writer.write),
        progress,
        options.untilEnd
      ))
    } finally StoreClosing.close(store)
  }

  private def servingInfo(store: KVStore): GroupByServingInfoParsed =
    new MetadataStore(
      store,
      Constants.ChrononMetadataKey,
      GroupByStreaming.MetadataMillis
    ).getGroupByServingInfo(
      name
    ) match {
      case Success(info)  => info
      case Failure(cause) => throw new IllegalStateException(
          s"$owner: its upload is not in the store: load it first, streamed rows are stored in its schemas: ${cause.getMessage}",
          cause
        )
    }

  private def shown(puts: Seq[PutRequest]): Seq[PutRequest] = {
    if (options.showRows) puts.foreach { put =>
      show(
        s"${put.dataset} key ${GroupByStreaming.hex(put.keyBytes)} value ${GroupByStreaming.hex(put.valueBytes)} " +
          s"at ${put.tsMillis.getOrElse("")}"
      )
    }
    puts
  }

  private def stoppedWithProcess(made: KafkaStream): StreamCounts = {
    stream = Some(made)
    if (stopped) made.stop()
    val done = new CountDownLatch(1)
    val hook = new Thread(() => {
      made.stop()
      if (!done.await(GroupByStreaming.StopSeconds, TimeUnit.SECONDS))
        GroupByStreaming.log.warn(
          s"$owner: the last messages could not be finished; the next start reads them again"
        )
    })
    Runtime.getRuntime.addShutdownHook(hook)
    try made.run()
    finally {
      done.countDown()
      try { Runtime.getRuntime.removeShutdownHook(hook); () }
      catch { case _: IllegalStateException => () } // the process ends already
    }
  }
}

object GroupByStreaming {
  private val log = LoggerFactory.getLogger(classOf[GroupByStreaming])

  /** How long the end of the process waits for messages that are under way. */
  private val StopSeconds = 60L
  private val MetadataMillis = 10000L

  private def hex(bytes: Array[Byte]): String = bytes.map(b => f"$b%02x").mkString
}
