package ai.chronon.online

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest, TimedValue}
import org.slf4j.{Logger, LoggerFactory}

import java.nio.charset.StandardCharsets.UTF_8
import scala.collection.Seq
import scala.concurrent.duration.DurationLong
import scala.concurrent.{Await, ExecutionContext, Future}
import scala.util.Try

object KVStore {

  /** Asks for the values of one key.
    *
    * @param afterTsMillis only values of this time or later; without it, all versions or just the newest
    */
  case class GetRequest(keyBytes: Array[Byte], dataset: String, afterTsMillis: Option[Long] = None)

  /** One version of a key's value. */
  case class TimedValue(bytes: Array[Byte], millis: Long)

  /** @param request the request that is answered, the same object, by which the caller finds it again
    * @param values  versions in ascending time, or why there are none
    */
  case class GetResponse(request: GetRequest, values: Try[Seq[TimedValue]]) {

    /** The newest version; a failure if there is none. */
    def latest: Try[TimedValue] = values.map(_.maxBy(_.millis))
  }

  /** A value to store.
    *
    * @param tsMillis the version: for batch data the end of the day before which everything is included, for streaming data
    *                 the time of the event
    */
  case class PutRequest(
      keyBytes: Array[Byte],
      valueBytes: Array[Byte],
      dataset: String,
      tsMillis: Option[Long] = None
  )

  /** A row of a stream to store.
    *
    * @param position tells it from other rows of the stream; the same whenever the row is read again, and never 0
    */
  case class AppendRequest(put: PutRequest, position: Long)
}

/** Where served data is kept. Integrators implement it for their store.
  *
  * What the fetcher relies on, and `jvm/stores/contract` tests:
  *  - an answer carries the `GetRequest` that it answers; answers may come in any order;
  *  - values of a key come in ascending time, with the time that they were written for: batch data at the end of its day
  *    (midnight, UTC, of the day after its partition);
  *  - `afterTsMillis` is inclusive;
  *  - a key that is not there is a failed `values`, or for data keys an empty one; never null;
  *  - streaming data keeps one value per key and time, and a value put at a time that is there replaces it, as tiles need; rows
  *    that are appended (`multiAppend`) stay beside it.
  *
  * The trait's own fields are part of what implementations were compiled against: none may be added or removed.
  */
trait KVStore {
  @transient lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  implicit val executionContext: ExecutionContext = FlexibleExecutionContext.buildExecutionContext

  /** Makes a dataset ready to be written; harmless if it is there already. */
  def create(dataset: String): Unit

  def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]]

  /** Whether each value was stored, in the order of the requests. */
  def multiPut(keyValueDatasets: Seq[PutRequest]): Future[Seq[Boolean]]

  /** Adds rows of a stream. A row does not replace another of its key and time, as a tile does, unless it is the same one, read again
    * after a failure: rows are the same if their positions are.
    *
    * A store that does not override this gets rows as any other values, and has to keep them apart by itself.
    */
  def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] = multiPut(rows.map(_.put))

  /** Loads one partition of an upload table; all of it if `partition` is null. */
  def bulkPut(sourceOfflineTable: String, destinationOnlineDataSet: String, partition: String): Unit

  def put(putRequest: PutRequest): Future[Boolean] = multiPut(Seq(putRequest)).map(_.head)

  /** Stores values and tells the readers of a topic about them. */
  def multiPutWithNotification(
      putRequests: Seq[PutRequest],
      notificationTopic: String
  ): Future[Seq[Boolean]] =
    throw new UnsupportedOperationException(
      s"${getClass.getName} cannot notify topic $notificationTopic of writes: it does not override multiPutWithNotification"
    )

  /** The newest value of a text key, waiting for it at most so long. */
  def getString(key: String, dataset: String, timeoutMillis: Long): Try[String] =
    newest(key, dataset, timeoutMillis).map(value => new String(value.bytes, UTF_8))

  /** The newest value of a text key that holds a list of texts. */
  def getStringArray(key: String, dataset: String, timeoutMillis: Long): Try[Seq[String]] =
    newest(key, dataset, timeoutMillis).map(value => StringArrayConverter.bytesToStrings(value.bytes))

  def get(request: GetRequest): Future[GetResponse] = multiGet(Seq(request)).map(_.head)

  /** The bytes under which the values of some keys are stored. To be overridden where a dataset needs others than the Avro
    * record of its key columns.
    */
  def createKeyBytes(
      keys: Map[String, AnyRef],
      groupByServingInfo: GroupByServingInfoParsed,
      dataset: String
  ): Array[Byte] = groupByServingInfo.keyCodec.encode(keys)

  private def newest(key: String, dataset: String, timeoutMillis: Long): Try[TimedValue] = Try {
    Await.result(get(GetRequest(key.getBytes(UTF_8), dataset)), timeoutMillis.millis)
  }.flatMap(_.latest)
}
