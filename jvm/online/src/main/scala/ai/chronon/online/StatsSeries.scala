package ai.chronon.online

import ai.chronon.api.Constants
import ai.chronon.online.Fetcher.{SeriesStatsResponse, StatsRequest}
import ai.chronon.online.KVStore.GetRequest
import ai.chronon.online.serde.AvroCodec

import java.util
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** Series of metrics that batch jobs uploaded for a join. */
private[online] final class StatsSeries(store: KVStore, metadata: MetadataStore)(implicit
    executionContext: ExecutionContext
) {
  import StatsSeries._

  /** For each metric its points, `{millis, value}`, in the order in which the store gave them.
    *
    * @throws java.lang.UnsupportedOperationException through the future, for drifts and for percentiles, which are kept as sketches
    */
  def fetch(request: StatsRequest, dataset: String): Future[SeriesStatsResponse] = Future {
    if (request.name.endsWith(DriftSuffix))
      throw new UnsupportedOperationException(
        s"${request.name}: drift between points of a series is not served yet; ask for the series without $DriftSuffix"
      )
    def codec(suffix: String): AvroCodec =
      metadata.getStatsSchemaFromKVStore((dataset, request.name + suffix))
    val valueCodec = codec(Constants.TimedKvRDDValueSchemaKey)
    val keyCodec = codec(Constants.TimedKvRDDKeySchemaKey)
    (keyCodec.encodeArray(Array(request.name)), valueCodec)
  }.flatMap { case (keyBytes, valueCodec) =>
    store.get(GetRequest(keyBytes, dataset, request.startTs)).map { response =>
      val until = request.endTs.getOrElse(System.currentTimeMillis())
      val series = new util.LinkedHashMap[String, util.ArrayList[util.Map[String, AnyRef]]]
      response.values.get.iterator.filter(_.millis <= until).foreach { value =>
        Try(valueCodec.decodeMap(value.bytes)) match {
          case Success(metrics) => metrics.foreach { case (name, metric) =>
              val point = new util.HashMap[String, AnyRef]
              point.put("millis", Long.box(value.millis))
              point.put("value", checked(request, name, metric))
              series.computeIfAbsent(name, _ => new util.ArrayList).add(point)
            }
          case Failure(cause) =>
            metadata.logger.warn(
              s"a point of ${request.name} at ${value.millis} cannot be decoded and is left out",
              cause
            )
        }
      }
      import scala.collection.JavaConverters._
      SeriesStatsResponse(request, Success(series.asScala.toMap))
    }
  }

  private def checked(request: StatsRequest, name: String, metric: AnyRef): AnyRef =
    if (metric.isInstanceOf[Array[Byte]] && name.endsWith("percentile"))
      throw new UnsupportedOperationException(
        s"${request.name}: metric $name is a sketch, and quantiles of stored sketches are not served yet"
      )
    else metric
}

private[online] object StatsSeries {
  private val DriftSuffix = "/drift"
}
