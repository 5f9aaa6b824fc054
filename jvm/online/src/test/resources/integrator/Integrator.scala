// An integrator's classes as they are written against the reference. The test compiles them with its jars and runs the class
// files on ours; every default of a constructor or method is used once.
package integrator

import ai.chronon.api.{LongType, Model, StringType, StructField, StructType}
import ai.chronon.online._
import ai.chronon.online.KVStore.{GetRequest, GetResponse, PutRequest, TimedValue}

import scala.collection.{mutable, Seq}
import scala.concurrent.Await
import scala.concurrent.Future
import scala.concurrent.duration.DurationInt
import scala.util.{Success, Try}

class ListStore extends KVStore {
  private val values = mutable.Map.empty[(String, Seq[Byte]), Seq[TimedValue]]

  override def create(dataset: String): Unit = logger.debug(dataset)

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = Future {
    requests.map { request =>
      GetResponse(request, Try(values((request.dataset, request.keyBytes.toSeq))))
    }
  }

  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = Future {
    puts.map { put =>
      val key = (put.dataset, put.keyBytes.toSeq)
      values(key) = values.getOrElse(key, Nil) :+ TimedValue(put.valueBytes, put.tsMillis.getOrElse(0L))
      true
    }
  }

  override def bulkPut(table: String, dataset: String, partition: String): Unit = ()
}

class Doubling extends ExternalSourceHandler {
  override def fetch(requests: Seq[Fetcher.Request]): Future[Seq[Fetcher.Response]] = Future {
    requests.map(request => Fetcher.Response(request, Success(Map("asked" -> request.name))))
  }
}

class Doublings extends ExternalSourceFactory {
  override def createExternalSourceHandler(source: ai.chronon.api.ExternalSource): ExternalSourceHandler = new Doubling
}

class Echo extends ModelBackend {
  override def runModelInference(request: RunModelInferenceRequest): Future[RunModelInferenceResponse] =
    Future.successful(RunModelInferenceResponse(request, request.inputs))
}

class Decoder extends StreamDecoder {
  override val schema: StructType =
    StructType("event", Array(StructField("user", StringType), StructField("ts", LongType)))
  override def decode(bytes: Array[Byte]): Mutation =
    Mutation(schema, after = Array(new String(bytes), java.lang.Long.valueOf(5L)))
}

class IntegratorApi(conf: Map[String, String]) extends Api(conf) {
  private val registry = new ExternalSourceRegistry
  registry.add("doubling", new Doubling)
  registry.addFactory("doublings", new Doublings)

  override def streamDecoder(info: GroupByServingInfoParsed): StreamDecoder = new Decoder
  override val genKvStore: KVStore = new ListStore
  override def externalRegistry: ExternalSourceRegistry = registry
  override def logResponse(response: LoggableResponse): Unit = println(response.joinName)

  private def await[T](future: Future[T]): T = Await.result(future, 1.minute)

  /** Calls what integrators call; the test knows what each must say. */
  def exercise(): java.util.Map[String, String] = {
    val said = new java.util.TreeMap[String, String]
    def say(what: String)(value: => Any): Unit =
      said.put(what, Try(String.valueOf(value)).recover { case error => s"${error.getClass.getSimpleName}: ${error.getMessage}" }.get)

    val store = genKvStore
    store.create("D")
    say("put")(await(store.put(PutRequest("k".getBytes, "v".getBytes, "D"))))
    say("get")(await(store.get(GetRequest("k".getBytes, "D"))).latest.map(v => new String(v.bytes)).get)
    say("latest")(await(store.get(GetRequest("k".getBytes, "D", Some(3L)))).latest.map(_.millis))
    say("getString")(store.getString("k", "D", 60000L))
    say("getString absent")(store.getString("absent", "D", 60000L).isFailure)
    await(store.put(PutRequest("list".getBytes, StringArrayConverter.stringsToBytes(Seq("a", "b")), "D", Some(1L))))
    say("getStringArray")(store.getStringArray("list", "D", 60000L).get.mkString("+"))
    say("notification")(store.multiPutWithNotification(Nil, "topic"))

    say("setting")(conf("greeting"))
    say("model backend")(genModelBackend)
    say("stream builder")(generateStreamBuilder("pubsub"))
    say("decoder")(streamDecoder(null).decode("u".getBytes).after.mkString("/"))
    say("mutation")(Mutation())
    say("topic")(TopicInfo.parse("kafka://events/host=h/flag"))
    say("loggable")(LoggableResponse(null, null, "j", 1L, null).copy(tsMillis = 2L).tsMillis)

    setTimeout(1000L)
    setFlagStore(new FlagStore {
      override def isSet(name: String, attributes: java.util.Map[String, String]): java.lang.Boolean = false
    })
    say("fetcher")(fetcher.getClass.getSimpleName)
    say("built fetcher")(buildFetcher().getClass.getSimpleName)
    say("built fetcher with a name")(buildFetcher(callerName = "me").kvStore eq genKvStore)
    say("java fetcher")(buildJavaFetcher().getClass.getSimpleName)
    say("java fetcher with a name")(buildJavaFetcher("me").getClass.getSimpleName)
    say("java builder")(javaFetcherBuilder().debug(true).disableErrorThrows(false).build().getClass.getSimpleName)
    say("register")(Try(registerJoinExternalSources(Seq("team/no.v1"))).isFailure)

    val echo = new Echo
    val request = RunModelInferenceRequest(new Model(), Seq(Map("x" -> "1")))
    say("merged")(await(echo.runModelInference(request.merge(request))).outputs.size)
    say("batch job")(echo.runModelInferenceBatchJob(null, null, "a", "b"))

    val asked = Fetcher.Request("doubling", Map("k" -> "1"))
    val context = Metrics.Context(environment = "test")
    say("external")(await(registry.fetchRequests(Seq(asked), context)(scala.concurrent.ExecutionContext.global)).map(_.values).mkString(", "))
    val own = Fetcher.Request("contextual", Map("k" -> "1"), Some(7L), None)
    say("contextual")(await(registry.fetchRequests(Seq(own), context)(scala.concurrent.ExecutionContext.global)).map(_.values).mkString(", "))
    val unknown = Fetcher.Request("unknown", Map.empty)
    say("unregistered")(
      await(registry.fetchRequests(Seq(unknown), context)(scala.concurrent.ExecutionContext.global)).map(_.values.isFailure).mkString(", ")
    )
    val answer = await(new JavaDoubling().fetch(Seq(asked)))
    say("java handler")(answer.map(response => (response.request == asked, response.values)).mkString(", "))
    say("same handler twice")(registry.add("doubling", new Doubling))
    said
  }
}

class TwoArguments(conf: Map[String, String], more: String) extends IntegratorApi(conf)

class Throwing(conf: Map[String, String]) extends IntegratorApi(conf) {
  throw new IllegalStateException("no credentials for the store")
}

class NoApi(conf: Map[String, String])
