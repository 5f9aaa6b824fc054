package ai.chronon.online.testkit

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest}
import ai.chronon.online.{
  Api,
  KVStore,
  OnlineApiLoader,
  StoreClosing,
  StringArrayConverter,
  UploadRow,
  UploadTable,
  UploadWriter
}
import org.scalatest.funsuite.AnyFunSuite

import java.io.{ByteArrayInputStream, ByteArrayOutputStream, ObjectInputStream, ObjectOutputStream}
import java.nio.charset.StandardCharsets.UTF_8
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Future}
import scala.util.Random

/** What every store must do; a store's suite says how to make one. Times and names are those of the fetcher. */
abstract class KVStoreContract extends AnyFunSuite {

  /** Runs a test with an empty store that reads uploads with this reader, and closes it. */
  def withStore(uploads: UploadTable)(test: KVStore => Unit): Unit

  /** Why the store cannot be tested here, if so. */
  def missing: Option[String] = None

  /** Longest time that a test waits for an answer; nothing is measured by it. */
  private val patience = 60.seconds

  protected val batch = "QUICKSTART_PURCHASES_V1_BATCH"
  protected val streaming = "QUICKSTART_PURCHASES_V1_STREAMING"
  protected val series = "CHRONON_STATS_BATCH"
  protected val metadata = "ZIPLINE_METADATA"

  /** Midnights, UTC. They are near the present so that nothing has expired. */
  protected val day: Long = 24L * 3600 * 1000
  protected val today: Long = System.currentTimeMillis() / day * day

  protected def bytes(text: String): Array[Byte] = text.getBytes(UTF_8)
  protected def await[T](future: Future[T]): T = Await.result(future, patience)
  protected def await[T](future: java.util.concurrent.CompletionStage[T]): T =
    future.toCompletableFuture.get(patience.toSeconds, java.util.concurrent.TimeUnit.SECONDS)

  protected def put(store: KVStore, dataset: String, key: String, value: String, millis: Long): Unit =
    assert(await(store.multiPut(Seq(PutRequest(bytes(key), bytes(value), dataset, Some(millis))))) ==
      Seq(true))

  /** Texts and times of a key's values. */
  protected def values(
      store: KVStore,
      dataset: String,
      key: String,
      after: Option[Long]
  ): Seq[(String, Long)] =
    texts(await(store.get(GetRequest(bytes(key), dataset, after))))

  protected def texts(response: GetResponse): Seq[(String, Long)] =
    response.values.get.map(value => (new String(value.bytes, UTF_8), value.millis))

  /** The test of a store's [[ai.chronon.online.Api]] class: it is found by its name, says what a wrong setting is, and its store works.
    *
    * @param more what else must hold of it
    */
  protected def apiTest(className: String, wrong: (String, String))(settings: => Map[String, String])(
      more: Api => Unit
  ): Unit = test(s"$className: found by its name, one error for wrong settings, a store that works") {
    missing.foreach(reason => cancel(s"skipped: $reason"))
    def load(settings: Map[String, String]) = OnlineApiLoader.load(className, None, settings)
    val simpleName = className.split('.').last
    assert(intercept[IllegalArgumentException](load(Map(wrong))).getMessage.contains(simpleName))
    val api = load(settings)
    val store = api.genKvStore
    try {
      put(store, batch, "a", "1", today)
      assert(values(store, batch, "a", None) == Seq(("1", today)))
    } finally StoreClosing.close(store)
    more(api)
  }

  protected def storeTest(name: String)(body: KVStore => Unit): Unit = uploadTest(name, NoUploads)(body)

  protected def uploadTest(name: String, uploads: UploadTable)(body: KVStore => Unit): Unit = test(name) {
    missing.foreach(reason => cancel(s"skipped: $reason"))
    withStore(uploads)(body)
  }

  storeTest("create twice") { store =>
    Seq(batch, batch, metadata).foreach(store.create)
  }

