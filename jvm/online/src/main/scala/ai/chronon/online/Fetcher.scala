package ai.chronon.online

import scala.collection.Seq
import scala.util.Try

/** What fetchers are asked and what they answer. */
object Fetcher {

  /** The version of this library, as its jar says; "development" outside of one. */
  private[online] lazy val version: String =
    Option(getClass.getPackage).flatMap(p => Option(p.getImplementationVersion)).getOrElse("development")

  /** @param name     a join as `<team>/<name>`, or a group-by
    * @param keys     values of the keys by their names on the left side
    * @param atMillis the moment as of which features are wanted; now if absent
    */
  case class Request(
      name: String,
      keys: Map[String, AnyRef],
      atMillis: Option[Long] = None,
      context: Option[Metrics.Context] = None
  )

  /** A request for a part of a join, and what stands before the names of its features. */
  case class PrefixedRequest(prefix: String, request: Request)

  /** A series of metrics between two moments. */
  case class StatsRequest(name: String, startTs: Option[Long] = None, endTs: Option[Long] = None)
  case class StatsResponse(request: StatsRequest, values: Try[Map[String, AnyRef]], millis: Long)
  case class SeriesStatsResponse(request: StatsRequest, values: Try[Map[String, AnyRef]])

  /** Features by name. Those of a join are always a success: what failed is in it, under names that end in `_exception`. */
  case class Response(request: Request, values: Try[Map[String, AnyRef]])

  /** The same with structs named at every depth. */
  case class StructuredResponse(request: Request, values: Try[serde.FeatureRecord])

  /** A response of a join on its way through derivations, models and logging. */
  case class ResponseWithContext(
      request: Request,
      ctx: Metrics.Context,
      requestStartTs: Long,
      baseValues: Map[String, AnyRef],
      derivedValues: Option[Map[String, AnyRef]] = None,
      modelTransformsValues: Option[Map[String, AnyRef]] = None,
      joinCodec: Option[JoinCodec] = None
  )

  /** One column of a group-by, for keys that come with it. */
  case class ColumnSpec(
      groupByName: String,
      columnName: String,
      prefix: Option[String],
      keyMapping: Option[Map[String, AnyRef]]
  )
}

/** Responses and when they were complete. */
case class FetcherResponseWithTs(responses: Seq[Fetcher.Response], endTs: Long)
