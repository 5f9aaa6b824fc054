package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.testkit.{Fault, Served}

import java.net.{DatagramPacket, DatagramSocket, InetAddress}
import java.nio.charset.StandardCharsets.UTF_8
import java.util
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Future}
import scala.util.{Success, Try}

/** Fetches of every kind in a process that sends its metrics to itself; prints each line that arrives, once.
  *
  * A process of its own, because the address of the agent is read once and for all.
  */
object MetricsProbe {
  def main(arguments: Array[String]): Unit = {
    val socket = new DatagramSocket(0, InetAddress.getLoopbackAddress)
    System.setProperty("ai.chronon.metrics.host", "127.0.0.1")
    System.setProperty("ai.chronon.metrics.port", socket.getLocalPort.toString)
    System.setProperty(FetcherCache.SizeProperty, "10")
    val seen = new util.concurrent.ConcurrentSkipListSet[String]
    val listener = new Thread(() => listen(socket, seen))
    listener.setDaemon(true)
    listener.start()
    fetches(name => seen.asScala.exists(_.startsWith(name)))
    seen.asScala.foreach(line => println("metric " + line))
    System.exit(0)
  }

  /** `name|kind|tags` of every metric. */
  private def listen(socket: DatagramSocket, seen: util.Set[String]): Unit = {
    val packet = new DatagramPacket(new Array[Byte](1 << 16), 1 << 16)
    while (true) {
      socket.receive(packet)
      new String(packet.getData, 0, packet.getLength, UTF_8).split('\n').foreach { line =>
        val Array(name, rest) = line.split(":", 2)
        val parts = rest.split('|')
        seen.add(s"$name|${parts(1)}|${parts.filter(_.startsWith("#")).mkString}")
      }
    }
  }

  /** Distributions are a sample of one in ten: everything is fetched again until the last one that is waited for has come. */
  private def fetches(isSeen: String => Boolean): Unit = {
    val data = new Served(modelBackend = new ModelBackend {
      override def runModelInference(request: RunModelInferenceRequest): Future[RunModelInferenceResponse] =
        Future.successful(RunModelInferenceResponse(
          request,
          request.inputs.map(_ => Map("score" -> Double.box(1)))
        ))
    })
    data.registry.add(
      "svc",
      new ExternalSourceHandler {
        override def fetch(requests: Seq[Request]): Future[Seq[Fetcher.Response]] =
          Future.successful(requests.map(Fetcher.Response(_, Success(Map("score" -> Long.box(1))))))
      }
    )
    data.put(everything())
    val cached =
      new Fetcher(data.store, Constants.ChrononMetadataKey, flagStore = (name, _) => name.contains("cache"))
    val java =
      new JavaFetcher.Builder(data.store, Constants.ChrononMetadataKey, 10000L, null, data.registry).build()
    def request(name: String, user: Any, millis: Long = Served.BatchEnd + 3600000L) =
      Request(name, Map("user" -> user.asInstanceOf[AnyRef]), Some(millis))
    def join(requests: Request*): Unit = {
      Try(Await.result(data.fetcher.fetchJoin(requests), 30.seconds)); ()
    }
    val deadline = 90.seconds.fromNow
    while (!MetricsSuite.Sampled.forall(isSeen) && deadline.hasTimeLeft()) {
      join(request("team/all.v1", 1L), request("team/scored.v1", 2L), request("team/scored.v1", 1L))
      join(request("team/all.v1", "abc"))
      join(request("team/all.v1", 1L, Served.BatchEnd + 9L * 24 * 3600000))
      join(request("team/all.v1", 1L, Served.BatchEnd - 1))
      join(Request("team/all.v1", Map.empty))
      join(request("team/unknown.v1", 1L))
      Try(Await.result(data.fetcher.fetchExternal(Seq(request("team/unknown.v1", 1L))), 30.seconds))
      Await.result(
        data.fetcher.fetchGroupBys(Seq(request("team.live.v1", 1L), request("team.gone.v1", 1L))),
        30.seconds
      )
      Await.result(cached.fetchGroupBys(Seq(request("team.plain.v1", 1L))), 30.seconds)
      java.fetchJoin(util.Arrays.asList(new JavaRequest(
        "team/all.v1",
        Map("user" -> (Long.box(1): AnyRef)).asJava
      ))).get()
      data.store.fault = Fault.Error(new IllegalStateException("down"))
      join(request("team/all.v1", 1L))
      data.store.fault = Fault.Unanswered(_ == "TEAM_PLAIN_V1_BATCH")
      join(request("team/all.v1", 1L))
      data.store.fault = Fault.Partial(new IllegalStateException("shard"), _ == "TEAM_PLAIN_V1_BATCH")
      join(request("team/all.v1", 1L))
      data.store.fault = null
      Thread.sleep(5)
    }
  }

  /** A join with external parts, derivations and a model, all of whose responses are logged. */
  private def everything(): Join = {
    val join = Served.join("team.scored.v1", Served.part(Served.plain), Served.part(Served.live, "p"))
    join.setOnlineExternalParts(new util.ArrayList(util.Arrays.asList(Served.external(
      "svc",
      "user",
      "score",
      Map.empty
    ))))
    join.setDerivations(new util.ArrayList(util.Arrays.asList(Served.derivation("*", "*"))))
    join.getMetaData.setSamplePercent(100)
    val model = new Model()
    val meta = new MetaData()
    meta.setName("team.m.v1")
    model.setMetaData(meta)
    model.setInputSchema(DataType.toTDataType(StructType.from("in", Array("team_plain_v1_age" -> LongType))))
    model.setOutputSchema(DataType.toTDataType(StructType.from("out", Array("score" -> DoubleType))))
    val transform = new ModelTransform()
    transform.setModel(model)
    val transforms = new ModelTransforms()
    transforms.setTransforms(new util.ArrayList(util.Arrays.asList(transform)))
    join.setModelTransforms(transforms)
    join
  }
}
