package ai.chronon.online

import ai.chronon.api.Extensions.ThrowableOps
import ai.chronon.api._
import ai.chronon.online.Fetcher._

import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.collection.mutable.ArrayBuffer
import scala.concurrent.{ExecutionContext, Future}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** Fetches group-bys, and joins as far as they are made of group-bys.
  *
  * @param debug              whether requests and responses are written to the log
  * @param flagStore          switches that change while the process runs; may be null
  * @param disableErrorThrows whether streamed values that cannot be decoded are left out, where no flag store says otherwise
  */
class FetcherBase(
    kvStore: KVStore,
    metaDataSet: String,
    timeoutMillis: Long = 10000,
    debug: Boolean = false,
    flagStore: FlagStore = null,
    disableErrorThrows: Boolean = false,
    executionContextOverride: ExecutionContext = null,
    modelBackend: ModelBackend = null
) extends MetadataStore(kvStore, metaDataSet, timeoutMillis, executionContextOverride)
    with FetcherCache with AutoCloseable {
  import FetcherBase._

  private val plans = new ServingPlans
  private val reads = new GroupByReads(
    kvStore,
    this,
    plans,
    maybeBatchIrCache,
    isCachingEnabled,
    skipsUndecodable,
    (groupBy, name) =>
      !isEntityValidityCheckEnabled || validateGroupByExist(CustomJson.owningTeam(groupBy.getMetaData), name)
  )

  /** Gives back what the native library holds. Requests that are under way are still answered. */
  override def close(): Unit = plans.close()

  override def isCachingEnabled(groupBy: GroupBy): Boolean =
    isCacheSizeConfigured && flag("enable_fetcher_batch_ir_cache", groupBy).contains(true)

  def isEntityValidityCheckEnabled: Boolean =
    Option(flagStore).exists(_.isSet("enable_entity_validity_check", Map.empty[String, String].asJava) ==
      true)

  private def skipsUndecodable(groupBy: GroupBy): Boolean =
    flag("disable_streaming_decoding_error_throws", groupBy).getOrElse(disableErrorThrows)

  /** A flag about a group-by; none without a flag store. The attribute is called after a dataset and holds a name, for which
    * flags are set.
    */
  private def flag(name: String, groupBy: GroupBy): Option[Boolean] = Option(flagStore).map(
    _.isSet(name, Map("groupby_streaming_dataset" -> groupBy.getMetaData.getName).asJava) == true
  )

  /** Features of group-bys. A request with a null key has no response; a key that the store does not have is a null map. */
  def fetchGroupBys(requests: Seq[Request]): Future[Seq[Response]] = {
    val all = requests.toIndexedSeq
    val context = Metrics.Context(Metrics.Environment.GroupByFetching)
    if (debug) logger.info(s"fetching group-bys: ${all.mkString(", ")}")
    reads.read(all, context, mayStay = true).map { results =>
      maybeBatchIrCache.foreach(_.report(caffeineMetricsContext))
      val responses = ArrayBuffer.empty[Response]
      all.indices.foreach { i =>
        val values = results(i) match {
          case GroupByResult.NullKey               => None
          case GroupByResult.Failed(cause)         => Some(Failure(cause))
          case GroupByResult.Absent(info)          => Some(Success(derived(info, all(i), null)))
          case GroupByResult.Features(info, slots) =>
            Some(Success(derived(info, all(i), FeatureMap(info.layout, Array(slots), Map.empty))))
        }
        values.foreach(v => responses += Response(all(i), v))
      }
      responses.toVector
    }(SameThread)
  }

  def fetchGroupBysStructured(requests: Seq[Request]): Future[Seq[StructuredResponse]] =
    fetchGroupBys(requests).map(_.map { response =>
      val record = for (values <- response.values; info <- getGroupByServingInfo(response.request.name))
        yield serde.FeatureRecord.fromValueMap(info.responseChrononSchema, values)
      StructuredResponse(response.request, record)
    })(SameThread)

  /** The group-by's own derivations, where it has some. */
  private def derived(
      info: GroupByServingInfoParsed,
      request: Request,
      base: Map[String, AnyRef]
  ): Map[String, AnyRef] =
    info.derivation match {
      case None          => base
      case Some(program) =>
        val features = Option(base).getOrElse(Map.empty[String, AnyRef])
        val millis = request.atMillis.getOrElse(System.currentTimeMillis())
        DerivationFallback(
          program,
          request.keys,
          features,
          millis,
          request.context.getOrElse(info.fetchContext)
        )
    }

  /** The group-bys of joins. What is external, derived or modelled is not in it. */
  def fetchJoin(requests: Seq[Request], joinConf: Option[Join] = None): Future[Seq[Response]] =
    fetchParts(requests, planner(joinConf), mayStay = true)

  private[online] def fetchParts(
      requests: Seq[Request],
      planOf: Request => JoinPlan,
      mayStay: Boolean
  ): Future[Seq[Response]] = {
    val all = requests.toIndexedSeq
    val planned = all.map(planOf)
    val asked = ArrayBuffer.empty[Request]
    val decomposed = all.indices.map(i => decompose(all(i), planned(i), asked))
    val context =
      planned.headOption.map(_.context).getOrElse(Metrics.Context(Metrics.Environment.JoinFetching))
    context.count("internal.request.count", asked.size.toLong)
    val start = System.currentTimeMillis()
    reads.read(
      asked.toVector,
      context,
      mayStay && planned.forall(_.endsWithParts)
    ).map { results =>
      maybeBatchIrCache.foreach(_.report(caffeineMetricsContext))
      val responses = all.indices.map { i =>
        val plan = planned(i)
        Response(
          all(i).copy(context = Some(plan.context)),
          Success(decomposed(i) match {
            case Left(entries) => entries
            case Right(places) => composed(all(i), plan, places, asked, results)
          })
        )
      }
      context.distribution("internal.latency.millis", System.currentTimeMillis() - start)
      responses
    }(SameThread)
  }

  private val joinPlans = new java.util.concurrent.ConcurrentHashMap[String, JoinPlan]

  /** The plan of each request of a call: of the definition that came with the call, made once, or of the stored join. */
  private[online] def planner(joinConf: Option[Join]): Request => JoinPlan = joinConf match {
    case Some(join) =>
      val handed = new JoinPlan(join)
      _ => handed
    case None => request => planOf(request.name)
  }

  /** The plan of a stored join, made again only when its definition was read again. */
  private def planOf(name: String): JoinPlan = {
    val conf =
      try getJoinConf(name).get
      catch {
        case NonFatal(cause) =>
          Metrics.Context(
            Metrics.Environment.JoinFetching,
            join = name
          ).increment("fetch_invalid_join_failure.count")
          throw cause
      }
    joinPlans.compute(
      name,
      (_, old) => if (old != null && (old.join eq conf.join)) old else new JoinPlan(conf.join)
    )
  }

  /** For each part where its request went, or the entry that says which keys are missing; or entries in place of everything. */
  private def decompose(
      request: Request,
      plan: JoinPlan,
      asked: ArrayBuffer[Request]
  ): Either[Map[String, AnyRef], Array[Either[KeyMissingException, Int]]] = {
    plan.context.increment("join_request.count")
    if (
      isEntityValidityCheckEnabled &&
      !validateJoinExist(CustomJson.owningTeam(plan.join.getMetaData), request.name)
    ) {
      plan.context.increment("fetch_invalid_join_failure.count")
      Left(Map(s"${request.name}${JoinPlan.ExceptionSuffix}" ->
        InvalidEntityException(request.name).traceString))
    } else {
      Try(plan.parts.map(_.request(request))) match {
        case Success(parts) => Right(parts.map {
            case Left(missing) =>
              plan.context.increment("fetch_missing_key_failure.count")
              Left(missing)
            case Right(partRequest) =>
              asked += partRequest
              Right(asked.size - 1)
          })
        case Failure(cause) =>
          plan.context.increment("fetch_join_failure.count")
          Left(Map("join_part_fetch_exception" -> cause.traceString))
      }
    }
  }

  private def composed(
      request: Request,
      plan: JoinPlan,
      places: Array[Either[KeyMissingException, Int]],
      asked: ArrayBuffer[Request],
      results: Array[GroupByResult]
  ): Map[String, AnyRef] = {
    val infos = new Array[GroupByServingInfoParsed](places.length)
    val slots = new Array[FeatureSlots](places.length)
    var extras = Map.empty[String, AnyRef]
    places.indices.foreach { p =>
      val part = plan.parts(p)
      places(p) match {
        case Left(missing) => extras += part.exceptionKey -> missing.getMessage
        case Right(place)  =>
          def addDerived(info: GroupByServingInfoParsed, base: Map[String, AnyRef]): Unit =
            derived(info, asked(place), base).foreach { case (name, value) =>
              extras += part.prefixed(name) -> value
            }
          results(place) match {
            case GroupByResult.NullKey               =>
            case GroupByResult.Failed(cause)         => extras += part.exceptionKey -> cause.traceString
            case GroupByResult.Absent(info)          => if (info.derivation.isDefined) addDerived(info, null)
            case GroupByResult.Features(info, found) =>
              if (info.derivation.isDefined)
                addDerived(info, FeatureMap(info.layout, Array(found), Map.empty))
              else {
                infos(p) = info
                slots(p) = found
              }
          }
      }
    }
    if (debug)
      logger.info(s"join ${request.name}, keys ${request.keys}: ${extras.size} entries beside features")
    FeatureMap(plan.layout(infos), slots, extras)
  }

  /** Single columns of group-bys, as of now. */
  def fetchColumns(columnSpecs: Seq[ColumnSpec]): Future[Map[ColumnSpec, Response]] = {
    val now = System.currentTimeMillis()
    val requestOf = columnSpecs.distinct.map(spec =>
      spec ->
        Request(s"${spec.groupByName}.${spec.columnName}", spec.keyMapping.getOrElse(Map.empty), Some(now))
    ).toMap
    fetchGroupBys(requestOf.values.toSeq).map { responses =>
      val byRequest = responses.map(response => response.request -> response).toMap
      requestOf.map { case (spec, request) =>
        val response = byRequest.getOrElse(
          request,
          Response(request, Failure(new IllegalStateException(s"no response for $request: a key is null")))
        )
        val prefix = spec.prefix.map(_ + "_").getOrElse("")
        spec -> Response(
          request,
          response.values.map(values =>
            if (values == null || prefix.isEmpty) values
            else values.map { case (name, value) => (prefix + name) -> value }
          )
        )
      }
    }(SameThread)
  }

  /** Counts requests so long after the batch that windows longer than two days miss what slid out of them. */
  private[online] def checkLateBatchData(
      queryTs: Long,
      groupByName: String,
      batchEndTs: Long,
      groupByServingInfoBatchEndTs: Long,
      windows: Seq[Window]
  ): Long = LateBatch.count(queryTs, math.min(batchEndTs, groupByServingInfoBatchEndTs), windows)
}

private[online] object FetcherBase {

  /** Derives; when that fails, tries the renames alone, and says so in the response. */
  object DerivationFallback {
    def apply(
        program: DerivationProgram,
        keys: Map[String, AnyRef],
        base: Map[String, AnyRef],
        millis: Long,
        context: Metrics.Context
    )(implicit logger: org.slf4j.Logger): Map[String, AnyRef] =
      Try(program(keys, base, millis)).recover { case NonFatal(cause) =>
        context.incrementException(cause)
        val renamed =
          try program.renameOnly(keys, base, millis)
          catch {
            case NonFatal(e) => Map[String, AnyRef]("derivation_rename_exception" -> e.traceString)
          }
        renamed + ("derivation_fetch_exception" -> cause.traceString)
      }.get
  }
}
