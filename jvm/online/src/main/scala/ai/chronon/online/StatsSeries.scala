package ai.chronon.online

import ai.chronon.api.Constants
import ai.chronon.jni.{NativeException, StoredSketches}
import ai.chronon.online.Fetcher.{SeriesStatsResponse, StatsRequest}
import ai.chronon.online.KVStore.{GetRequest, TimedValue}
import ai.chronon.online.serde.AvroCodec

import java.util
import scala.collection.JavaConverters._
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** Series of metrics that batch jobs uploaded for a join. */
private[online] final class StatsSeries(store: KVStore, metadata: MetadataStore)(implicit
    executionContext: ExecutionContext
) {
  import StatsSeries._

  /** For each metric its points, `{millis, value}`, in the order in which the store gave them. Distributions, which are kept as
    * sketches, come out as percentiles; under a name that ends in `/drift` as how far each is from the one before it, and then
    * there are no other metrics.
    *
    * @throws java.lang.IllegalArgumentException through the future, naming metric and time of a sketch that is damaged
    */
  def fetch(request: StatsRequest, dataset: String): Future[SeriesStatsResponse] = Future {
    val name = request.name.stripSuffix(DriftSuffix)
    def codec(suffix: String): AvroCodec = metadata.getStatsSchemaFromKVStore((dataset, name + suffix))
    val valueCodec = codec(Constants.TimedKvRDDValueSchemaKey)
    val keyCodec = codec(Constants.TimedKvRDDKeySchemaKey)
    (keyCodec.encodeArray(Array(name)), valueCodec)
  }.flatMap { case (keyBytes, valueCodec) =>
    store.get(GetRequest(keyBytes, dataset, request.startTs)).map { response =>
      val until = request.endTs.getOrElse(System.currentTimeMillis())
      val stored = decoded(request, valueCodec, response.values.get.filter(_.millis <= until).toList)
      val series = if (request.name.endsWith(DriftSuffix)) drifts(stored) else shown(stored)
      SeriesStatsResponse(request, Success(series))
    }
  }

  /** The points of each metric. A record that cannot be decoded is left out: the days around it are still worth seeing. */
  private def decoded(request: StatsRequest, codec: AvroCodec, values: List[TimedValue]): Series = {
    val series = new util.LinkedHashMap[String, util.ArrayList[Point]]
    values.foreach { value =>
      Try(codec.decodeMap(value.bytes)) match {
        case Success(metrics) => metrics.foreach { case (metric, of) =>
            series.computeIfAbsent(metric, _ => new util.ArrayList).add(Point(value.millis, of))
          }
        case Failure(cause) => metadata.logger.warn(
            s"a point of ${request.name} at ${value.millis} cannot be decoded and is left out",
            cause
          )
      }
    }
    series.asScala.map { case (metric, points) => metric -> points.asScala.toList }.toMap
  }

  private def shown(series: Series): Map[String, AnyRef] = series.map { case (metric, points) =>
    metric -> listed(points.map {
      case Point(millis, sketch: Array[Byte]) if metric.endsWith(PercentileSuffix) =>
        Point(millis, checked(metric, millis)(StoredSketches.percentiles(sketch)))
      case point => point
    })
  }

  private def drifts(series: Series): Map[String, AnyRef] =
    series.filter { case (metric, _) => metric.endsWith(PercentileSuffix) }.map { case (metric, points) =>
      metric -> listed(points.zip(points.drop(1)).map {
        case (Point(_, before: Array[Byte]), Point(millis, after: Array[Byte])) =>
          val drift = checked(metric, millis)(StoredSketches.drift(before, after))
          Point(millis, if (drift.isPresent) Double.box(drift.getAsDouble) else null)
        case (_, Point(millis, _)) => Point(millis, null)
      })
    }

  private def listed(points: Seq[Point]): util.List[util.Map[String, AnyRef]] = {
    val result = new util.ArrayList[util.Map[String, AnyRef]](points.size)
    points.foreach { point =>
      val entry = new util.HashMap[String, AnyRef]
      entry.put("millis", Long.box(point.millis))
      entry.put("value", point.value)
      result.add(entry)
    }
    result
  }

  private def checked[T](metric: String, millis: Long)(read: => T): T =
    try read
    catch {
      case damaged: NativeException =>
        throw new IllegalArgumentException(
          s"metric $metric at $millis is no sketch of a distribution: ${damaged.getMessage}",
          damaged
        )
    }
}

private[online] object StatsSeries {
  private val DriftSuffix = "/drift"

  /** What the names of metrics end in that are kept as sketches. */
  private val PercentileSuffix = "percentile"

  private final case class Point(millis: Long, value: AnyRef)
  private type Series = Map[String, List[Point]]
}
