package ai.chronon.online

import ai.chronon.api.Extensions.ThrowableOps
import ai.chronon.api._
import ai.chronon.online.Fetcher._
import com.timgroup.statsd.Event

import java.util.function.Consumer
import scala.collection.Seq
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

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

/** Fetches features: those of joins with everything that belongs to them, and those of group-bys.
  *
  * What a join asks for goes to the store in one `multiGet` and to the native library in one call, whatever the number of requests
  * and parts. Everything up to the `multiGet` runs on the caller's thread, and everything after it on the executor; but a request for a
  * few parts without derivations, whose values the store gives at once, ends on the caller's thread.
  *
  * @param metaDataSet                the dataset of definitions
  * @param timeoutMillis              how long a read of metadata may take; reads of features are not concerned
  * @param logFunc                    takes logged responses, on the threads of requests; null to log none
  * @param debug                      whether requests are written to the log, and every response of a logged join is logged
  * @param externalSourceRegistry     needed by joins with external parts
  * @param callerName                 who fetches, for the metrics
  * @param flagStore                  switches that change while the process runs; may be null
  * @param disableErrorThrows         whether streamed values that cannot be decoded are left out
  * @param joinFetchParallelChunkSize how many requests of a join make one chunk; chunks run independently
  * @param modelBackend               needed by joins with model transforms
  */
