package ai.chronon.online

import ai.chronon.api._
import com.timgroup.statsd.{
  Event,
  NonBlockingStatsDClient,
  NonBlockingStatsDClientBuilder,
  StatsDClientErrorHandler
}
import org.slf4j.{Logger, LoggerFactory}

import java.net.InetAddress
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import scala.util.Try

/** What is counted and measured, under the names that dashboards know, sent to a DogStatsD agent over UDP. */
object Metrics {

  /** First part of a metric's name: what was going on. */
  object Environment extends Enumeration {
    type Environment = String
    val MetaDataFetching = "metadata.fetch"
    val JoinFetching = "join.fetch"
    val GroupByFetching = "group_by.fetch"
    val GroupByUpload = "group_by.upload"
    val GroupByStreaming = "group_by.streaming"
    val Fetcher = "fetcher"
    val JoinOffline = "join.offline"
    val GroupByOffline = "group_by.offline"
    val StagingQueryOffline = "staging_query.offline"
    val groupByMetadataExport = "group_by.metadata_export"
    val joinMetadataExport = "join.metadata_export"
    val stagingQueryMetadataExport = "staging_query.metadata_export"
    val JoinLogFlatten = "join.log_flatten"
    val LabelJoin = "label_join"
    val ModelTransform = "model_transform"
    val ModelTransformBatch = "model_transform.batch"
  }
  import Environment._

  object Tag {
    val GroupBy = "group_by"
    val Join = "join"
    val JoinPartPrefix = "join_part_prefix"
    val StagingQuery = "staging_query"
    val Environment = "environment"
    val Production = "production"
    val Accuracy = "accuracy"
    val Team = "team"
    val Owner = "owner"
    val Model = "model"
  }

  object Name {
    val BatchResponse = "batch.response"
    val StreamingResponse = "streaming.response"
    val FreshnessMillis = "freshness.millis"
    val FreshnessMinutes = "freshness.minutes"
    val LatencyMillis = "latency.millis"
    val LagMillis = "lag.millis"
    val BatchLagMillis = "micro_batch_lag.millis"
    val QueryDelaySleepMillis = "chain.query_delay_sleep.millis"
    val ChainRequestBatchSize = "chain.request_batch_size"
    val FetchJoinLagMillis = "fetch_join_lag.millis"
    val FetchBaseJoinLagMillis = "fetch_base_join_lag.millis"
    val LatencyMinutes = "latency.minutes"
    val PartitionCount = "partition.count"
    val RowCount = "row.count"
    val RequestCount = "request.count"
    val ResponseCount = "response.count"
    val RequestBatchSize = "request_batch_size"
    val ColumnBeforeCount = "column.before.count"
    val ColumnAfterCount = "column.after.count"
    val FailureCount = "failure.ratio"
    val Bytes = "bytes"
    val KeyBytes = "key.bytes"
    val ValueBytes = "value.bytes"
    val FetchExceptions = "fetch.exception_count"
    val FetchNulls = "fetch.null_count"
    val FetchCount = "fetch.count"
    val PutKeyNullPercent = "put.key.null_percent"
    val PutValueNullPercent = "put.value.null_percent"
    val WriteLatencyMillis = "write.latency.millis"
    val PushNotificationCount = "push_notification.count"
    val Exception = "exception"
    val validationFailure = "validation.failure"
    val validationSuccess = "validation.success"
  }

  object Context {
    val sampleRate: Double = 0.1

    def apply(environment: Environment, join: Join): Context = new Context(
      environment = environment,
      join = TableNames.clean(join.getMetaData.getName),
      production = join.getMetaData.isProduction,
      team = CustomJson.owningTeam(join.getMetaData)
    )

    def apply(environment: Environment, groupBy: GroupBy): Context = new Context(
      environment = environment,
      groupBy = TableNames.clean(groupBy.getMetaData.getName),
      production = groupBy.getMetaData.isProduction,
      accuracy = Sources.accuracy(groupBy),
      team = CustomJson.owningTeam(groupBy.getMetaData)
    )

    /** The context of a part inside that of its join. */
    def apply(joinContext: Context, joinPart: JoinPart): Context = joinContext.copy(
      groupBy = TableNames.clean(joinPart.getGroupBy.getMetaData.getName),
      accuracy = Sources.accuracy(joinPart.getGroupBy),
      joinPartPrefix = joinPart.getPrefix
    )

    def apply(environment: Environment, stagingQuery: StagingQuery): Context = new Context(
      environment = environment,
      stagingQuery = TableNames.clean(stagingQuery.getMetaData.getName),
      production = stagingQuery.getMetaData.isProduction,
      team = stagingQuery.getMetaData.getTeam
    )

    val statsHost: String = System.getProperty("ai.chronon.metrics.host", "localhost")
    val statsPort: Int = System.getProperty("ai.chronon.metrics.port", "8125").toInt

    /** Whether anything is sent: not with `ai.chronon.metrics.enabled=false`. */
    private val enabled: Boolean = System.getProperty("ai.chronon.metrics.enabled", "true").toBoolean

    private val Prefix = "ai.zipline"

    /** Messages that wait for the socket. More are dropped: memory is worth more than a sample. */
    private val QueueSize = 10000

    private val statsLogger: Logger = LoggerFactory.getLogger(getClass)
    private val statsErrorCount = new AtomicLong
    private val LogEvery = 1000

    /** How many names a context remembers. */
    private val KnownNames = 64

    /** Bytes of a datagram to an agent on this machine, where no network limits them: fewer and longer ones cost both sides less.
      * No agent reads into less than 4,096 (veneur's `metric_max_length`).
      */
    private val LoopbackPacket = 4000

