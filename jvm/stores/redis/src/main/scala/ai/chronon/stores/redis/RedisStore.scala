package ai.chronon.stores.redis

import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest, TimedValue}
import ai.chronon.online._
import io.lettuce.core.cluster.{ClusterClientOptions, ClusterTopologyRefreshOptions, RedisClusterClient}
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands
import io.lettuce.core.codec.ByteArrayCodec
import io.lettuce.core.{ClientOptions, Range, RedisClient, RedisException, ScriptOutputType, TimeoutOptions}

import java.time.Duration
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationLong
import scala.concurrent.{Await, Future}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** Datasets in a Redis server or cluster, laid out as `RedisLayout` says.
  *
  * Every command of a batch is sent at once and none waits for another. A value is written by one script, so that no reader
  * sees a tile missing while it is replaced.
  *
  * @param uploads reads the tables of bulk loads
  */
final class RedisStore(settings: RedisSettings, uploads: => UploadTable = UploadTable.installed)
    extends KVStore with AutoCloseable {
  import RedisStore._

  private val layout = new RedisLayout(settings)
  private val connection = new Connection(settings)
  private def commands = connection.commands

  /** There is nothing to make: keys come with their first value. */
  override def create(dataset: String): Unit = ()

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = {
    val now = System.currentTimeMillis()
    Future.sequence(requests.map { request =>
      val values = Try(read(request, now)).fold(Future.failed, identity)
      values.map(GetResponse(request, _)).recover {
        case error: RedisException => GetResponse(request, Failure(notRead(request, error)))
        case NonFatal(error)       => GetResponse(request, Failure(error))
      }
    })
  }

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = written(puts, PutInSet)

  /** Rows of one key and time stay beside each other, but those that are equal to the last byte are one: a set has no place for their
    * positions.
    */
  override def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] =
    written(rows.map(_.put), AddToSet)

  private def written(puts: Seq[PutRequest], toSet: String): Future[Seq[Boolean]] = {
    val now = System.currentTimeMillis()
    Future.sequence(puts.map { put =>
      Try(write(put, now, toSet)).fold(Future.failed, identity).map(_ => true).recover {
        case NonFatal(error) =>
          logger.error(s"a value of ${put.dataset} was not stored", error)
          false
      }
    })
  }

  /** Each reader of the table writes its share through a connection of its own. */
  override def bulkPut(
      sourceOfflineTable: String,
      destinationOnlineDataSet: String,
      partition: String
  ): Unit = {
    val writer = new RedisBulkWriter(settings, Dataset.ofBulkLoad(destinationOnlineDataSet))
    uploads.foreachShare(sourceOfflineTable, Option(partition))(writer)
  }

  override def close(): Unit = connection.close()

  private def read(request: GetRequest, now: Long): Future[Try[Seq[TimedValue]]] = {
    val since = Range.from(
      Range.Boundary.including(java.lang.Long.valueOf(request.afterTsMillis.getOrElse(0L))),
      Range.Boundary.unbounded[java.lang.Long]
    )
    if (Dataset.of(request.dataset).versioned)
      Future.sequence(layout.sets(request, now).map { key =>
        FutureConverters.toScala(commands.zrangebyscore(key, since))
      }).map { days =>
        val values = days.flatMap(_.asScala.map(RedisLayout.timed))
        if (values.isEmpty && request.afterTsMillis.isEmpty) Failure(new KeyNotFoundException(request))
        else Success(values)
      }
    else FutureConverters.toScala(commands.get(layout.single(request))).map { bytes =>
      val found = Option(bytes).map(RedisLayout.timed)
      request.afterTsMillis match {
        case Some(after) => Success(found.filter(_.millis >= after).toList)
        case None        =>
          found.map(value => Success(List(value))).getOrElse(Failure(new KeyNotFoundException(request)))
      }
    }
  }

  private def notRead(request: GetRequest, error: RedisException) = new IllegalStateException(
    s"store redis: a value of ${request.dataset} was not read: ${error.getMessage}",
    error
  )

  private def write(put: PutRequest, now: Long, toSet: String): Future[Any] = {
    val (key, millis) = layout.place(put, now)
    val script = if (Dataset.of(put.dataset).versioned) toSet else PutSingle
    val arguments = List(
      RedisLayout.stored(put.valueBytes, millis),
      RedisLayout.text(millis.toString),
      RedisLayout.text(layout.ttlSeconds(put.dataset, put.keyBytes).toString)
    )
    FutureConverters.toScala(
      commands.eval[java.lang.Long](script, ScriptOutputType.INTEGER, Array(key), arguments: _*)
    )
  }
}

