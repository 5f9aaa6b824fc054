package ai.chronon.stores.redis

import ai.chronon.api.PartitionSpec
import ai.chronon.jni.{NativeLeaks, NativeStats}
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.KVStore.{GetRequest, GetResponse, PutRequest}
import ai.chronon.online.testkit.Served
import io.lettuce.core.RedisException
import io.lettuce.core.protocol.AsyncCommand
import org.scalatest.funsuite.AnyFunSuite

import java.nio.charset.StandardCharsets.UTF_8
import scala.collection.JavaConverters._
import scala.concurrent.duration.DurationLong
import scala.concurrent.{Await, Future}
import scala.util.{Failure, Success}

/** What a store answers when a node of its cluster fails: keys of the others as if nothing were wrong, its own with an error within
  * the time that a command may take, and nothing waits for ever.
  */
class RedisFaultSuite extends AnyFunSuite {
  private val Timeout = 1000L
  private val dataset = "TEAM_PLAIN_V1_BATCH"
  private val day = 24L * 3600 * 1000
  private val today = System.currentTimeMillis() / day * day
  private val names = (0 until 60).map(i => s"key $i")

  private def faultTest(name: String)(body: (RedisCluster, RedisStore) => Unit): Unit = test(name) {
    if (RedisServer.Binary.isEmpty) cancel("skipped: there is no redis-server on the PATH")
    val before = Thread.getAllStackTraces.keySet.asScala.filter(_.getName.startsWith("lettuce")).toSet
    val cluster = new RedisCluster(3)
    try {
      val store = new RedisStore(settings(cluster))
      try body(cluster, store)
      finally store.close()
    } finally cluster.close()
    // its threads are gone with the store, whatever became of the node
    RedisCluster.eventually(Thread.getAllStackTraces.keySet.asScala.filter(_.getName.startsWith("lettuce")))(
      _.forall(before)
    )
    ()
  }

  private def settings(cluster: RedisCluster) =
    RedisSettings(cluster.servers.map(s => ("127.0.0.1", s.port)), cluster = true, timeoutMillis = Timeout)

  private def bytes(text: String): Array[Byte] = text.getBytes(UTF_8)

  private def node(cluster: RedisCluster, name: String): RedisServer =
    cluster.of(new RedisLayout(settings(cluster)).single(GetRequest(bytes(name), dataset)))

  private def put(store: RedisStore): Seq[Boolean] =
    finished(store.multiPut(names.map(n => PutRequest(bytes(n), bytes(n), dataset, Some(today))))).toSeq

  /** Answers by name. */
  private def read(store: RedisStore): Map[String, GetResponse] =
    names.zip(finished(store.multiGet(names.map(n => GetRequest(bytes(n), dataset))))).toMap

  /** Far from for ever, and far enough from the timeout that a busy machine does not matter. */
  private def finished[T](future: Future[T]): T = Await.result(future, (Timeout * 10).millis)

  /** How many commands of the client are in memory. */
  private def commands(): Long = {
    val server = java.lang.management.ManagementFactory.getPlatformMBeanServer
    val histogram = server.invoke(
      new javax.management.ObjectName("com.sun.management:type=DiagnosticCommand"),
      "gcClassHistogram",
      Array[AnyRef](Array.empty[String]),
      Array(classOf[Array[String]].getName)
    ).toString
    val line = histogram.linesIterator.find(_.contains(classOf[AsyncCommand[_, _, _]].getName))
    line.map(_.trim.split("\\s+")(1).toLong).getOrElse(0L)
  }

  /** Keys of the failing node fail, and say what of; others are there. */
  private def checkFailed(cluster: RedisCluster, failing: RedisServer, store: RedisStore): Unit = {
    val answers = read(store)
    names.foreach { name =>
      answers(name).values match {
        case Failure(error) =>
          assert(node(cluster, name) == failing, s"$name: $error")
          assert(error.getMessage.startsWith(s"store redis: a value of $dataset was not read: "), error)
          assert(error.getCause.isInstanceOf[RedisException], error)
        case Success(values) =>
          assert(node(cluster, name) != failing && values.map(v => new String(v.bytes, UTF_8)) == Seq(name))
      }
    }
    assert(put(store) == names.map(node(cluster, _) != failing))
  }