    /** Client errors are logged the first time and then once in a thousand, or an agent that is down would fill the log. */
    private val logErrors: StatsDClientErrorHandler = (e: Exception) =>
      if (statsErrorCount.getAndIncrement() % LogEvery == 0)
        statsLogger.warn(
          s"metrics cannot be sent to $statsHost:$statsPort (${statsErrorCount.get} errors so far)",
          e
        )

    lazy val statsClient: NonBlockingStatsDClient =
      try lookingClient
      catch {
        // The class path has the reference's version of the library before ours.
        case _: NoClassDefFoundError =>
          new NonBlockingStatsDClient(Prefix, statsHost, statsPort, QueueSize, Array.empty[String], logErrors)
      }

    /** A client whose thread looks for messages every ten milliseconds: waking it for each costs more than the message. */
    private def lookingClient: NonBlockingStatsDClient = {
      val builder = new NonBlockingStatsDClientBuilder()
        .prefix(Prefix)
        .hostname(statsHost)
        .port(statsPort)
        .queueSize(QueueSize)
        .errorHandler(logErrors)
        .enableTelemetry(false)
      if (isLoopback(statsHost)) builder.maxPacketSizeBytes(LoopbackPacket)
      builder.build()
    }

    private def isLoopback(host: String): Boolean =
      statsPort != 0 && Try(InetAddress.getByName(host).isLoopbackAddress).getOrElse(false)

    /** The client, or none if metrics are off: then no socket is ever opened. */
    private[online] def client: Option[NonBlockingStatsDClient] = if (enabled) Some(statsClient) else None

    private[online] val tagStrings = new ConcurrentHashMap[Context, String]
  }

  /** What metrics are about. Each tag that is set goes with every metric.
    *
    * @param join   one or several names, separated by commas
    * @param suffix stands between the environment and the metric's own name
    */
  case class Context(
      environment: Environment,
      join: String = null,
      groupBy: String = null,
      stagingQuery: String = null,
      production: Boolean = false,
      accuracy: Accuracy = null,
      team: String = null,
      joinPartPrefix: String = null,
      suffix: String = null,
      model: String = null
  ) extends Serializable {

    /** The same with a further suffix; made once, as every request asks for it and its tags take long to put together. */
    def withSuffix(suffixN: String): Context = suffixed.computeIfAbsent(
      suffixN,
      _ => copy(suffix = Option(suffix).map(_ + "." + suffixN).getOrElse(suffixN))
    )

    @transient private lazy val suffixed = new ConcurrentHashMap[String, Context]

    def increment(metric: String): Unit = count(metric, 1)

    /** Counts an exception by where it was thrown and of what class it is, and logs it. */
    def incrementException(exception: Throwable)(implicit logger: Logger): Unit = {
      logger.error(
        s"$environment ${Seq(join, groupBy).filter(_ != null).mkString(" ")}: $exception",
        exception
      )
      send { client =>
        val place = exception.getStackTrace.headOption.map(frame =>
          s"[${frame.getMethodName}@${frame.getFileName}:${frame.getLineNumber}]"
        ).getOrElse("")
        client.incrementCounter(prefixed(Name.Exception), tags, s"exception:$place${exception.getClass}")
      }
    }

    def distribution(metric: String, value: Long): Unit = distribution(metric, value, Context.sampleRate)

    def distribution(metric: String, value: Long, sampleRate: Double): Unit =
      send(_.distribution(prefixed(metric), value, sampleRate, tags))

    def count(metric: String, value: Long): Unit = send(_.count(prefixed(metric), value, tags))

    def gauge(metric: String, value: Long): Unit = send(_.gauge(prefixed(metric), value, tags))

    def gauge(metric: String, value: Double): Unit = send(_.gauge(prefixed(metric), value, tags))

    def recordEvent(metric: String, event: Event): Unit = send(_.recordEvent(event, prefixed(metric), tags))

    /** `name:value` of what is set, in a fixed order, filled up with nulls to one slot for each tag. */
    def toTags: Array[String] = {
      val joinNames = Option(join).toSeq.flatMap(_.split(",")).map(TableNames.clean)
      val set = joinNames.map(buildTag(Tag.Join, _)) ++ Seq(
        Tag.GroupBy -> TableNames.clean(groupBy),
        Tag.StagingQuery -> TableNames.clean(stagingQuery),
        Tag.Production -> production.toString,
        Tag.Team -> team,
        Tag.Owner -> team,
        Tag.Environment -> environment,
        Tag.JoinPartPrefix -> joinPartPrefix,
        Tag.Accuracy -> Option(accuracy).map(_.name).orNull,
        Tag.Model -> model
      ).collect { case (name, value) if value != null => buildTag(name, value) }
      val slots = 9 + math.max(1, joinNames.size)
      set.toArray.padTo(slots, null: String)
    }

    def buildTag(key: String, value: String): String = s"$key:$value"

    private def send(metric: NonBlockingStatsDClient => Unit): Unit = Context.client.foreach(metric)

    /** Last tag first, nulls as text: what dashboards have been reading. */
    @transient private lazy val tags: String =
      Context.tagStrings.computeIfAbsent(
        this,
        _ => toTags.reverseIterator.map(String.valueOf(_: String)).mkString(",")
      )

    @transient private lazy val prefix: String = (Seq(environment) ++ Option(suffix)).mkString("", ".", ".")

    /** Put together once, as each request has a dozen metrics of each part; names that somebody makes up go without. */
    private def prefixed(metric: String): String = {
      val known = names.get(metric)
      if (known != null) known
      else {
        val name = prefix.concat(metric)
        if (names.size < Context.KnownNames) names.put(metric, name)
        name
      }
    }

    @transient private lazy val names = new ConcurrentHashMap[String, String]
  }
}