  storeTest("a put is read back with its time") { store =>
    store.create(batch)
    put(store, batch, "a", "1", today)
    assert(values(store, batch, "a", None) == Seq(("1", today)))
  }

  storeTest("the newest version wins, in whatever order they came") { store =>
    store.create(batch)
    for (millis <- Seq(today, today - 2 * day, today - day)) put(store, batch, "a", s"at $millis", millis)
    assert(await(store.get(GetRequest(bytes("a"), batch))).latest.get.millis == today)
  }

  storeTest("values since a time come in ascending order, that time included") { store =>
    store.create(streaming)
    for (minute <- new Random(7).shuffle((0 until 50).toList))
      put(store, streaming, "a", s"v$minute", today + minute * 60000L)
    val expected = (10 until 50).map(minute => (s"v$minute", today + minute * 60000L))
    assert(values(store, streaming, "a", Some(today + 10 * 60000L)) == expected)
    assert(values(store, streaming, "a", Some(today + 10 * 60000L + 1)) == expected.tail)
  }

  storeTest("values since a time reach over midnights") { store =>
    store.create(streaming)
    val times = Seq(today - 2 * day + 5, today - day, today - 1, today)
    times.foreach(millis => put(store, streaming, "a", s"v$millis", millis))
    assert(values(store, streaming, "a", Some(today - 2 * day)).map(_._2) == times)
  }

  storeTest("a value put again at the same time replaces the old one, as tiles need") { store =>
    store.create(streaming)
    put(store, streaming, "a", "half a tile", today)
    put(store, streaming, "a", "the whole tile", today)
    assert(values(store, streaming, "a", Some(today)) == Seq(("the whole tile", today)))
  }

  storeTest(
    "different rows of one key and time are all kept, and are the same when they are appended again"
  ) { store =>
    store.create(streaming)
    val rows = Seq("after" -> 1L, "before" -> 2L).map { case (value, position) =>
      AppendRequest(PutRequest(bytes("a"), bytes(value), streaming, Some(today)), position)
    }
    for (_ <- 1 to 2) {
      assert(await(store.multiAppend(rows)) == Seq(true, true))
      assert(values(store, streaming, "a", Some(today)).toSet == Set(("after", today), ("before", today)))
    }
  }

  storeTest("equal values at different times are all kept") { store =>
    store.create(streaming)
    for (i <- 0 until 3) put(store, streaming, "a", "same", today + i)
    assert(values(store, streaming, "a", Some(today)).map(_._2) == Seq(today, today + 1, today + 2))
  }

  storeTest("statistics without a start are the whole series") { store =>
    store.create(series)
    for (i <- 0 until 3) put(store, series, "m", s"$i", today - i * day)
    assert(values(store, series, "m", None).map(_._1) == Seq("2", "1", "0"))
  }

  storeTest(
    "an absent key is a NoSuchElementException that names dataset and key; since a time it is nothing"
  ) { store =>
    store.create(batch)
    put(store, batch, "there", "1", today)
    val error = await(store.get(GetRequest(bytes("not there"), batch))).values.failed.get
    assert(error.isInstanceOf[NoSuchElementException])
    assert(error.getMessage.contains(batch) && error.getMessage.contains("6e6f74207468657265"))
    assert(await(store.get(GetRequest(bytes("not there"), streaming, Some(today)))).values.get.isEmpty)
    assert(store.getString("not there", metadata, patience.toMillis).isFailure)
  }

  storeTest("answers carry the very requests that they answer, one for each, also of several datasets") {
    store =>
      store.create(batch)
      store.create(streaming)
      put(store, batch, "a", "batch", today)
      put(store, streaming, "a", "stream", today + 5)
      val key = bytes("a")
      val requests = Seq(
        GetRequest(key, streaming, Some(today)),
        GetRequest(key, batch),
        GetRequest(bytes("b"), batch),
        GetRequest(bytes("a"), batch)
      )
      val answers = await(store.multiGet(requests))
      assert(answers.size == requests.size)
      for ((answer, request) <- answers.zip(requests)) assert(answer.request eq request)
      assert(answers.map(answer => answer.values.map(_.size).getOrElse(-1)) == Seq(1, 1, -1, 1))
      assert(await(store.multiGet(Nil)).isEmpty)
  }

