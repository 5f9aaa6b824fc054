package ai.chronon.online.testkit

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest, TimedValue}
import ai.chronon.online.{Dataset, KVStore, KeyNotFoundException, UploadTable}

import java.nio.ByteBuffer
import java.util.concurrent.{ConcurrentHashMap, ConcurrentSkipListMap}
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.Future
import scala.util.{Failure, Success}

/** The contract of stores in its shortest form, in the memory of one process. Gone with it; for tests.
  *
  * @param uploads reads the tables of bulk loads
  */
class MemoryStore(uploads: => UploadTable = UploadTable.installed) extends KVStore {

  /** By time and position; values that are no rows of a stream have position 0. */
  private type Versions = ConcurrentSkipListMap[(Long, Long), Array[Byte]]
  private val datasets = new ConcurrentHashMap[String, ConcurrentHashMap[ByteBuffer, Versions]]

  override def create(dataset: String): Unit = { entries(dataset); () }

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] =
    Future.successful(requests.map(request => GetResponse(request, read(request))))

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = Future.successful(puts.map { put =>
    write(put.dataset, put.keyBytes, put.valueBytes, put.tsMillis.getOrElse(System.currentTimeMillis()))
    true
  })

  override def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] =
    Future.successful(rows.map { case AppendRequest(put, position) =>
      write(
        put.dataset,
        put.keyBytes,
        put.valueBytes,
        put.tsMillis.getOrElse(System.currentTimeMillis()),
        position
      )
      true
    })

  override def bulkPut(
      sourceOfflineTable: String,
      destinationOnlineDataSet: String,
      partition: String
  ): Unit =
    uploads.rows(sourceOfflineTable, Option(partition)).foreach { row =>
      write(Dataset.ofBulkLoad(destinationOnlineDataSet), row.keyBytes, row.valueBytes, row.tsMillis)
    }

  private def read(request: GetRequest) = {
    val found = Option(datasets.get(request.dataset))
      .flatMap(keys => Option(keys.get(ByteBuffer.wrap(request.keyBytes))))
    val versions = found.map { all =>
      val inRange = request.afterTsMillis.map(after => all.tailMap((after, 0L), true)).getOrElse(all)
      inRange.asScala.iterator.map { case ((millis, _), bytes) => TimedValue(bytes, millis) }.toList
    }.getOrElse(Nil)
    (versions, request.afterTsMillis) match {
      case (Nil, None)                                           => Failure(new KeyNotFoundException(request))
      case (all, None) if !Dataset.of(request.dataset).versioned => Success(all.takeRight(1))
      case (all, _)                                              => Success(all)
    }
  }

  private def write(
      dataset: String,
      key: Array[Byte],
      value: Array[Byte],
      millis: Long,
      position: Long = 0
  ): Unit = {
    // The caller may reuse its array, a map's key may not change.
    entries(dataset).computeIfAbsent(
      ByteBuffer.wrap(key.clone),
      _ => new Versions(order)
    ).put((millis, position), value.clone)
    ()
  }

  private val order: Ordering[(Long, Long)] = Ordering.Tuple2[Long, Long]

  private def entries(dataset: String): ConcurrentHashMap[ByteBuffer, Versions] =
    datasets.computeIfAbsent(dataset, _ => new ConcurrentHashMap[ByteBuffer, Versions])
}
