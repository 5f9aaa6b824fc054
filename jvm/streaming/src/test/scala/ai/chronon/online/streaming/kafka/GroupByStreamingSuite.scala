package ai.chronon.online.streaming.kafka

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.KVStore.{AppendRequest, GetRequest}
import ai.chronon.online.serde.AvroCodec
import ai.chronon.online.streaming.Streamed
import ai.chronon.online.testkit.FaultyStore
import ai.chronon.online.{Api, KVStore}
import ai.chronon.stores.sqlite.SqliteApi
import org.scalatest.BeforeAndAfterAll
import org.scalatest.concurrent.Eventually.{eventually, interval, timeout}
import org.scalatest.funsuite.AnyFunSuite
import org.scalatest.time.{Millis, Seconds, Span}

import java.io.File
import java.nio.file.Files
import java.util.concurrent.ConcurrentLinkedQueue
import scala.collection.JavaConverters._
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, ExecutionContext, Future}
import scala.reflect.io.Directory

/** A group-by that is kept fresh from a real broker: what a fetch sees, what a restart does, what is left out. */
class GroupByStreamingSuite extends AnyFunSuite with BeforeAndAfterAll {
  private implicit val threads: ExecutionContext = ExecutionContext.global
  private lazy val started: Either[String, KafkaBroker] = KafkaBroker.start()
  private lazy val folder = Files.createTempDirectory("streaming").toFile

  override def afterAll(): Unit = {
    started.foreach(_.close())
    new Directory(folder).deleteRecursively()
    ()
  }

  private def brokerTest(name: String)(body: (KafkaBroker, World) => Unit): Unit = test(name) {
    val broker = started.fold(reason => cancel(s"skipped: $reason"), identity)
    val topic = name.replaceAll("[^a-z]+", "-").take(60)
    body(broker, new World(broker, topic, new File(folder, s"$topic.db")))
  }

  private def message(user: String, cents: Int, second: Int): String =
    s"""{"user": "$user", "cents": $cents, "at": ${Streamed.BatchEnd + 1000 * second}}"""

  private def within[T](seconds: Int)(body: => T): T =
    eventually(timeout(Span(seconds.toLong, Seconds)), interval(Span(50, Millis)))(body)

  /** A topic, a store with the upload of a group-by of it, and runs of the job. */
  private class World(broker: KafkaBroker, val topic: String, file: File) {
    val settings: Map[String, String] = Map("path" -> file.getPath)
    val served: GroupByServingInfo = Streamed.spending(s"kafka://$topic")
    val api: Api = new SqliteApi(settings)
    val lines = new ConcurrentLinkedQueue[String]
    broker.create(topic, partitions = 2)
    Streamed.upload(served, api.genKvStore)

    def job(
        options: StreamOptions => StreamOptions = identity,
        store: KVStore => KVStore = identity
    ): GroupByStreaming = {
      val all =
        options(StreamOptions(bootstrap = Some(broker.address), settings = Map("start_offset" -> "earliest")))
      val online = new SqliteApi(settings) {
        override def genKvStore: KVStore = store(super.genKvStore)
      }
      new GroupByStreaming(served.getGroupBy, online, all, line => { lines.add(line); () })
    }

    def toEnd(store: KVStore => KVStore = identity): StreamCounts = job(_.copy(untilEnd = true), store).run()

    /** Times and amounts that are stored of a user. */
    def stored(user: String): Seq[(Long, Any)] = {
      val key = AvroCodec.of(served.getKeyAvroSchema).encode(Map("user" -> user))
      val codec = AvroCodec.of(Streamed.parsed(served).valueAvroSchema)
      val request = GetRequest(key, TableNames.streamingDataset(served.getGroupBy), Some(Streamed.BatchEnd))
      Await.result(api.genKvStore.get(request), 30.seconds).values.get.toSeq
        .map(value => (value.millis - Streamed.BatchEnd) / 1000 -> codec.decodeRow(value.bytes).head).sortBy(
          _._1
        )
    }
  }

