package ai.chronon.online

import ai.chronon.api.Extensions.JoinOps
import ai.chronon.api._
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.Metrics.Environment
import ai.chronon.online.serde.AvroCodec
import org.apache.thrift.TBase
import org.slf4j.{Logger, LoggerFactory}

import java.nio.charset.StandardCharsets.UTF_8
import scala.collection.Seq
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** Metrics of consecutive points in time. */
case class DataMetrics(series: Seq[(Long, scala.collection.immutable.SortedMap[String, Any])])

/** Definitions and serving infos as the key-value store has them, kept for a while.
  *
  * @param timeoutMillis how long a read of metadata may take; reads of features are not concerned
  */
class MetadataStore(
    kvStore: KVStore,
    val dataset: String = Constants.ChrononMetadataKey,
    timeoutMillis: Long,
    executionContextOverride: ExecutionContext = null
) {
  @transient implicit lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  @volatile private var partitionSpec = PartitionSpec.Daily

  /** How `batchEndDate` of serving infos is written, where it is not `yyyy-MM-dd`. */
  def setPartitionMeta(format: String, spanMillis: Long): Unit =
    partitionSpec = PartitionSpec(format, spanMillis)

  def setPartitionMeta(format: String): Unit = setPartitionMeta(format, partitionSpec.spanMillis)

  implicit val executionContext: ExecutionContext =
    Option(executionContextOverride).getOrElse(FlexibleExecutionContext.buildExecutionContext)

  /** A definition by the path of its compiled file or by `joins/<team>/<name>`: the last three parts count. */
  def getConf[T <: TBase[_, _]: Manifest](confPathOrName: String): Try[T] = {
    val clazz = implicitly[Manifest[T]].runtimeClass.asInstanceOf[Class[T]]
    val key = confPathOrName.split("/").takeRight(3).mkString("/")
    stored(clazz, key)(kvStore.getString(key, dataset, timeoutMillis))
      .flatMap(text => stored(clazz, key)(Try(ThriftJsonCodec.fromJsonStr[T](text, check = false, clazz))))
  }

  private def stored[T](clazz: Class[_], key: String)(read: => Try[T]): Try[T] =
    // A store may break its contract by throwing.
    Try(read).flatten.recoverWith { case cause =>
      Failure(new RuntimeException(
        s"Couldn't fetch ${clazz.getName} for key $key. Perhaps metadata upload wasn't successful.",
        cause
      ))
    }

  /** Which definitions of a kind a team serves, by the key `<kind>/<team>`. */
  def getEntityListByTeam[T <: TBase[_, _]: Manifest](team: String): Try[Seq[String]] = {
    val clazz = implicitly[Manifest[T]].runtimeClass
    val kind = MetadataEndPoint.folder(clazz)
    val key = s"$kind/$team"
    stored(clazz, key)(kvStore.getStringArray(key, MetadataEndPoint.NameByTeamEndPointName, timeoutMillis))
  }

  lazy val getGroupByListByTeam: TTLCache[String, Try[Seq[String]]] = new TTLCache(
    (team: String) => getEntityListByTeam[GroupBy](team),
    (team: String) => Metrics.Context("group_by.list.fetch", team = team)
  )

  lazy val getJoinListByTeam: TTLCache[String, Try[Seq[String]]] = new TTLCache(
    (team: String) => getEntityListByTeam[Join](team),
    (team: String) => Metrics.Context("join.list.fetch", team = team)
  )

  /** A join by its path-like name, `<team>/<name>`. A join that cannot be read is thrown, and asked for again next time. */
  lazy val getJoinConf: TTLCache[String, Try[JoinOps]] = new TTLCache(
    (name: String) => {
      val context = Metrics.Context(Environment.MetaDataFetching, join = name).withSuffix("join")
      val start = System.currentTimeMillis()
      getConf[Join](s"joins/$name") match {
        case Success(join) =>
          context.distribution(Metrics.Name.LatencyMillis, System.currentTimeMillis() - start)
          Success(new JoinOps(join))
        case Failure(cause) =>
          context.increment(Metrics.Name.Exception)
          throw cause
      }
    },
    (join: String) => Metrics.Context("join.meta.fetch", join = join)
  )

  /** Whether the team's list of served joins has it. */
  def validateJoinExist(team: String, name: String): Boolean = listed(getJoinListByTeam, team, s"joins/$name")

  /** Whether the team's list of served group-bys has it. */
  def validateGroupByExist(team: String, name: String): Boolean = {
    val path = if (name.contains("/")) name else name.replaceFirst("\\.", "/")
    listed(getGroupByListByTeam, team, s"group_bys/$path")
  }

  private def listed(lists: TTLCache[String, Try[Seq[String]]], team: String, key: String): Boolean =
    lists(team) match {
      case Success(names) => names.contains(key)
      case Failure(cause) =>
        logger.error(s"the list of what team $team serves cannot be read: $key counts as not served", cause)
        lists.refresh(team)
        false
    }

  def putJoinConf(join: Join): Unit = {
    val key = "joins/" + join.getMetaData.getName.replaceFirst("\\.", "/")
    kvStore.put(PutRequest(key.getBytes(UTF_8), ThriftJsonCodec.toJsonStr(join).getBytes(UTF_8), dataset))
  }

  /** The codec of a series' keys or values, by the name under which its schema is stored. */
  def getSchemaFromKVStore(dataset: String, key: String): AvroCodec =
    kvStore.getString(key, dataset, timeoutMillis) match {
      case Success(text)  => AvroCodec.of(text)
      case Failure(cause) =>
        throw new RuntimeException(
          s"Couldn't fetch the schema $key of dataset $dataset: was its upload successful?",
          cause
        )
    }

  lazy val getStatsSchemaFromKVStore: TTLCache[(String, String), AvroCodec] = new TTLCache(
    (dataset: (String, String)) => getSchemaFromKVStore(dataset._1, dataset._2),
    (dataset: (String, String)) => Metrics.Context("stats.serving_info.fetch", groupBy = dataset._1)
  )

  /** The serving info of a group-by by the name in a request, in which dots and slashes are the same. */
  lazy val getGroupByServingInfo: TTLCache[String, Try[GroupByServingInfoParsed]] = new TTLCache(
    (name: String) => readServingInfo(name),
    (groupBy: String) => Metrics.Context("group_by.serving_info.fetch", groupBy = groupBy)
  )

  private def readServingInfo(name: String): Try[GroupByServingInfoParsed] = {
    val context = Metrics.Context(Environment.MetaDataFetching, groupBy = name).withSuffix("group_by")
    val start = System.currentTimeMillis()
    val batchDataset = TableNames.clean(name).toUpperCase + "_BATCH"
    val read =
      Try(kvStore.getString(Constants.GroupByServingInfoKey, batchDataset, timeoutMillis)).flatten.map {
        text =>
          val info =
            ThriftJsonCodec.fromJsonStr[GroupByServingInfo](text, check = true, classOf[GroupByServingInfo])
          // Operation numbers and stored names of the dialects clash: read as ours it would give other features.
          if (info.isSetDateFormat)
            throw new UnsupportedOperationException(
              s"group-by $name: its serving info has a dateFormat, so it was uploaded in the zipline dialect, which this fetcher does " +
                "not serve; upload it with a definition of the airbnb dialect"
            )
          new GroupByServingInfoParsed(info, partitionSpec)
      }
    read match {
      case Success(_) => context.distribution(Metrics.Name.LatencyMillis, System.currentTimeMillis() - start)
      case Failure(_) => context.increment(Metrics.Name.Exception)
    }
    read.recoverWith { case cause =>
      logger.error(s"group-by $name has no usable serving info in dataset $batchDataset", cause)
      Failure(new RuntimeException(
        s"Couldn't fetch group by serving info for $batchDataset, please make sure a batch upload was successful",
        cause
      ))
    }
  }

  /** Stores what a walk over compiled files gave for one endpoint, in batches. */
  def put(
      kVPairs: Map[String, Seq[String]],
      datasetName: String = Constants.ChrononMetadataKey,
      batchSize: Int = 50
  ): Future[Seq[Boolean]] = {
    val now = Some(System.currentTimeMillis())
    val puts = kVPairs.toSeq.map { case (key, values) =>
      val bytes =
        if (datasetName == MetadataEndPoint.NameByTeamEndPointName)
          StringArrayConverter.stringsToBytes(values)
        else values.head.getBytes(UTF_8)
      PutRequest(key.getBytes(UTF_8), bytes, datasetName, now)
    }
    Future.sequence(puts.grouped(batchSize).map(batch => kvStore.multiPut(batch)).toList).map(_.flatten)
  }
}