private[redis] object RedisStore {

  /** Keeps the newest: a value that is older than what is there is left out. */
  private val PutSingle =
    """local old = redis.call('GET', KEYS[1])
      |if old and #old >= 8 and struct.unpack('>I8', old) > struct.unpack('>I8', ARGV[1]) then return 0 end
      |if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[1])
      |else redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3]) end
      |return 1""".stripMargin

  /** Leaves other values of this time as they are. */
  private val AddToSet =
    """redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
      |if ARGV[3] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
      |return 1""".stripMargin

  /** Replaces the value of this time, if there is one. */
  private val PutInSet = "redis.call('ZREMRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[2])\n" + AddToSet

  /** Who has which slots is asked again where a node is lost or says that they have moved, and every so often for the nodes that just
    * do not answer: another may have taken their place.
    */
  private val Topology = ClusterTopologyRefreshOptions.builder()
    .enableAllAdaptiveRefreshTriggers()
    .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(5))
    .enablePeriodicRefresh(Duration.ofSeconds(15))
    .build()

  /** How many commands a server may owe an answer: far more than any request sends, and no more memory than a process can spare. */
  private val MostUnanswered = 1000000

  /** A client and its one connection, which any number of threads share. */
  private final class Connection(settings: RedisSettings) extends AutoCloseable {
    private val (client, opened) =
      if (settings.cluster) {
        val cluster = RedisClusterClient.create(settings.uris.asJava)
        cluster.setOptions(bounded(ClusterClientOptions.builder()).topologyRefreshOptions(Topology).build())
        connecting(cluster)(cluster.connect(ByteArrayCodec.INSTANCE).async())
      } else {
        val single = RedisClient.create(settings.uris.head)
        single.setOptions(bounded(ClientOptions.builder()).build())
        connecting(single)(single.connect(ByteArrayCodec.INSTANCE).async())
      }

    def commands: RedisClusterAsyncCommands[Array[Byte], Array[Byte]] = opened

    /** A command that has timed out stays in the client's queue until the server is back, so the queue must end somewhere. While there
      * is no connection nothing is queued at all: reads of a server that is down fail at once.
      */
    private def bounded[B <: ClientOptions.Builder](options: B): B = {
      options
        .timeoutOptions(TimeoutOptions.enabled(Duration.ofMillis(settings.timeoutMillis)))
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(MostUnanswered)
      options
    }

    private def connecting[C <: io.lettuce.core.AbstractRedisClient](client: C)(
        connect: => RedisClusterAsyncCommands[Array[Byte], Array[Byte]]
    ): (io.lettuce.core.AbstractRedisClient, RedisClusterAsyncCommands[Array[Byte], Array[Byte]]) =
      try Tuple2(client, connect)
      catch {
        case NonFatal(error) =>
          client.shutdown()
          throw new IllegalArgumentException(
            s"store redis: cannot connect to $settings: ${error.getMessage}",
            error
          )
      }

    override def close(): Unit = client.shutdown()
  }
}

/** Writes a share of an upload; travels to the process that reads it. */
private[redis] final class RedisBulkWriter(settings: RedisSettings, dataset: String) extends UploadWriter {
  private val BatchSize = 1000

  override def write(rows: Iterator[UploadRow]): Unit = {
    val store = new RedisStore(settings)
    try rows.grouped(BatchSize).foreach { batch =>
        val puts = batch.map(row => PutRequest(row.keyBytes, row.valueBytes, dataset, Some(row.tsMillis)))
        val stored = Await.result(store.multiPut(puts), (settings.timeoutMillis * 10).millis)
        val failed = stored.count(!_)
        if (failed > 0)
          throw new IllegalStateException(
            s"store redis: $failed of ${puts.size} rows of $dataset were not stored; the log says why"
          )
      }
    finally store.close()
  }
}
