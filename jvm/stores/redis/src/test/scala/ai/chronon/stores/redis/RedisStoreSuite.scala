package ai.chronon.stores.redis

import ai.chronon.online.KVStore.{GetRequest, PutRequest}
import ai.chronon.online.testkit.{FetchFaults, KVStoreContract}
import ai.chronon.online.{KVStore, UploadTable}
import org.scalatest.BeforeAndAfterAll

/** The contract on one server. */
class RedisStoreSuite extends RedisSuite(masters = 0) with FetchFaults {

  redisTest("keys and values lie where the layout says, with a life that metadata does not have") { store =>
    // key bytes 02 04 61, whose place is written out in the published layout
    val key = Array[Byte](2, 4, 97)
    for (dataset <- Seq("A_B_BATCH", "ZIPLINE_METADATA", "A_B_STREAMING"))
      await(store.put(PutRequest(key, bytes("v"), dataset, Some(today))))
    await(store.put(PutRequest(bytes("group_by_serving_info"), bytes("{}"), "A_B_BATCH", Some(today))))
    RedisCluster.withCommands(servers.head) { redis =>
      val stored = redis.get(bytes("chronon:{A_B_BATCH:AgRh}"))
      assert(stored.toSeq == java.nio.ByteBuffer.allocate(9).putLong(today).put('v'.toByte).array.toSeq)
      assert(redis.zcard(bytes(s"chronon:{A_B_STREAMING:AgRh}:$today")) == 1)
      def ttl(key: String): Long = redis.ttl(bytes(key))
      assert(ttl("chronon:{A_B_BATCH:AgRh}") > 431000)
      assert(ttl(s"chronon:{A_B_STREAMING:AgRh}:$today") > 431000)
      assert(ttl("chronon:{ZIPLINE_METADATA:AgRh}") == -1)
      assert(ttl("chronon:{A_B_BATCH:Z3JvdXBfYnlfc2VydmluZ19pbmZv}") == -1)
    }
  }

  test("tiles of the zipline dialect: the published example") {
    missing.foreach(reason => cancel(s"skipped: $reason"))
    val prefix = "180d415f425f53545245414d494e47" + "1933020461" + "16c0cf24"
    def hex(text: String): Array[Byte] = text.grouped(2).map(Integer.parseInt(_, 16).toByte).toArray
    val tile = TileKey.of(hex(prefix + "1680a0d5edee66" + "00"))
    assert(tile.key.toSeq == Seq[Byte](2, 4, 97) && tile.sizeMillis == 300000 &&
      tile.start.contains(1767225600000L))
    val store = new RedisStore(settings.copy(zipline = true))
    try {
      val write = writeKey(prefix, today)
      await(store.put(PutRequest(write, bytes("half"), "A_B_STREAMING", Some(today + 7))))
      await(store.put(PutRequest(write, bytes("whole"), "A_B_STREAMING", Some(today + 9))))
      val read = await(store.get(GetRequest(hex(prefix + "00"), "A_B_STREAMING", Some(today))))
      assert(texts(read) == Seq(("whole", today)))
      RedisCluster.withCommands(servers.head)(redis =>
        assert(redis.zcard(bytes(s"chronon:{A_B_STREAMING:AgRh}:$today:300000")) == 1)
      )
      val error = await(store.get(GetRequest(bytes("raw"), "A_B_STREAMING", Some(today)))).values.failed.get
      assert(error.getMessage.contains("TileKey") && error.getMessage.contains("726177"))
    } finally store.close()

    def writeKey(before: String, start: Long): Array[Byte] = {
      val zigzag = start << 1
      val varint = Iterator.iterate(zigzag)(_ >>> 7).takeWhile(_ != 0).toList
      val coded = varint.zipWithIndex.map { case (part, i) =>
        ((part & 0x7f) | (if (i < varint.size - 1) 0x80 else 0)).toByte
      }
      hex(before + "16") ++ coded :+ 0.toByte
    }
  }

  apiTest("ai.chronon.stores.redis.RedisApi", "hosts" -> "x")(Map("nodes" ->
    s"127.0.0.1:${settings.nodes.head._2}"))(_ => ())

  test("bad settings and a server that is not there: one error that says what") {
    def refused(conf: (String, String)*): String =
      intercept[IllegalArgumentException](RedisSettings.of(conf.toMap)).getMessage
    assert(refused().contains("`nodes` is missing"))
    assert(refused("nodes" -> "a:b:c").contains("`a:b:c`, and must be host:port"))
    assert(refused("nodes" -> "a,b").contains("needs `mode` = cluster"))
    assert(refused("nodes" -> "a", "mode" -> "sentinel").contains("one of standalone, cluster"))
    assert(refused("nodes" -> "a", "hosts" -> "b").contains("unknown setting `hosts`"))
    assert(!RedisSettings.of(Map("nodes" -> "a", "password" -> "secret")).toString.contains("secret"))
    val nobody = RedisSettings(Seq(("127.0.0.1", 1)))
    assert(intercept[IllegalArgumentException](
      new RedisStore(nobody)
    ).getMessage.contains("cannot connect to redis 127.0.0.1:1"))
  }
}

/** The contract on a cluster of one node that has all slots. */
class RedisClusterSuite extends RedisSuite(masters = 1)

/** The contract on a cluster of three nodes, so that the keys of a batch are here and there. */
class RedisClusterOfThreeSuite extends RedisSuite(masters = 3) with FetchFaults

/** @param masters nodes of the cluster; 0 for a server that is none */
abstract class RedisSuite(masters: Int) extends KVStoreContract with BeforeAndAfterAll {
  private var closing: Seq[AutoCloseable] = Nil
  protected var servers: Seq[RedisServer] = Nil

  override def missing: Option[String] =
    if (RedisServer.Binary.isEmpty) Some("there is no redis-server on the PATH") else None

  override def beforeAll(): Unit = if (missing.isEmpty) {
    if (masters == 0) {
      servers = Seq(new RedisServer(cluster = false))
      closing = servers
    } else {
      val cluster = new RedisCluster(masters)
      servers = cluster.servers
      closing = Seq(cluster)
    }
  }

  override def afterAll(): Unit = closing.foreach(_.close())

  protected def settings: RedisSettings =
    RedisSettings(Seq(("127.0.0.1", servers.head.port)), cluster = masters > 0, timeoutMillis = 30000)

  override def withStore(uploads: UploadTable)(test: KVStore => Unit): Unit = redis(uploads)(test)

  protected def redisTest(name: String)(body: RedisStore => Unit): Unit = test(name) {
    missing.foreach(reason => cancel(s"skipped: $reason"))
    redis(UploadTable.installed)(body)
  }

  private def redis(uploads: => UploadTable)(body: RedisStore => Unit): Unit = {
    servers.foreach(RedisCluster.withCommands(_) { redis => redis.flushall(); () })
    val store = new RedisStore(settings, uploads)
    try body(store)
    finally store.close()
  }
}
