package ai.chronon.online

import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.util.{Failure, Success}

/** Where serving meets an integrator's platform: its store, its message formats, its external sources. Jobs and services are given
  * the name of a subclass and make it themselves (`OnlineApiLoader`).
  *
  * A subclass has exactly one public constructor, which takes the settings that the job was given.
  */
abstract class Api(userConf: Map[String, String]) extends Serializable {
  private var timeoutMillis: Long = Api.DefaultTimeoutMillis
  private var flagStore: FlagStore = _

  lazy val fetcher: Fetcher = buildFetcher()

  /** Decodes the messages of a group-by's topic. */
  def streamDecoder(groupByServingInfoParsed: GroupByServingInfoParsed): StreamDecoder

  /** A new connection to the store: one is made per fetcher, and per task of a streaming job. */
  def genKvStore: KVStore

  def externalRegistry: ExternalSourceRegistry

  /** Runs models; null if there are none. */
  def genModelBackend: ModelBackend = null

  def setFlagStore(store: FlagStore): Unit = flagStore = store

  /** How long a read of metadata may take. Reads of features are not concerned. */
  def setTimeout(millis: Long): Unit = timeoutMillis = millis

  /** Opens topics of a kind that is not built in; null if this kind is none of ours. */
  def generateStreamBuilder(streamType: String): StreamBuilder = null

  /** Takes a sampled response, or the publication of a schema. Called on threads of requests: it must not block. */
  def logResponse(resp: LoggableResponse): Unit

  private lazy val responseConsumer = new java.util.function.Consumer[LoggableResponse] {
    override def accept(response: LoggableResponse): Unit = logResponse(response)
  }

  final def buildFetcher(
      debug: Boolean = false,
      callerName: String = null,
      disableErrorThrows: Boolean = false
  ): Fetcher = new Fetcher(
    genKvStore,
    Api.MetadataDataset,
    timeoutMillis,
    responseConsumer,
    debug,
    externalRegistry,
    callerName,
    flagStore,
    disableErrorThrows,
    modelBackend = genModelBackend
  )

  final def buildJavaFetcher(callerName: String = null, disableErrorThrows: Boolean = false): JavaFetcher =
    javaFetcherBuilder().callerName(callerName).disableErrorThrows(disableErrorThrows).build()

  final def buildJavaFetcher(): JavaFetcher = buildJavaFetcher(null)

  /** A fetcher of which more can be chosen; flag store and model backend are set already. */
  final def javaFetcherBuilder(): JavaFetcher.Builder =
    new JavaFetcher.Builder(
      genKvStore,
      Api.MetadataDataset,
      timeoutMillis,
      responseConsumer,
      externalRegistry
    )
      .flagStore(flagStore)
      .modelBackend(genModelBackend)

  /** Makes the handlers of the external sources that these joins name with a factory, before the first request does.
    *
    * @throws java.lang.RuntimeException naming the join, if its definition cannot be read
    */
  def registerJoinExternalSources(joins: Seq[String]): Unit = joins.foreach { name =>
    fetcher.getJoinConf(name) match {
      case Failure(error) =>
        throw new RuntimeException(s"the definition of join $name cannot be read: ${error.getMessage}", error)
      case Success(conf) =>
        val parts = Option(conf.join.getOnlineExternalParts).map(_.asScala.toList)
        fetcher.externalSourceRegistry.addHandlersByFactory(parts)
    }
  }
}

object Api {
  private val DefaultTimeoutMillis = 10000L
  private val MetadataDataset = "ZIPLINE_METADATA"
}