class Fetcher(
    val kvStore: KVStore,
    metaDataSet: String,
    timeoutMillis: Long = 10000,
    logFunc: Consumer[LoggableResponse] = null,
    debug: Boolean = false,
    val externalSourceRegistry: ExternalSourceRegistry = null,
    callerName: String = null,
    flagStore: FlagStore = null,
    disableErrorThrows: Boolean = false,
    executionContextOverride: ExecutionContext = null,
    joinFetchParallelChunkSize: Option[Int] = None,
    val modelBackend: ModelBackend = null
) extends FetcherBase(
      kvStore,
      metaDataSet,
      timeoutMillis,
      debug,
      flagStore,
      disableErrorThrows,
      executionContextOverride,
      modelBackend
    ) {
  private val logging = new ResponseLogging(logFunc, debug)
  private val stats = new StatsSeries(kvStore, this)

  Metrics.Context(Metrics.Environment.Fetcher).recordEvent(
    "initialization",
    Event.builder()
      .withTitle("FetcherInitialization")
      .withText(s"CallerName: $callerName, FetcherVersion: ${Fetcher.version}")
      .withAlertType(Event.AlertType.INFO)
      .build()
  )

  /** The schemas of a join, and whether some of its parts are missing in them.
    *
    * @param refreshOnFail whether parts without a serving info are left out and asked for again; else they are an error
    */
  def buildJoinCodec(joinConf: Join, refreshOnFail: Boolean): (JoinCodec, Boolean) =
    JoinCodecBuilder.build(joinConf, this, refreshOnFail)

  /** Schemas by the join's name. A codec's schemas are published when it is built. */
  lazy val getJoinCodecs: TTLCache[String, Try[(JoinCodec, Boolean)]] = new TTLCache(
    (name: String) => {
      val context =
        Metrics.Context(Metrics.Environment.MetaDataFetching, join = name).withSuffix("join_codec")
      val start = System.currentTimeMillis()
      // The definition may be why the codec was asked for again.
      val built = Try(getJoinConf.refresh(name)).flatten.flatMap(conf =>
        Try(buildJoinCodec(conf.join, refreshOnFail = true))
      )
      built match {
        case Success((codec, _)) =>
          context.distribution(Metrics.Name.LatencyMillis, System.currentTimeMillis() - start)
          logging.publish(codec)
        case Failure(_) => context.increment(Metrics.Name.Exception)
      }
      built
    },
    (join: String) => Metrics.Context("join.codec.fetch", join = join)
  )

  def withTs(responses: Future[Seq[Response]]): Future[FetcherResponseWithTs] =
    responses.map(FetcherResponseWithTs(_, System.currentTimeMillis()))(SameThread)

  /** The features of joins, one response for each request, in their order.
    *
    * @param joinConf the definition, where it is not the stored one of each request's name
    */
  override def fetchJoin(requests: Seq[Request], joinConf: Option[Join] = None): Future[Seq[Response]] =
    joinFetchParallelChunkSize.filter(size => size > 0 && requests.size > size) match {
      case None       => fetchWhole(requests, joinConf, mayStay = true)
      case Some(size) => Future.sequence(fetchJoinChunked(requests, size, joinConf).toList).map(_.flatten)
    }

  /** The same in chunks that do not wait for each other. */
  def fetchJoinChunked(
      requests: Seq[Request],
      chunkSizeOverride: Int,
      joinConf: Option[Join] = None
  ): Seq[Future[Seq[Response]]] = {
    require(chunkSizeOverride > 0, s"chunk size $chunkSizeOverride: it must be above zero")
    val chunks = requests.grouped(chunkSizeOverride).toVector
    chunks.map(fetchWhole(_, joinConf, mayStay = chunks.size == 1))
  }

  def fetchJoinStructured(
      requests: Seq[Request],
      joinConf: Option[Join] = None
  ): Future[Seq[StructuredResponse]] = {
    val handed = joinConf.map(conf => Try(buildJoinCodec(conf, refreshOnFail = false)))
    fetchJoin(requests, joinConf).map(_.map { response =>
      val record =
        for (values <- response.values; codec <- handed.getOrElse(getJoinCodecs(response.request.name)))
          yield serde.FeatureRecord.fromValueMap(codec._1.valueSchema, values)
      StructuredResponse(response.request, record)
    })(SameThread)
  }

  private def fetchWhole(
      requests: Seq[Request],
      joinConf: Option[Join],
      mayStay: Boolean
  ): Future[Seq[Response]] = {
    val handed = new GivenCodec(joinConf)
    val planOf = planner(joinConf)
    val derived = fetchBase(requests, planOf, mayStay).map(_.map { response =>
      val asked = System.currentTimeMillis()
      val codec = handed.of(response.request.name)
      response.ctx.distribution("derivation_codec.latency.millis", System.currentTimeMillis() - asked)
      val result = JoinDerivations.derive(response, codec.map(_._1))
      // The next request may find the parts that are missing now.
      if (joinConf.isEmpty && !codec.toOption.exists(!_._2)) getJoinCodecs.refresh(response.request.name)
      result
    })(SameThread)
    instrumentAndLog(
      if (requests.forall(planOf(_).models.isEmpty)) derived else modelled(derived, planOf)
    )
  }

  /** The codec of a definition that came with the call, built once for all its requests; or the stored join's. */
  private final class GivenCodec(joinConf: Option[Join]) {
    private lazy val handed: Option[Try[(JoinCodec, Boolean)]] = joinConf.map { conf =>
      val built = Try(buildJoinCodec(conf, refreshOnFail = false))
      built.foreach { case (codec, _) => logging.publish(codec) }
      built
    }
    def of(name: String): Try[(JoinCodec, Boolean)] = handed.getOrElse(Try(getJoinCodecs(name)).flatten)
  }

  /** Joins before derivations: their group-bys and external parts, fetched at the same time. */
  def fetchBaseJoin(requests: Seq[Request], joinConf: Option[Join]): Future[Seq[ResponseWithContext]] =
    fetchBase(requests, planner(joinConf), mayStay = true)

  private def fetchBase(
      requests: Seq[Request],
      planOf: Request => JoinPlan,
      mayStay: Boolean
  ): Future[Seq[ResponseWithContext]] = {
    val start = System.currentTimeMillis()
    val internal = fetchParts(requests, planOf, mayStay)
    def composed(responses: Seq[Response], externals: Seq[Try[Map[String, AnyRef]]]) =
      responses.zip(externals).map { case (response, more) =>
        val added: Map[String, AnyRef] = more match {
          case Success(values) => values
          case Failure(cause)  => Map("external_part_fetch_exception" -> cause.traceString)
        }
        val context = response.request.context.get
        val base = FeatureMap.extended(response.values.get, added)
        context.distribution("response.keys.count", base.size.toLong)
        ResponseWithContext(response.request, context, start, base)
      }
    if (requests.forall(planOf(_).externals.isEmpty))
      internal.map(composed(_, requests.map(_ => Success(Map.empty[String, AnyRef]))))(SameThread)
    else {
      val external = fetchExternals(requests, planOf).map(_.map(_.values))(SameThread)
        .recover { case cause => requests.map(_ => Failure(cause)) }(SameThread)
      // Scala runs what follows a zip in a batch of its own, in which a step that waits for a future may wait for one that is
      // queued behind it: on from there with the executor.
      internal.zip(external).map { case (responses, externals) => composed(responses, externals) }
    }
  }

  /** Adds what the models of the joins make of the features. */
  def fetchModelTransforms(responses: Future[Seq[ResponseWithContext]]): Future[Seq[ResponseWithContext]] =
    modelled(responses, planner(None))

  private def modelled(
      responses: Future[Seq[ResponseWithContext]],
      planOf: Request => JoinPlan
  ): Future[Seq[ResponseWithContext]] = {
    def plan(response: ResponseWithContext): JoinPlan = planOf(response.request)
    responses.flatMap(all =>
      FetcherModelUtils.fetchModelTransforms(all, plan(_).models, plan(_).passthrough, modelBackend)
    )(SameThread).map(identity) // out of the batch in which Scala ends a flatMap, as above
  }

  /** Turns finished responses into what callers get, and logs and measures them. */
  def instrumentAndLog(responses: Future[Seq[ResponseWithContext]]): Future[Seq[Response]] =
    responses.map(_.map { response =>
      val logged = logResponse(response)
      val values = logged.modelTransformsValues.orElse(logged.derivedValues).getOrElse(logged.baseValues)
      logged.ctx.distribution("overall.latency.millis", System.currentTimeMillis() - logged.requestStartTs)
      Response(logged.request, Success(values))
    })(SameThread)

  private[online] def logResponse(response: ResponseWithContext): ResponseWithContext = {
    if (!logging.log(response)) getJoinCodecs.refresh(response.request.name)
    response
  }

  /** The external parts of joins alone. */
  def fetchExternal(joinRequests: Seq[Request], joinConf: Option[Join] = None): Future[Seq[Response]] =
    fetchExternals(joinRequests, planner(joinConf))

  private def fetchExternals(
      joinRequests: Seq[Request],
      planOf: Request => JoinPlan
  ): Future[Seq[Response]] = {
    val start = System.currentTimeMillis()
    Try(joinRequests.map(request => request -> planOf(request))) match {
      case Failure(cause) =>
        val names = joinRequests.map(_.name).distinct.mkString(",")
        Metrics.Context(Metrics.Environment.JoinFetching, join = names)
          .count("response.external_invalid_joins.count", joinRequests.size.toLong)
        Future.failed(cause)
      case Success(planned) if planned.forall(_._2.externals.isEmpty) =>
        Future.successful(joinRequests.map(Response(_, Success(Map.empty[String, AnyRef]))))
      case Success(planned) =>
        val context = planned.head._2.context
        val asked = planned.map { case (request, plan) => request -> plan.externals }
        // Handlers may block, and the caller must not.
        Future.unit.flatMap(_ => ExternalFetch.fetch(asked, context, askSources(context))).map { responses =>
          context.distribution("external.latency.millis", System.currentTimeMillis() - start)
          responses
        }(SameThread)
    }
  }

  private def askSources(context: Metrics.Context)(
      sent: Seq[Request],
      parts: Seq[ExternalPart]
  ): Future[Seq[Response]] =
    if (externalSourceRegistry != null) externalSourceRegistry.fetchRequests(sent, context, Some(parts))
    else Future.failed(new IllegalStateException(
      s"external sources ${sent.map(_.name).distinct.mkString(", ")} cannot be fetched: the fetcher has no registry of them"
    ))

  /** Daily statistics of a join's table. */
  def fetchStatsTimeseries(request: StatsRequest): Future[SeriesStatsResponse] =
    stats.fetch(request, Constants.StatsBatchDataset)

  /** How far what was served is from what is computed afterwards. */
  def fetchConsistencyMetricsTimeseries(request: StatsRequest): Future[SeriesStatsResponse] =
    stats.fetch(request, Constants.ConsistencyMetricsDataset)

  /** Daily statistics of a join's logged responses. */
  def fetchLogStatsTimeseries(request: StatsRequest): Future[SeriesStatsResponse] =
    stats.fetch(request, Constants.LogStatsBatchDataset)
}