  storeTest("keys and values are any bytes, empty ones among them") { store =>
    store.create(batch)
    val random = new Random(11)
    val all = (0 until 256).map(_.toByte).toArray
    val entries =
      Seq(Array.emptyByteArray -> all, all -> Array.emptyByteArray, Array[Byte](0) -> all.reverse) ++
        Seq.fill(50)(Array.fill(1 + random.nextInt(40))(random.nextInt().toByte) ->
          bytes(random.nextString(20)))
    await(store.multiPut(entries.map { case (key, value) => PutRequest(key, value, batch, Some(today)) }))
    val read = await(store.multiGet(entries.map { case (key, _) => GetRequest(key, batch) }))
    for ((answer, (_, value)) <- read.zip(entries)) assert(answer.latest.get.bytes.toSeq == value.toSeq)
  }

  storeTest("a value of a megabyte") { store =>
    store.create(batch)
    val value = new Array[Byte](1 << 20)
    new Random(3).nextBytes(value)
    await(store.put(PutRequest(bytes("large"), value, batch, Some(today))))
    assert(await(store.get(GetRequest(bytes("large"), batch))).latest.get.bytes.sameElements(value))
  }

  storeTest("a thousand puts and gets at once, each with its own answer") { store =>
    store.create(batch)
    val keys = (0 until 1000).map(i => s"key $i")
    val stored =
      await(store.multiPut(keys.map(key => PutRequest(bytes(key), bytes(s"of $key"), batch, Some(today)))))
    assert(stored.size == keys.size && stored.forall(identity))
    val answers = await(store.multiGet(keys.map(key => GetRequest(bytes(key), batch))))
    assert(answers.map(texts(_).head._1) == keys.map(key => s"of $key"))
  }

  storeTest("texts and lists of texts, as metadata is kept") { store =>
    store.create(metadata)
    put(store, metadata, "joins/team/a.v1", "{\"json\": \"ü\"}", today)
    put(store, metadata, "joins/team/a.v1", "{\"json\": \"newer\"}", today + 1)
    val names = Seq("joins/team/a.v1", "", "joins/team/b,c.v1")
    await(store.put(PutRequest(bytes("joins/team"), StringArrayConverter.stringsToBytes(names), metadata)))
    assert(store.getString("joins/team/a.v1", metadata, patience.toMillis).get == "{\"json\": \"newer\"}")
    assert(store.getStringArray("joins/team", metadata, patience.toMillis).get == names)
  }

  storeTest("a put without a time is of now") { store =>
    store.create(metadata)
    val before = System.currentTimeMillis()
    await(store.put(PutRequest(bytes("k"), bytes("v"), metadata)))
    val millis = await(store.get(GetRequest(bytes("k"), metadata))).latest.get.millis
    assert(millis >= before && millis <= System.currentTimeMillis())
  }

  storeTest("writers and readers at the same time") { store =>
    store.create(streaming)
    val writers = for (writer <- 0 until 4; i <- 0 until 25) yield store.put(
      PutRequest(bytes(s"w$writer"), bytes(s"$i"), streaming, Some(today + i))
    )
    val readers = for (_ <- 0 until 25) yield store.multiGet(
      (0 until 4).map(writer => GetRequest(bytes(s"w$writer"), streaming, Some(today)))
    )
    writers.foreach(put => assert(await(put)))
    readers.foreach(read =>
      assert(await(read).forall(answer => texts(answer).map(_._2) == texts(answer).map(_._2).sorted))
    )
    for (writer <- 0 until 4) assert(values(store, streaming, s"w$writer", Some(today)).size == 25)
  }

