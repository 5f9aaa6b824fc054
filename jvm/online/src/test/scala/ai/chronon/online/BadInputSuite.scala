package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.testkit.{Fault, Served}
import org.scalatest.BeforeAndAfterEach
import org.scalatest.funsuite.AnyFunSuite

import java.util.concurrent.RejectedExecutionException
import scala.concurrent.{Await, ExecutionContext, Promise}
import scala.concurrent.duration.DurationInt

/** Stored data, definitions and requests that are wrong: the group-by concerned says what, the rest of the response is there. */
class BadInputSuite extends AnyFunSuite with BeforeAndAfterEach {
  private var data: Served = _

  override def beforeEach(): Unit = data = new Served
  override def afterEach(): Unit = data.fetcher.close()

  private val plainFeatures = Served.Features.filter(_._1.startsWith("team_plain"))
  private val liveFeatures = Served.Features.filter(_._1.startsWith("p_team_live"))

  private def join(
      user: Any = 1L,
      millis: Long = Served.BatchEnd + 3600000L
  ): Map[String, AnyRef] = Await.result(
    data.fetcher.fetchJoin(Seq(Request(
      "team/all.v1",
      Map("user" -> user.asInstanceOf[AnyRef]),
      Some(millis)
    ))),
    30.seconds
  ).head.values.get

  /** What a part of the join failed with; the other part must be there. */
  private def failure(
      key: String,
      others: Map[String, Any],
      response: => Map[String, AnyRef] = join()
  ): String = {
    val values = response
    assert(values - key == others)
    values.getOrElse(key, fail(s"there is no $key in $values")).toString
  }
  private def plainFailure: String = failure("team_plain_v1_exception", liveFeatures)
  private def liveFailure: String = failure("p_team_live_v1_exception", plainFeatures)

  private def assertTold(message: String, parts: String*): Unit =
    parts.foreach(part => assert(message.contains(part), s"`$part` in: $message"))

  // ---- stored bytes

  test("batch bytes of selected columns that are cut off, or go on") {
    // one text of ten bytes, of which one is there
    data.putBatch(Served.plain, 1L, Array[Byte](2, 20, 'x'), Served.BatchEnd)
    assertTold(plainFailure, "team.plain.v1", s"batch end ${Served.BatchEnd}")
  }

  test("bytes that are no batch IR") {
    for (bytes <- Seq(Array[Byte](7), Array.fill[Byte](64)(-1), Array[Byte](2, 2, 2))) {
      data.putBatch(Served.live, 1L, bytes, Served.BatchEnd)
      assertTold(liveFailure, "team.live.v1")
    }
  }

  test("an empty batch value is damaged, not absent") {
    data.putBatch(Served.live, 1L, Array.emptyByteArray, Served.BatchEnd)
    assertTold(liveFailure, "team.live.v1")
  }

  test("a row that ends in the middle names its time") {
    data.putRow(1L, Array[Byte](2, 1), Served.BatchEnd + 5000)
    assertTold(liveFailure, "team.live.v1", (Served.BatchEnd + 5000).toString)
  }

  test("an executor that takes no more work fails the request, which else would wait for ever") {
    val full = new ExecutionContext {
      override def execute(step: Runnable): Unit = throw new RejectedExecutionException("no more room")
      override def reportFailure(cause: Throwable): Unit = ()
    }
    val fetcher = new Fetcher(data.store, Constants.ChrononMetadataKey, executionContextOverride = full)
    try {
      val request = Request("team.live.v1", Map("user" -> Long.box(1L)), Some(Served.BatchEnd + 3600000L))
      Await.result(fetcher.fetchGroupBys(Seq(request)), 30.seconds) // reads the definition
      val later = Promise[Unit]()
      data.store.fault = Fault.Slow(later)
      val answer = fetcher.fetchGroupBys(Seq(request))
      later.success(())
      assert(intercept[RejectedExecutionException](Await.result(
        answer,
        30.seconds
      )).getMessage == "no more room")
    } finally {
      data.store.fault = null
      fetcher.close()
    }
  }

  test("bytes that are no tile, skipped only where that is asked for") {
    val tiled = Served.live.deepCopy()
    tiled.getMetaData.setCustomJson("{\"enable_tiling\": true}")
    data.putInfo(tiled)
    val error = liveFailure
    assertTold(error, "team.live.v1")
    val lenient = new Fetcher(data.store, Constants.ChrononMetadataKey, disableErrorThrows = true)
    try {
      val request = Request("team.live.v1", Map("user" -> Long.box(1L)), Some(Served.BatchEnd + 3600000L))
      val values = Await.result(lenient.fetchGroupBys(Seq(request)), 30.seconds).head.values.get
      assert(values == Map("amount_sum" -> null), "rows are no tiles, and all of them are left out")
    } finally lenient.close()
  }

  // ---- serving infos

  test("a serving info of the other dialect is refused by name") {
    val text = ThriftJsonCodec.toJsonStr(Served.info(Served.plain))
    // What the fork's upload writes: a date format behind the batch's end.
    data.putInfo(Served.plain, text.dropRight(1) + ",\"dateFormat\":\"yyyy-MM-dd\"}", Served.BatchEnd)
    assertTold(plainFailure, "TEAM_PLAIN_V1_BATCH", "dateFormat", "zipline")
  }

  test("a serving info of another version: a field that is not known is named") {
    val text = ThriftJsonCodec.toJsonStr(Served.info(Served.plain))
    data.putInfo(
      Served.plain,
      text.replaceFirst("\"groupBy\":\\{", "\"groupBy\":{\"futureField\":1,"),
      Served.BatchEnd
    )
    assertTold(plainFailure, "TEAM_PLAIN_V1_BATCH", "futureField")
  }