  brokerTest("an event is seen by the next fetch") { (broker, world) =>
    import world._
    val running = job()
    val counts = Future(running.run())
    val fetcher = api.fetcher
    def fetched: Option[Map[String, Any]] = {
      val request = Request("team.spending.v1", Map("user" -> "ann"), Some(Streamed.BatchEnd + 3600000))
      Option(Await.result(fetcher.fetchGroupBys(Seq(request)), 30.seconds).head.values.get)
    }
    try {
      broker.send(topic, message("ann", 250, 1), message("bob", 100, 1))
      within(60)(assert(fetched.contains(Map("amount_sum" -> 2.5, "amount_count" -> 1L))))
      broker.send(topic, message("ann", 150, 2))
      within(30)(assert(fetched.contains(Map("amount_sum" -> 4.0, "amount_count" -> 2L))))
    } finally {
      running.stop()
      fetcher.close()
    }
    assert(Await.result(counts, 60.seconds) == StreamCounts(3, 3, 0))
    assert(lines.asScala.last.matches(
      "group-by team.spending.v1: 3 messages read \\(.* a second\\), 3 rows written, 0 bad messages, lag 0"
    ))
  }

  brokerTest("it stops where the topic ended, and goes on from there") { (broker, world) =>
    import world._
    assert(toEnd() == StreamCounts(0, 0, 0))
    broker.send(topic, (1 to 1200).map(i => message(s"u${i % 3}", i, i)): _*)
    assert(toEnd() == StreamCounts(1200, 1200, 0))
    broker.send(topic, message("u0", 5, 5000), "{", message("u0", 0, 5001), """{"user": 5}""")
    assert(toEnd() == StreamCounts(4, 1, 2))
    assert(stored("u0").size == 401 && stored("u0").last == (5000L -> 0.05))
    assert(toEnd() == StreamCounts(0, 0, 0))
  }

  brokerTest("rows of one key and millisecond all count, however often they are read") { (broker, world) =>
    import world._
    broker.send(topic, Seq.fill(5)(message("ann", 100, 1)) :+ message("ann", 300, 1): _*)
    def amounts = stored("ann").map(_._2).groupBy(identity).map { case (amount, all) => amount -> all.size }
    assert(toEnd().rows == 6 && amounts == Map(1.0 -> 5, 3.0 -> 1))
    broker.forget("chronon-team_spending_v1")
    assert(toEnd().rows == 6 && amounts == Map(1.0 -> 5, 3.0 -> 1))
  }

  brokerTest("rows that the store refuses are read again by the next start") { (broker, world) =>
    import world._
    broker.send(topic, (1 to 20).map(i => message("ann", i, i)): _*)
    val down = new IllegalStateException("down")
    val failed = intercept[StoreWriteException](toEnd(store => new PutsFail(store, down)))
    assert(failed.getMessage.contains("TEAM_SPENDING_V1_STREAMING") && failed.getMessage.contains("down"))
    assert(stored("ann").isEmpty)
    assert(toEnd() == StreamCounts(20, 20, 0))
    assert(stored("ann").map(_._1) == (1 to 20))
  }

  brokerTest("a process that is told to end finishes what it has read, and loses nothing") {
    (broker, world) =>
      import world._
      val log = File.createTempFile("streaming", ".log", folder)
      val command = Seq(
        new File(sys.props("java.home"), "bin/java").getPath,
        "-cp",
        sys.props("java.class.path"),
        "-Xmx512m",
        classOf[StreamingProcess].getName,
        broker.address,
        topic,
        settings("path")
      )
      val process = new ProcessBuilder(command: _*).redirectErrorStream(true).redirectOutput(log).start()
      try {
        var sent = 0
        def more(count: Int): Unit = {
          broker.send(topic, (sent + 1 to sent + count).map(i => message("ann", 1, i)): _*)
          sent += count
        }
        more(1000)
        within(90)(assert(stored("ann").size >= 1000, "the process reads"))
        more(3000)
        process.destroy() // SIGTERM
        more(500)
        assert(process.waitFor(60, java.util.concurrent.TimeUnit.SECONDS), "it ends")
        val counts = toEnd()
        assert(stored("ann").map(_._1) == (1 to sent), s"${counts.messages} by the second process")
        val said = new String(Files.readAllBytes(log.toPath))
        assert(said.contains(s"${sent - counts.messages} messages read"), s"nothing twice: $said")
      } finally process.destroyForcibly()
  }

