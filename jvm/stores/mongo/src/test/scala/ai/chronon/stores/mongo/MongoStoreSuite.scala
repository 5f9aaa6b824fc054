package ai.chronon.stores.mongo

import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.testkit.{FetchFaults, KVStoreContract}
import ai.chronon.online.{KVStore, UploadTable}
import com.mongodb.client.MongoClients
import de.bwaldvogel.mongo.MongoServer
import de.bwaldvogel.mongo.backend.memory.MemoryBackend
import org.bson.Document
import org.bson.types.Binary
import org.scalatest.BeforeAndAfterAll

import scala.collection.JavaConverters._

/** The contract over the wire protocol, against a server in this process. */
class MongoStoreSuite extends KVStoreContract with FetchFaults with BeforeAndAfterAll {
  private var server: MongoServer = _
  private var uri: String = _

  override def beforeAll(): Unit = {
    server = new MongoServer(new MemoryBackend)
    uri = s"mongodb://127.0.0.1:${server.bind().getPort}"
  }

  override def afterAll(): Unit = Option(server).foreach(_.shutdownNow())

  override def withStore(uploads: UploadTable)(test: KVStore => Unit): Unit = {
    withDatabase(_.drop())
    val store = new MongoStore(MongoSettings(uri), uploads)
    try test(store)
    finally store.close()
  }

  storeTest("documents are those of the published layout, with a life that metadata does not have") { store =>
    for (dataset <- Seq(batch, metadata))
      await(store.put(PutRequest(bytes("k"), bytes("v"), dataset, Some(today))))
    await(store.put(PutRequest(bytes("group_by_serving_info"), bytes("{}"), batch, Some(today))))
    withDatabase { database =>
      def only(collection: String, key: String): Document =
        database.getCollection(collection).find(new Document(
          "keyBytes",
          new Binary(bytes(key))
        )).asScala.toList match {
          case List(one) => one
          case several   => fail(s"$several")
        }
      val row = only(batch, "k")
      assert(row.get("valueBytes", classOf[Binary]).getData.toSeq == bytes("v").toSeq &&
        row.getLong("ts") == today)
      assert(row.getDate("expireAt").getTime > System.currentTimeMillis())
      assert(!only(metadata, "k").containsKey("expireAt"))
      assert(!only(batch, "group_by_serving_info").containsKey("expireAt"))
    }
  }

  apiTest("ai.chronon.stores.mongo.MongoApi", "hosts" -> "x")(Map("uri" -> uri))(_ => ())

  test("bad settings and a server that is not there: one error that says what") {
    def refused(conf: (String, String)*): String =
      intercept[IllegalArgumentException](MongoSettings.of(conf.toMap)).getMessage
    assert(refused().contains("`host` is missing"))
    assert(refused("host" -> "h", "port" -> "x").contains("`x`, and must be a whole number from 1 to 65535"))
    assert(refused("host" -> "h", "user" -> "u").contains("`user` and `password` go together"))
    assert(refused("uri" -> "mongodb://h", "host" -> "h").contains("`uri` and `host` say the same thing"))
    assert(refused("host" -> "h", "nodes" -> "n").contains("unknown setting `nodes`"))
    val full = MongoSettings.of(Map("host" -> "h", "port" -> "27", "user" -> "me", "password" -> "p@ss word"))
    assert(full.uri == "mongodb://me:p%40ss%20word@h:27" && !full.toString.contains("p%40ss"))

    val nobody = new MongoStore(MongoSettings("mongodb://127.0.0.1:1", timeoutMillis = 200))
    try assert(!await(nobody.put(PutRequest(bytes("k"), bytes("v"), batch))))
    finally nobody.close()
  }

  private def withDatabase(body: com.mongodb.client.MongoDatabase => Unit): Unit = {
    val client = MongoClients.create(uri)
    try body(client.getDatabase("chronon"))
    finally client.close()
  }
}