  uploadTest("a bulk load by the name of the group-by or of the dataset", new Uploads(today)) { store =>
    store.create(batch)
    for ((destination, i) <- Seq("quickstart.purchases.v1", batch).zipWithIndex) {
      store.bulkPut(s"db.upload_$i", destination, "2024-01-01")
      for (key <- 0 until 300)
        assert(values(store, batch, s"k$key", None) == Seq((s"db.upload_$i 2024-01-01 $key", today)))
    }
  }

  uploadTest("a bulk load without a partition takes the whole table", new Uploads(today)) { store =>
    store.create(batch)
    store.bulkPut("db.upload", batch, null)
    assert(values(store, batch, "k7", None) == Seq(("db.upload all 7", today)))
  }

  uploadTest("a newer upload is seen in place of an older one", new Uploads(today)) { store =>
    store.create(batch)
    put(store, batch, "k1", "of yesterday", today - day)
    store.bulkPut("db.upload", batch, null)
    assert(values(store, batch, "k1", None) == Seq(("db.upload all 1", today)))
  }

  uploadTest("the error of a table that cannot be read is the caller's", BrokenUploads) { store =>
    store.create(batch)
    put(store, batch, "k0", "before", today - day)
    val error = intercept[Exception](store.bulkPut("db.broken", batch, null))
    assert(Iterator.iterate[Throwable](error)(
      _.getCause
    ).takeWhile(_ != null).exists(_.getMessage.contains("db.broken")))
  }

  uploadTest("a bulk load in shares, by copies of the writer, one share twice", new SharedUploads(today)) {
    store =>
      store.create(batch)
      store.bulkPut("db.upload", batch, "2024-01-01")
      for (key <- 0 until 300)
        assert(values(store, batch, s"k$key", None) == Seq((s"db.upload 2024-01-01 $key", today)))
  }

  /** A table of 300 keys, whatever it is called. */
  private class Uploads(millis: Long) extends UploadTable {
    override def rows(table: String, partition: Option[String]): Iterator[UploadRow] =
      Iterator.range(0, 300).map(i =>
        UploadRow(bytes(s"k$i"), bytes(s"$table ${partition.getOrElse("all")} $i"), millis)
      )
  }

  /** The same, read as an engine of several processes does: what is not serializable does not arrive, and a share is handed out
    * again after its writer has failed.
    */
  private final class SharedUploads(millis: Long) extends Uploads(millis) {
    override def foreachShare(table: String, partition: Option[String])(writer: UploadWriter): Unit =
      rows(table, partition).grouped(100).foreach { share =>
        val failing = share.iterator.zipWithIndex.map { case (row, i) =>
          if (i == 50) throw new IllegalStateException("the task is killed") else row
        }
        intercept[IllegalStateException](travelled(writer).write(failing))
        travelled(writer).write(share.iterator)
      }

    private def travelled(writer: UploadWriter): UploadWriter = {
      val sent = new ByteArrayOutputStream
      new ObjectOutputStream(sent).writeObject(writer)
      new ObjectInputStream(
        new ByteArrayInputStream(sent.toByteArray)
      ).readObject().asInstanceOf[UploadWriter]
    }
  }

  /** A table whose reading ends in the middle. */
  protected object BrokenUploads extends UploadTable {
    override def rows(table: String, partition: Option[String]): Iterator[UploadRow] =
      Iterator.range(0, 300).map { i =>
        if (i == 200) throw new IllegalArgumentException(s"no such file below $table")
        UploadRow(bytes(s"k$i"), bytes(s"broken $i"), today)
      }
  }

  private object NoUploads extends UploadTable {
    override def rows(table: String, partition: Option[String]): Iterator[UploadRow] =
      throw new IllegalStateException(s"this test reads no table, and $table was asked for")
  }
}