  brokerTest("a rehearsal shows rows, writes none, and takes nothing from the job") { (broker, world) =>
    import world._
    broker.send(topic, message("ann", 400, 7))
    assert(job(_.copy(untilEnd = true, showRows = true)).run() == StreamCounts(1, 0, 0))
    assert(lines.asScala.exists(_ ==
      s"TEAM_SPENDING_V1_STREAMING key 0206616e6e value 020000000000001040 at ${Streamed.BatchEnd + 7000}"))
    assert(stored("ann").isEmpty && toEnd() == StreamCounts(1, 1, 0))
  }

  brokerTest("messages from before the batch's end are not read unless asked for") { (broker, world) =>
    import world._
    broker.send(topic, message("ann", 400, 7))
    // The broker got it now, long after the batch's end, and a day before the end of a batch of tomorrow.
    val tomorrow = System.currentTimeMillis() + 24L * 3600 * 1000
    def start(offset: String) =
      job(_.copy(untilEnd = true, noWrites = true, settings = Map("start_offset" -> offset)))
    assert(start("batch_end").run().messages == 1)
    assert(start(tomorrow.toString).run().messages == 0)
    assert(start("latest").run().messages == 0)
  }

  brokerTest("what is wrong is said at the start") { (broker, world) =>
    import world._
    def refused(body: => Any) = intercept[InvalidDefinitionException](body).getMessage
    val elsewhere = served.deepCopy()
    elsewhere.getGroupBy.getSources.get(0).getEvents.setTopic("wat-is-wrong-is-said-at-the-start")
    val options = StreamOptions(bootstrap = Some(broker.address))
    def run(groupBy: GroupBy, options: StreamOptions) =
      new GroupByStreaming(groupBy, api, options, _ => ()).run()
    assert(refused(run(elsewhere.getGroupBy, options)).contains(s"the nearest names are $topic"))
    assert(refused(run(served.getGroupBy, StreamOptions())).contains("--kafka-bootstrap"))
    assert(refused(run(
      served.getGroupBy,
      options.copy(settings = Map("start_offset" -> "soon"))
    )).contains("start_offset = soon"))
    elsewhere.getGroupBy.getSources.get(0).getEvents.setTopic("pubsub://t")
    assert(refused(run(elsewhere.getGroupBy, options)).contains("only kafka"))
    elsewhere.getGroupBy.getMetaData.setName("team.other.v1")
    assert(intercept[IllegalStateException](run(
      elsewhere.getGroupBy,
      options
    )).getMessage.contains("load it first"))
  }
}

/** A store that takes no rows. */
private class PutsFail(inner: KVStore, error: Throwable) extends FaultyStore(inner) {
  override def multiAppend(rows: scala.collection.Seq[AppendRequest]): Future[scala.collection.Seq[Boolean]] =
    Future.failed(error)
}

/** The job as a process: brokers, topic, file of the store. */
class StreamingProcess

object StreamingProcess {
  def main(args: Array[String]): Unit = {
    val Array(brokers, topic, file) = args
    val options = StreamOptions(bootstrap = Some(brokers), settings = Map("start_offset" -> "earliest"))
    val api = new SqliteApi(Map("path" -> file))
    new GroupByStreaming(Streamed.spending(s"kafka://$topic").getGroupBy, api, options, println(_)).run()
    ()
  }
}
