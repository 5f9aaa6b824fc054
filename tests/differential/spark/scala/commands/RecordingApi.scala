package chronon.differential

import ai.chronon.online._
import ai.chronon.online.KVStore.{GetRequest, GetResponse, PutRequest, TimedValue}
import org.apache.spark.sql.SparkSession

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths, StandardOpenOption}
import java.time.{LocalDate, ZoneOffset}
import java.util.Base64
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.Future
import scala.util.{Failure, Success}

/** An integrator's classes for commands that work on a store: compiled against each side's jars, one source.
  *
  * `-Zfile=…` is the store, a line per value: dataset, key, time, value; keys and values are in Base64. `-Zcalls=…` gets a line
  * for each call that changes something, and one with the other settings.
  */
class RecordingApi(conf: Map[String, String]) extends Api(conf) {
  override def streamDecoder(info: GroupByServingInfoParsed): StreamDecoder =
    throw new UnsupportedOperationException("no command of this test streams")
  override def genKvStore: KVStore =
    new RecordingStore(Paths.get(conf("file")), Paths.get(conf("calls")), conf -- Seq("file", "calls"))
  private lazy val registry = new ExternalSourceRegistry
  override def externalRegistry: ExternalSourceRegistry = registry
  override def logResponse(response: LoggableResponse): Unit = ()
}

class RecordingStore(file: Path, calls: Path, settings: Map[String, String]) extends KVStore {
  private def base64(bytes: Array[Byte]) = Base64.getEncoder.encodeToString(bytes)

  private def append(path: Path, line: String): Unit = synchronized {
    Files.write(path, (line + "\n").getBytes(UTF_8), StandardOpenOption.CREATE, StandardOpenOption.APPEND)
    ()
  }

  if (settings.nonEmpty) append(calls, "settings " + settings.toSeq.sorted.map { case (k, v) => s"$k=$v" }.mkString(" "))

  override def create(dataset: String): Unit = append(calls, s"create $dataset")

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = Future {
    val lines = if (Files.exists(file)) Files.readAllLines(file).asScala else Nil
    val stored = lines.map(_.split(" ", 4)).groupBy(entry => (entry(0), entry(1)))
    requests.map { request =>
      val values = stored.get((request.dataset, base64(request.keyBytes))).toList.flatten.map(entry =>
        TimedValue(Base64.getDecoder.decode(entry(3)), entry(2).toLong)
      ).filter(value => request.afterTsMillis.forall(value.millis >= _)).sortBy(_.millis)
      GetResponse(request, if (values.isEmpty) Failure(new NoSuchElementException(request.dataset)) else Success(values))
    }
  }

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = Future {
    append(calls, s"multiPut ${puts.size}")
    puts.map { put =>
      append(file, s"${put.dataset} ${base64(put.keyBytes)} ${put.tsMillis.getOrElse(-1L)} ${base64(put.valueBytes)}")
      true
    }
  }

  /** The rows of an upload table, of the end of the day. */
  override def bulkPut(table: String, destination: String, partition: String): Unit = {
    append(calls, s"bulkPut $table $destination $partition")
    val dataset = destination.replace('.', '_').toUpperCase + "_BATCH"
    val end = LocalDate.parse(partition).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant.toEpochMilli
    SparkSession.builder.getOrCreate().table(table).select("key_bytes", "value_bytes").collect().foreach { row =>
      append(file, s"$dataset ${base64(row.getAs[Array[Byte]](0))} $end ${base64(row.getAs[Array[Byte]](1))}")
    }
  }
}
