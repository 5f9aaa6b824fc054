package ai.chronon.stores.sqlite

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest, TimedValue}
import ai.chronon.online.{Dataset, KVStore, KeyNotFoundException, UploadTable}
import ai.chronon.stores.sqlite.Database.Session

import java.nio.charset.StandardCharsets.UTF_8
import java.sql.ResultSet
import scala.collection.{Seq, mutable}
import scala.concurrent.{Future, blocking}
import scala.util.{Failure, Success, Try}

/** All datasets in one file, without a server: the default for one machine.
  *
  * Any number of processes read while one writes. A batch of gets sees one state of the file; a batch of puts, and a bulk
  * load as a whole, are seen at once or not at all.
  *
  * @param uploads reads the tables of bulk loads
  */
final class SqliteStore(settings: SqliteSettings, uploads: => UploadTable = UploadTable.installed)
    extends KVStore with AutoCloseable {
  import SqliteStore._

  private val database = new Database(settings)

  override def create(dataset: String): Unit = {
    database.write(idToWrite(_, dataset))
    ()
  }

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = Future(blocking {
    database.read { session =>
      val ids = mutable.Map.empty[String, Option[Long]]
      requests.map { request =>
        val id = ids.getOrElseUpdate(request.dataset, idToRead(session, request.dataset))
        GetResponse(request, Try(read(session, id, request)).flatten)
      }
    }
  })

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] =
    multiAppend(puts.map(AppendRequest(_, NoPosition)))

  override def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] = Future(blocking {
    database.write { session =>
      val ids = mutable.Map.empty[String, Long]
      val now = System.currentTimeMillis()
      rows.map { case AppendRequest(put, position) =>
        val id = ids.getOrElseUpdate(put.dataset, idToWrite(session, put.dataset))
        write(session, id, put.keyBytes, put.valueBytes, put.tsMillis.getOrElse(now), position)
        true
      }
    }
  })

  /** Loads in one transaction, and then sweeps what the upload has superseded. */
  override def bulkPut(
      sourceOfflineTable: String,
      destinationOnlineDataSet: String,
      partition: String
  ): Unit = {
    val dataset = Dataset.ofBulkLoad(destinationOnlineDataSet)
    val rows = uploads.rows(sourceOfflineTable, Option(partition))
    val count = database.write { session =>
      val id = idToWrite(session, dataset)
      rows.foldLeft(0L) { (written, row) =>
        write(session, id, row.keyBytes, row.valueBytes, row.tsMillis)
        written + 1
      }
    }
    val swept = sweep(dataset)
    logger.info(
      s"$dataset: $count rows of $sourceOfflineTable, partition ${Option(partition).getOrElse("all")}; " +
        s"$swept old ones deleted"
    )
  }

  /** Deletes the values of a dataset that have expired: of streaming data, those older than the retention before now; of
    * batch data, those older than the retention before the newest upload, so that a late upload takes nothing away.
    * Metadata, statistics and the metadata row of a batch dataset stay.
    *
    * @return how many values were deleted
    */
  def sweep(dataset: String, nowMillis: Long = System.currentTimeMillis()): Long = {
    val kind = Dataset.of(dataset)
    if (!kind.expires) 0
    else database.write { session =>
      idToRead(session, dataset).map { id =>
        val newest = if (kind.versioned) nowMillis else newestMillis(session, id).getOrElse(nowMillis)
        val deletion = session.statement(Sweep)
        deletion.setLong(1, id)
        deletion.setLong(2, newest - settings.retentionMillis)
        deletion.setBytes(3, Dataset.ServingInfoKey.getBytes(UTF_8))
        deletion.executeUpdate().toLong
      }.getOrElse(0L)
    }
  }

  override def close(): Unit = database.close()

  private def read(session: Session, dataset: Option[Long], request: GetRequest): Try[Seq[TimedValue]] = {
    val newestAlone = request.afterTsMillis.isEmpty && !Dataset.of(request.dataset).versioned
    val values = dataset.map { id =>
      val query = session.statement(if (newestAlone) SelectNewest else SelectSince)
      query.setLong(1, id)
      query.setBytes(2, request.keyBytes)
      if (!newestAlone) query.setLong(3, request.afterTsMillis.getOrElse(Long.MinValue))
      session.query(query)(timedValues)
    }.getOrElse(Nil)
    if (values.isEmpty && request.afterTsMillis.isEmpty) Failure(new KeyNotFoundException(request))
    else Success(values)
  }

  private def timedValues(rows: ResultSet): List[TimedValue] =
    Iterator.continually(rows).takeWhile(_.next()).map(row =>
      TimedValue(bytes(row, 2), row.getLong(1))
    ).toList

  /** An empty blob, which the driver gives as null. */
  private def bytes(row: ResultSet, column: Int): Array[Byte] =
    Option(row.getBytes(column)).getOrElse(Array.emptyByteArray)

  private def write(
      session: Session,
      id: Long,
      key: Array[Byte],
      value: Array[Byte],
      millis: Long,
      position: Long = NoPosition
  ): Unit = {
    val insert = session.statement(Upsert)
    insert.setLong(1, id)
    insert.setBytes(2, key)
    insert.setLong(3, millis)
    insert.setLong(4, position)
    insert.setBytes(5, value)
    insert.executeUpdate()
    ()
  }

  private def newestMillis(session: Session, id: Long): Option[Long] = {
    val query = session.statement(SelectNewestMillis)
    query.setLong(1, id)
    session.query(query)(rows =>
      if (rows.next()) Some(rows.getLong(1)).filterNot(_ => rows.wasNull) else None
    )
  }

  private def idToRead(session: Session, dataset: String): Option[Long] = {
    val query = session.statement(SelectDataset)
    query.setString(1, dataset)
    session.query(query)(rows => if (rows.next()) Some(rows.getLong(1)) else None)
  }

  /** A dataset that nobody created is made by the first write to it. */
  private def idToWrite(session: Session, dataset: String): Long = idToRead(session, dataset).getOrElse {
    val insert = session.statement(InsertDataset)
    insert.setString(1, dataset)
    insert.executeUpdate()
    idToRead(session, dataset).get
  }
}

private object SqliteStore {

  /** Of values that are no rows of a stream. */
  val NoPosition = 0L

  val SelectDataset = "SELECT id FROM dataset WHERE name = ?"
  val InsertDataset = "INSERT INTO dataset (name) VALUES (?)"
  val SelectNewest =
    "SELECT millis, value FROM entry WHERE dataset = ? AND key = ? ORDER BY millis DESC LIMIT 1"
  val SelectSince =
    "SELECT millis, value FROM entry WHERE dataset = ? AND key = ? AND millis >= ? ORDER BY millis, position"
  val SelectNewestMillis = "SELECT max(millis) FROM entry WHERE dataset = ?"
  val Upsert =
    "INSERT INTO entry (dataset, key, millis, position, value) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT (dataset, key, millis, position) DO UPDATE SET value = excluded.value"
  val Sweep = "DELETE FROM entry WHERE dataset = ? AND millis < ? AND key <> ?"
}
