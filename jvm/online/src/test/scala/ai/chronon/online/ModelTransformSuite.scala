package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.testkit.Served
import org.scalatest.BeforeAndAfterEach
import org.scalatest.funsuite.AnyFunSuite

import java.util
import java.util.concurrent.ConcurrentLinkedQueue
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Future}

/** Joins whose features go through models: what goes in, what comes out, and what a failure leaves. */
class ModelTransformSuite extends AnyFunSuite with BeforeAndAfterEach {
  private val calls = new ConcurrentLinkedQueue[RunModelInferenceRequest]
  @volatile private var answer: RunModelInferenceRequest => Future[RunModelInferenceResponse] = _
  private var data: Served = _

  /** Adds one to the field `x` of its input. */
  private def added(request: RunModelInferenceRequest): Future[RunModelInferenceResponse] = {
    val outputs = request.inputs.map { input =>
      Map[String, AnyRef]("score" -> Option(input("x")).map(x => Double.box(x.toString.toDouble + 1)).orNull)
    }
    Future.successful(RunModelInferenceResponse(request, outputs))
  }

  override def beforeEach(): Unit = {
    calls.clear()
    answer = added
    data = new Served(modelBackend = new ModelBackend {
      override def runModelInference(request: RunModelInferenceRequest): Future[RunModelInferenceResponse] = {
        calls.add(request)
        answer(request)
      }
    })
  }
  override def afterEach(): Unit = data.fetcher.close()

  private def model(name: String): Model = {
    val result = new Model()
    val meta = new MetaData()
    meta.setName(name)
    result.setMetaData(meta)
    result.setInputSchema(DataType.toTDataType(StructType.from("in", Array("x" -> DoubleType))))
    result.setOutputSchema(DataType.toTDataType(StructType.from("out", Array("score" -> DoubleType))))
    result
  }

  private def transform(of: Model, input: String, output: String, prefix: String = null): ModelTransform = {
    val result = new ModelTransform()
    result.setModel(of)
    result.setInputMappings(Map("x" -> input).asJava)
    result.setOutputMappings(Map("score" -> output).asJava)
    if (prefix != null) result.setPrefix(prefix)
    result
  }

  private def serve(
      transforms: Seq[ModelTransform],
      passthrough: Seq[String] = Nil,
      derivations: Seq[Derivation] = Nil
  ): Join = {
    val join = Served.join("team.scored.v1", Served.part(Served.plain), Served.part(Served.live, "p"))
    val all = new ModelTransforms()
    all.setTransforms(new util.ArrayList(transforms.asJava))
    if (passthrough.nonEmpty) all.setPassthroughFields(new util.ArrayList(passthrough.asJava))
    join.setModelTransforms(all)
    if (derivations.nonEmpty) join.setDerivations(new util.ArrayList(derivations.asJava))
    data.put(join)
    join
  }

  private def fetch(users: Any*): Seq[Map[String, AnyRef]] = Await.result(
    data.fetcher.fetchJoin(users.map(user =>
      Request("team/scored.v1", Map("user" -> user.asInstanceOf[AnyRef]), Some(Served.BatchEnd + 3600000L))
    )),
    30.seconds
  ).map(_.values.get)

  test("a model takes derived features, and the response holds its outputs and what is passed through") {
    serve(
      Seq(transform(model("team.m.v1"), "half", "risk", "m")),
      Seq("team_plain_v1_name", "half"),
      Seq(Served.derivation("*", "*"), Served.derivation("half", "p_team_live_v1_amount_sum / 2"))
    )
    assert(fetch(1L) == Seq(Map("m_risk" -> 4.0, "team_plain_v1_name" -> "one", "half" -> 3.0)))
    assert(calls.asScala.toSeq.map(_.inputs) == Seq(Seq(Map("x" -> 3.0))))
  }

  test("without derivations it takes the fetched features; an absent one is null") {
    serve(Seq(transform(model("team.m.v1"), "p_team_live_v1_amount_sum", "risk")))
    assert(fetch(1L, 2L) == Seq(Map("risk" -> 7.0), Map("risk" -> null)))
  }

  test("the same input of the same model is asked for once in a call, each model in one call") {
    val (one, two) = (model("team.one.v1"), model("team.two.v1"))
    serve(Seq(
      transform(one, "p_team_live_v1_amount_sum", "a"),
      transform(two, "p_team_live_v1_amount_sum", "b")
    ))
    val responses = fetch(1L, 1L, "1", 2L)
    assert(responses.take(3).distinct == Seq(Map("a" -> 7.0, "b" -> 7.0)) && calls.size == 2)
    assert(calls.asScala.forall(_.inputs.size == 2))
  }

  test("a model that fails twice is asked a third time") {
    serve(Seq(transform(model("team.m.v1"), "p_team_live_v1_amount_sum", "risk")))
    answer =
      request => if (calls.size < 3) Future.failed(new IllegalStateException("busy")) else added(request)
    assert(fetch(1L) == Seq(Map("risk" -> 7.0)) && calls.size == 3)
    calls.clear()
    answer = request => if (calls.size < 3) throw new IllegalStateException("busy") else added(request)
    assert(fetch(1L) == Seq(Map("risk" -> 7.0)) && calls.size == 3)
  }

  test("a model that always fails: null, why, and the outputs of the other") {
    serve(
      Seq(
        transform(model("team.bad.v1"), "p_team_live_v1_amount_sum", "a"),
        transform(model("team.good.v1"), "p_team_live_v1_amount_sum", "b")
      ),
      Seq("team_plain_v1_name")
    )
    answer = request =>
      if (request.model.getMetaData.getName == "team.bad.v1") Future.failed(new IllegalStateException("gone"))
      else added(request)
    val values = fetch(1L).head
    assert(values - "team_bad_v1_exception" == Map("a" -> null, "b" -> 7.0, "team_plain_v1_name" -> "one"))
    assert(values("team_bad_v1_exception").toString.contains("gone"))
  }

  test("another number of outputs than of inputs is a failure that names both") {
    serve(Seq(transform(model("team.m.v1"), "p_team_live_v1_amount_sum", "risk")))
    answer = request => Future.successful(RunModelInferenceResponse(request, Nil))
    val values = fetch(1L).head
    assert(values("risk") == null &&
      values("team_m_v1_exception").toString.contains("0 outputs for 1 inputs"))
  }

  test("a fetcher without a model backend names the model and what is missing") {
    serve(Seq(transform(model("team.m.v1"), "p_team_live_v1_amount_sum", "risk")))
    val alone = new Fetcher(data.store, Constants.ChrononMetadataKey)
    try {
      val request = Request("team/scored.v1", Map("user" -> Long.box(1L)), Some(Served.BatchEnd + 3600000L))
      val values = Await.result(alone.fetchJoin(Seq(request)), 30.seconds).head.values.get
      assert(values("risk") == null)
      assert(values("team_m_v1_exception").toString.contains("model team.m.v1 cannot be run"))
    } finally alone.close()
  }
}