  test("a serving info that is no JSON, or none of a group-by") {
    for (text <- Seq("{\"groupBy\":", "", "[]")) {
      data = { data.fetcher.close(); new Served }
      data.putInfo(Served.plain, text, Served.BatchEnd)
      assertTold(plainFailure, "TEAM_PLAIN_V1_BATCH")
    }
  }

  test("an operation that is not known, as of a later version") {
    val text = ThriftJsonCodec.toJsonStr(Served.info(Served.live))
    assert(text.contains("\"operation\":7"))
    data.putInfo(Served.live, text.replace("\"operation\":7", "\"operation\":99"), Served.BatchEnd)
    assertTold(liveFailure, "TEAM_LIVE_V1_BATCH")
  }

  test("a batch end that is no date") {
    val info = Served.info(Served.plain)
    info.setBatchEndDate("yesterday")
    data.putInfo(Served.plain, ThriftJsonCodec.toJsonStr(info), Served.BatchEnd)
    assertTold(plainFailure, "TEAM_PLAIN_V1_BATCH", "yesterday")
  }

  // ---- schemas

  test("a schema that changed between the upload of the values and that of the serving info") {
    val info = Served.info(Served.plain)
    info.setSelectedAvroSchema(Served.schema("Value", "name" -> StringType, "age" -> StringType))
    data.putInfo(Served.plain, info)
    assertTold(plainFailure, "team.plain.v1")
  }

  test("an aggregation of a column that the uploaded schema has not") {
    val info = Served.info(Served.live)
    info.setSelectedAvroSchema(Served.schema("Value", "renamed" -> DoubleType))
    data.putInfo(Served.live, info)
    assertTold(liveFailure, "team.live.v1", "amount")
  }

  test("a column whose type its operation does not take") {
    val info = Served.info(Served.live)
    info.setSelectedAvroSchema(Served.schema("Value", "amount" -> StringType))
    data.putInfo(Served.live, info)
    assertTold(liveFailure, "team.live.v1", "amount")
  }

  // ---- requests

  test("a moment before the batch's end, whether or not the key has values") {
    for (user <- Seq(1L, 77L)) {
      val values = join(user, Served.BatchEnd - 1)
      val others = if (user == 1L) plainFeatures.keySet else Set.empty[String]
      assert(values.keySet == others + "p_team_live_v1_exception")
      assertTold(
        values("p_team_live_v1_exception").toString,
        "java.lang.IllegalArgumentException",
        "team.live.v1",
        (Served.BatchEnd - 1).toString,
        Served.BatchEnd.toString
      )
    }
  }

  test("keys of a wrong type name column, value and class") {
    for (
      wrong <-
        Seq[AnyRef]("abc", java.util.Collections.emptyList[String](), Array[Byte](1), java.lang.Boolean.TRUE)
    ) {
      val values = join(wrong)
      assert(values.keySet == Set("team_plain_v1_exception", "p_team_live_v1_exception"))
      assertTold(values("team_plain_v1_exception").toString, "key user", "is no long", wrong.getClass.getName)
    }
    assert(join(1L) == Served.Features, "and the next request is answered")
  }

  // ---- integrators

  test("a store whose key encoder throws, or gives nothing, fails its group-by alone") {
    for (
      (name, answer) <- Seq[(String, () => Array[Byte])](
        "throws" -> (() => throw new IllegalStateException("no salt")),
        "gives null" -> (() => null)
      )
    ) withClue(name) {
      val store = new testkit.FaultyStore(data.store) {
        override def createKeyBytes(
            keys: Map[String, AnyRef],
            info: GroupByServingInfoParsed,
            dataset: String
        ): Array[Byte] =
          if (dataset == "TEAM_PLAIN_V1_BATCH") answer() else super.createKeyBytes(keys, info, dataset)
      }
      val fetcher = new Fetcher(store, Constants.ChrononMetadataKey)
      try {
        val request = Request("team/all.v1", Map("user" -> Long.box(1L)), Some(Served.BatchEnd + 3600000L))
        assertTold(
          failure(
            "team_plain_v1_exception",
            liveFeatures,
            Await.result(fetcher.fetchJoin(Seq(request)), 30.seconds).head.values.get
          ),
          "TEAM_PLAIN_V1_BATCH",
          "user"
        )
      } finally fetcher.close()
    }
  }

  test("an external source whose handler throws, gives null, or answers nobody fails alone") {
    import scala.concurrent.Future
    def handler(answer: => Future[scala.collection.Seq[Fetcher.Response]]) = new ExternalSourceHandler {
      override def fetch(requests: scala.collection.Seq[Request])
          : Future[scala.collection.Seq[Fetcher.Response]] = answer
    }
    val handlers = Seq(
      "thrower" -> handler(throw new IllegalStateException("thrown")),
      "failer" -> handler(Future.failed(new IllegalStateException("failed"))),
      "nobody" -> handler(Future.successful(Nil)),
      "nuller" -> handler(null),
      "hollow" -> handler(Future.successful(null))
    )
    handlers.foreach { case (name, made) => data.registry.add(name, made) }
    val conf = Served.join("team.all.v1", Served.part(Served.plain))
    conf.setOnlineExternalParts(
      new java.util.ArrayList(scala.collection.JavaConverters.seqAsJavaListConverter(
        handlers.map { case (name, _) => Served.external(name, "user", "x", Map.empty) }
      ).asJava)
    )
    data.put(conf)
    val values = join()
    assert(values.filter(_._1.startsWith("team_plain")) == plainFeatures)
    handlers.foreach { case (name, _) =>
      assert(values(s"ext_${name}_exception").isInstanceOf[Throwable], s"$name in $values")
    }
    assert(values.size == plainFeatures.size + handlers.size)
  }
}
