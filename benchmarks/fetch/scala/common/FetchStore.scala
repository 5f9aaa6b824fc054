package chronon.bench

import ai.chronon.api._
import ai.chronon.online.KVStore
import ai.chronon.online.KVStore._

import java.io._
import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.{ConcurrentHashMap, Executors}
import scala.collection.Seq
import scala.concurrent.{ExecutionContext, Future}
import scala.util.Success

/** A store that costs next to nothing: maps in this process that never change while requests run. */
final class FetchStore extends KVStore {

  /** Whether a thread of the store's own answers, as clients of servers do; else the future is complete as it is returned. */
  @volatile var answersLater = false
  private lazy val own = ExecutionContext.fromExecutor(Executors.newSingleThreadExecutor { task =>
    val thread = new Thread(task, "store")
    thread.setDaemon(true)
    thread
  })

  private type Values = Vector[TimedValue]
  private val datasets = new ConcurrentHashMap[String, ConcurrentHashMap[ByteBuffer, Values]]
  private val nothing: Values = Vector.empty

  override def create(dataset: String): Unit = datasets.putIfAbsent(dataset, new ConcurrentHashMap)

  /** Values of a key, in ascending order of time. */
  def load(dataset: String, key: Array[Byte], values: Values): Unit = {
    create(dataset)
    datasets.get(dataset).put(ByteBuffer.wrap(key), values)
  }

  /** A dataset with the values of another, which it shares; an empty one if there is no such. */
  def alias(dataset: String, of: String): Unit = {
    create(dataset)
    if (datasets.containsKey(of)) datasets.get(dataset).putAll(datasets.get(of))
  }

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] =
    if (answersLater) Future(answers(requests))(own) else Future.successful(answers(requests))

  private def answers(requests: Seq[GetRequest]): Seq[GetResponse] = {
    val answers = Vector.newBuilder[GetResponse]
    for (request <- requests) {
      val keys = datasets.get(request.dataset)
      val all = if (keys == null) nothing else keys.getOrDefault(ByteBuffer.wrap(request.keyBytes), nothing)
      val from = request.afterTsMillis.getOrElse(Long.MinValue)
      val late = if (all.isEmpty || all(0).millis >= from) all else all.dropWhile(_.millis < from)
      answers += GetResponse(request, Success(late))
    }
    answers.result()
  }

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = {
    puts.foreach(put => load(put.dataset, put.keyBytes, Vector(TimedValue(put.valueBytes, put.tsMillis.getOrElse(0L)))))
    Future.successful(puts.map(_ => true))
  }

  override def bulkPut(table: String, dataset: String, partition: String): Unit =
    throw new UnsupportedOperationException("this store is filled from a file")
}

/** One dataset of the file: its own values by key, over those of another dataset. */
final case class StoredDataset(name: String, base: Option[String], keys: Iterator[(Array[Byte], Seq[TimedValue])])

/** The stored bytes of a benchmark in a file, written once by the reference and read by every candidate. */
object FetchFile {

  def write(file: File, datasets: Seq[StoredDataset], joins: Seq[Join]): Unit = {
    val out = new DataOutputStream(new BufferedOutputStream(new FileOutputStream(file)))
    def bytes(array: Array[Byte]): Unit = { out.writeInt(array.length); out.write(array) }
    try {
      out.writeInt(datasets.size)
      for (dataset <- datasets) {
        out.writeUTF(dataset.name)
        out.writeUTF(dataset.base.getOrElse(""))
        for ((key, values) <- dataset.keys) {
          bytes(key)
          out.writeInt(values.size)
          for (value <- values) { out.writeLong(value.millis); bytes(value.bytes) }
        }
        out.writeInt(-1)
      }
      out.writeInt(joins.size)
      joins.foreach(join => bytes(ThriftJsonCodec.toJsonStr(join).getBytes(UTF_8)))
    } finally out.close()
  }

  /** Fills a store from a file; returns the joins. */
  def read(file: File, store: FetchStore): Seq[Join] = {
    val in = new DataInputStream(new BufferedInputStream(new FileInputStream(file)))
    def bytes(length: Int): Array[Byte] = { val array = new Array[Byte](length); in.readFully(array); array }
    def timed(): TimedValue = { val millis = in.readLong(); TimedValue(bytes(in.readInt()), millis) }
    try {
      for (_ <- 0 until in.readInt()) {
        val (dataset, base) = (in.readUTF(), in.readUTF())
        store.alias(dataset, base)
        var length = in.readInt()
        while (length >= 0) {
          val key = bytes(length)
          store.load(dataset, key, Vector.fill(in.readInt())(timed()))
          length = in.readInt()
        }
      }
      Vector.fill(in.readInt())(new String(bytes(in.readInt()), UTF_8))
        .map(json => ThriftJsonCodec.fromJsonStr[Join](json, check = false, classOf[Join]))
    } finally in.close()
  }
}
