package ai.chronon.stores.mongo

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest, TimedValue}
import ai.chronon.online._
import com.mongodb.client.model._
import com.mongodb.client.{MongoClient, MongoClients, MongoCollection}
import com.mongodb.{ConnectionString, MongoClientSettings, MongoCommandException}
import org.bson.Document
import org.bson.types.Binary

import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util.Date
import java.util.concurrent.{ConcurrentHashMap, TimeUnit}
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.{Future, blocking}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** Datasets as collections of `{keyBytes, valueBytes, ts}`, one document per key and time.
  *
  * What expires also has `expireAt`, by which the server deletes it. The requests of a batch for one dataset are one query.
  *
  * @param uploads reads the tables of bulk loads
  */
final class MongoStore(settings: MongoSettings, uploads: => UploadTable = UploadTable.installed)
    extends KVStore with AutoCloseable {
  import MongoStore._

  private val client: MongoClient = MongoClients.create(
    MongoClientSettings.builder()
      .applyConnectionString(new ConnectionString(settings.uri))
      .applyToClusterSettings { cluster =>
        cluster.serverSelectionTimeout(settings.timeoutMillis, TimeUnit.MILLISECONDS); ()
      }
      .applyToSocketSettings { socket =>
        socket.connectTimeout(settings.timeoutMillis.toInt, TimeUnit.MILLISECONDS)
          .readTimeout(settings.timeoutMillis.toInt, TimeUnit.MILLISECONDS)
        ()
      }
      .build()
  )
  private val indexed = ConcurrentHashMap.newKeySet[String]

  /** Makes the collection with its indexes; harmless if they are there. */
  override def create(dataset: String): Unit = {
    toWrite(dataset)
    ()
  }

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = {
    val groups = requests.groupBy(request => (request.dataset, request.afterTsMillis)).toSeq
    Future.sequence(groups.map { case ((dataset, after), asked) =>
      Future(blocking(read(dataset, after, asked)))
    }).map { answers =>
      val byKey = answers.flatten.toMap
      requests.map(request => GetResponse(request, answer(request, byKey)))
    }
  }

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] =
    written(puts.map(put => (put, None)))

  override def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] =
    written(rows.map(row => (row.put, Some(row.position))))

  private def written(puts: Seq[Placed]): Future[Seq[Boolean]] = {
    val now = System.currentTimeMillis()
    Future.sequence(puts.groupBy(_._1.dataset).toSeq.map { case (dataset, all) =>
      Future(blocking(write(dataset, all, now))).map(_ => dataset -> true).recover { case NonFatal(error) =>
        logger.error(s"${all.size} values of $dataset were not stored", error)
        dataset -> false
      }
    }).map { stored =>
      val byDataset = stored.toMap
      puts.map { case (put, _) => byDataset(put.dataset) }
    }
  }

  /** Each reader of the table writes its share through a connection of its own. */
  override def bulkPut(
      sourceOfflineTable: String,
      destinationOnlineDataSet: String,
      partition: String
  ): Unit = {
    val dataset = Dataset.ofBulkLoad(destinationOnlineDataSet)
    create(dataset)
    uploads.foreachShare(sourceOfflineTable, Option(partition))(new MongoBulkWriter(settings, dataset))
  }

  override def close(): Unit = client.close()

  private[mongo] def write(dataset: String, puts: Seq[Placed], now: Long): Unit = if (puts.nonEmpty) {
    val expires = Dataset.of(dataset).expires
    val replacements = puts.map { case (put, position) =>
      val millis = Long.box(put.tsMillis.getOrElse(now))
      val values = new Document(Value, new Binary(put.valueBytes))
      if (expires && !put.keyBytes.sameElements(ServingInfo))
        values.append(ExpireAt, new Date(now + settings.ttlSeconds * 1000))
      new UpdateOneModel[Document](
        Filters.and(
          Filters.eq(Key, new Binary(put.keyBytes)),
          Filters.eq(Time, millis),
          // Of a value that is no row of a stream there is none.
          Filters.eq(Position, position.map(Long.box).orNull)
        ),
        new Document("$set", values),
        new UpdateOptions().upsert(true)
      )
    }
    toWrite(dataset).bulkWrite(replacements.asJava)
    ()
  }

  private type Place = (String, Option[Long], ByteBuffer)

  private def read(
      dataset: String,
      after: Option[Long],
      asked: Seq[GetRequest]
  ): Seq[(Place, Seq[TimedValue])] = {
    val keys = asked.map(request => new Binary(request.keyBytes)).asJava
    val wanted = Filters.in(Key, keys)
    val since =
      after.map(millis => Filters.and(wanted, Filters.gte(Time, Long.box(millis)))).getOrElse(wanted)
    val found = client.getDatabase(settings.database).getCollection(dataset).find(since)
      .projection(Projections.include(Key, Value, Time)).sort(Sorts.ascending(Time, Position)).asScala
      .map(row =>
        row.get(Key, classOf[Binary]).getData ->
          TimedValue(row.get(Value, classOf[Binary]).getData, row.getLong(Time))
      )
      .toVector
    found.groupBy { case (key, _) => ByteBuffer.wrap(key) }.toSeq
      .map { case (key, rows) => ((dataset, after, key), rows.map(_._2)) }
  }

  private def answer(request: GetRequest, found: Map[Place, Seq[TimedValue]]): Try[Seq[TimedValue]] = {
    val values =
      found.getOrElse((request.dataset, request.afterTsMillis, ByteBuffer.wrap(request.keyBytes)), Nil)
    request.afterTsMillis match {
      case None if values.isEmpty                         => Failure(new KeyNotFoundException(request))
      case None if !Dataset.of(request.dataset).versioned => Success(values.takeRight(1))
      case _                                              => Success(values)
    }
  }

  private def toWrite(dataset: String): MongoCollection[Document] = {
    val collection = client.getDatabase(settings.database).getCollection(dataset)
    if (!indexed.contains(dataset)) {
      val identity =
        if (Dataset.of(dataset) == Dataset.Streaming) List(Key, Time, Position) else List(Key, Time)
      try collection.createIndex(Indexes.ascending(identity: _*), new IndexOptions().unique(true))
      catch {
        case duplicates: MongoCommandException =>
          throw new IllegalStateException(
            s"store mongo: collection ${settings.database}.$dataset holds several values for one key and time, as older loaders " +
              s"wrote them: empty it and load again (${duplicates.getMessage})",
            duplicates
          )
      }
      if (Dataset.of(dataset).expires)
        collection.createIndex(
          Indexes.ascending(ExpireAt),
          new IndexOptions().expireAfter(0L, TimeUnit.SECONDS)
        )
      indexed.add(dataset)
    }
    collection
  }
}

private[mongo] object MongoStore {
  private val Key = "keyBytes"
  private val Value = "valueBytes"
  private val Time = "ts"
  private val Position = "position"

  /** A value, and its position if it is a row of a stream. */
  type Placed = (PutRequest, Option[Long])
  private val ExpireAt = "expireAt"
  private val ServingInfo = Dataset.ServingInfoKey.getBytes(UTF_8)
}

/** Writes a share of an upload; travels to the process that reads it. */
private[mongo] final class MongoBulkWriter(settings: MongoSettings, dataset: String) extends UploadWriter {
  private val BatchSize = 1000

  override def write(rows: Iterator[UploadRow]): Unit = {
    val store = new MongoStore(settings)
    try rows.grouped(BatchSize).foreach { batch =>
        val puts =
          batch.map(row => PutRequest(row.keyBytes, row.valueBytes, dataset, Some(row.tsMillis)) -> None)
        store.write(dataset, puts, System.currentTimeMillis())
      }
    finally store.close()
  }
}