  private def checkAll(store: RedisStore): Unit =
    assert(read(store).forall { case (name, answer) =>
      answer.values.map(_.map(v => new String(v.bytes, UTF_8))).toOption.contains(Seq(name))
    })

  faultTest("a master that is killed in mid-use") { (cluster, store) =>
    assert(put(store).forall(identity))
    checkAll(store)
    val killed = node(cluster, names.head)
    // reads are on their way when it happens
    val inFlight = (1 to 200).map(_ => store.multiGet(names.map(n => GetRequest(bytes(n), dataset))))
    killed.kill()
    val answers = inFlight.map(finished(_))
    for (answer <- answers; (name, response) <- names.zip(answer) if node(cluster, name) != killed)
      assert(response.values.isSuccess, s"$name: ${response.values}")
    (1 to 3).foreach(_ => checkFailed(cluster, killed, store))
  }

  faultTest("reads of a master that is down do not pile up") { (cluster, store) =>
    val killed = node(cluster, names.head)
    val mine = names.filter(node(cluster, _) == killed).map(n => GetRequest(bytes(n), dataset))
    assert(put(store).forall(identity))
    killed.kill()
    // what was told before the connection broke waits for its timeout
    assert(finished(store.multiGet(mine)).forall(_.values.isFailure))
    val before = commands()
    // they once stayed in the client's queue, each of them, until the server was back
    val reads = (1 to 1000).map(_ => store.multiGet(mine))
    assert(reads.forall(finished(_).forall(_.values.isFailure)))
    // the clock that watches over their time holds each for that time still
    RedisCluster.eventually(commands())(_ < before + 1000)
    ()
  }

  faultTest("a replica that takes the place of its master is found") { (cluster, store) =>
    assert(put(store).forall(identity))
    val killed = node(cluster, names.head)
    val replica = cluster.replicaOf(killed)
    killed.kill()
    checkFailed(cluster, killed, store)
    RedisCluster.withCommands(replica) { redis => redis.clusterFailover(false, true); () }
    RedisCluster.eventually(read(store))(_.forall(_._2.values.isSuccess))
    checkAll(store)
    assert(put(store).forall(identity))
  }

  faultTest("a master that answers nothing for a while, and then does again") { (cluster, store) =>
    assert(put(store).forall(identity))
    val slow = node(cluster, names.head)
    slow.suspend()
    try for (_ <- 1 to 2) checkFailed(cluster, slow, store)
    finally slow.resume()
    RedisCluster.eventually(read(store))(_.forall(_._2.values.isSuccess))
    checkAll(store)
  }

  faultTest("a master that answers nothing, and whose place a replica takes") { (cluster, store) =>
    assert(put(store).forall(identity))
    val hung = node(cluster, names.head)
    cluster.replicaOf(hung)
    hung.suspend()
    try {
      // the other masters elect it; its connections live on, so nothing but the clock tells the client
      RedisCluster.eventually(read(store)) { answers =>
        for ((name, answer) <- answers if node(cluster, name) != hung) assert(answer.values.isSuccess, name)
        answers.forall(_._2.values.isSuccess)
      }
      checkAll(store)
      assert(put(store).forall(identity))
    } finally hung.resume()
    checkAll(store)
  }

  faultTest(
    "fetches while a master is down: what the others have, no native object left, all of it afterwards"
  ) {
    (cluster, store) =>
      val before = NativeStats.read()
      val served = new Served(store, PartitionSpec.Daily.at(today - day))
      def fetch() = finished(served.fetcher.fetchJoin(Seq(Request(
        "team/all.v1",
        Map("user" -> Long.box(1L)),
        Some(served.batchEnd + 3600000L)
      )))).head.values
      try {
        assert(fetch() == Success(Served.Features))
        cluster.servers.foreach { down =>
          down.suspend()
          try {
            (1 to 3).map(_ => fetch()).foreach(_.foreach { features =>
              for ((name, value) <- features if !name.endsWith("_exception"))
                assert(
                  value == null || Served.Features.get(name).contains(value) || name.startsWith("p_"),
                  name
                )
            })
          } finally down.resume()
          RedisCluster.eventually(fetch())(_ == Success(Served.Features))
        }
      } finally served.fetcher.close()
      assert(NativeStats.read().openServingPlans == before.openServingPlans && NativeLeaks.count == 0)
  }
}
