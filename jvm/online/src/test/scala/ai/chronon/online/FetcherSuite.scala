package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.{Request, Response}
import ai.chronon.online.testkit.{CountingStore, Fault, Served}
import org.scalatest.BeforeAndAfterEach
import org.scalatest.funsuite.AnyFunSuite

import java.util
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, ExecutionContext, Future}
import scala.util.{Failure, Success}

/** What a fetch answers in every situation, the ones where something is wrong above all. */
class FetcherSuite extends AnyFunSuite with BeforeAndAfterEach {
  import FetcherSuite._

  private var data: Served = _
  private def store: CountingStore = data.store
  private def fetcher: Fetcher = data.fetcher

  override def beforeEach(): Unit = data = new Served
  override def afterEach(): Unit = fetcher.close()

  private def wait[T](future: Future[T]): T = Await.result(future, 120.seconds)
  private def keys(user: Any): Map[String, AnyRef] = Map("user" -> user.asInstanceOf[AnyRef])
  private def join(user: Any, name: String = "team/all.v1"): Map[String, AnyRef] =
    wait(fetcher.fetchJoin(Seq(Request(name, keys(user), Some(Query))))).head.values.get

  private val features = Served.Features

  // ---- what is there

  test("a join has the features of its parts under their prefixes") {
    assert(join(1L) == features)
    assert(join("1") == features && join(Int.box(1)) == features)
    val response = wait(fetcher.fetchJoin(Seq(Request("team/all.v1", keys("1"), Some(Query))))).head
    assert(response.request.keys == keys(1L), "the keys come back in their types")
  }

  test("a response is a map like any other") {
    val map = join(1L)
    assert(map.size == 3 && map.keySet == features.keySet && map("team_plain_v1_age") == 41L)
    assert(map + ("x" -> "y") == features + ("x" -> "y"))
    assert(map - "team_plain_v1_age" == features - "team_plain_v1_age")
    assert(map.get("nosuch").isEmpty && !map.contains("nosuch") && map.hashCode == features.hashCode)
    val bytes = new java.io.ByteArrayOutputStream
    new java.io.ObjectOutputStream(bytes).writeObject(map)
    assert(new java.io.ObjectInputStream(new java.io.ByteArrayInputStream(bytes.toByteArray)).readObject() ==
      features)
  }

  test("what is asked twice is read once, in one call to the store") {
    join(1L)
    store.reads.clear()
    val requests = Seq.fill(20)(Request("team/all.v1", keys(1L), Some(Query)))
    assert(wait(fetcher.fetchJoin(requests)).forall(_.values.get == features))
    assert(store.reads.asScala.toList.map(_.size) == List(3))
  }

  test("chunks give what the whole gives") {
    val requests = (0 until 10).map(i => Request("team/all.v1", keys(i % 3), Some(Query)))
    val whole = wait(fetcher.fetchJoin(requests)).map(_.values.get)
    assert(fetcher.fetchJoinChunked(requests, 3).flatMap(wait(_)).map(_.values.get) == whole)
    val chunking = new Fetcher(store, Dataset, joinFetchParallelChunkSize = Some(4))
    assert(wait(chunking.fetchJoin(requests)).map(_.values.get) == whole)
    chunking.close()
  }

  test("more stored values than go into one native call are answered like few, each on its own") {
    // What follows a row's members is not looked at.
    val padding = new Array[Byte](GroupByReads.CallBytes.toInt / 5 * 2)
    val users = 11L to 17L
    users.foreach(user => data.putRow(user, data.amountRow(user.toDouble) ++ padding, Served.BatchEnd + 1000))
    data.putRow(14L, Array[Byte](2, 1), Served.BatchEnd + 2000)
    val found =
      wait(fetcher.fetchGroupBys(users.map(user => Request("team.live.v1", keys(user), Some(Query)))))
    found.zip(users).foreach {
      case (response, 14L)  => assert(response.values.failed.get.getMessage.contains("the row at"))
      case (response, user) => assert(response.values == Success(Map("amount_sum" -> user.toDouble)))
    }
    assert(found.size == users.size)
  }

  test("columns, and records with names at every depth") {
    val spec = Fetcher.ColumnSpec("team", "plain.v1", Some("x"), Some(keys(1L)))
    assert(wait(fetcher.fetchColumns(Seq(spec)))(spec).values.get == Map("x_name" -> "one", "x_age" -> 41L))
    val record =
      wait(fetcher.fetchJoinStructured(Seq(Request("team/all.v1", keys(1L), Some(Query))))).head.values.get
    assert(record.getLong("team_plain_v1_age") == 41L && record.schema.map(_.name).toSet == features.keySet)
  }

  test("two keys of a part that read one key of the request both have its value") {
    val pair = Served.plain.deepCopy()
    pair.getMetaData.setName("team.pair.v1")
    pair.setKeyColumns(new util.ArrayList(Seq("user", "account").asJava))
    val info = Served.info(pair)
    val keySchema = Served.schema("Key", "user" -> LongType, "account" -> LongType)
    info.setKeyAvroSchema(keySchema)
    data.putInfo(pair, info)
    val key = serde.AvroCodec.of(keySchema).encode(Map("user" -> Long.box(7L), "account" -> Long.box(7L)))
    val value = serde.AvroCodec.of(info.getSelectedAvroSchema).encodeArray(Array[Any]("seven", 7L))
    wait(store.put(KVStore.PutRequest(key, value, TableNames.batchDataset(pair), Some(Served.BatchEnd))))
    val part = Served.part(pair)
    part.setKeyMapping(Map("user" -> "account").asJava)
    data.put(Served.join("team.both.v1", part))
    assert(join(7L, "team/both.v1") == Map("team_pair_v1_name" -> "seven", "team_pair_v1_age" -> 7L))
  }

  // ---- what is not there

  test("an unknown join is thrown by the call, with its key") {
    val error = intercept[RuntimeException](fetcher.fetchJoin(Seq(Request("team/nope.v1", Map.empty))))
    assert(error.getMessage.contains("ai.chronon.api.Join") &&
      error.getMessage.contains("joins/team/nope.v1"))
  }

  test("a key that the store does not have: nothing of a join's part, null of a group-by") {
    assert(join(99L).isEmpty)
    assert(wait(fetcher.fetchGroupBys(Seq(Request("team.plain.v1", keys(99L))))).head.values == Success(null))
  }

  test("a null key: nothing of a join's part, no response of a group-by") {
    assert(join(null).isEmpty)
    assert(wait(fetcher.fetchGroupBys(Seq(Request("team.plain.v1", keys(null))))).isEmpty)
  }

  test("a missing key is reported by a join's part, and fails a group-by instead of reading another key") {
    val values = wait(fetcher.fetchJoin(Seq(Request("team/all.v1", Map.empty)))).head.values.get
    assert(values.keySet == Set("team_plain_v1_exception", "p_team_live_v1_exception"))
    assert(values("team_plain_v1_exception").toString.contains("user"))
    wait(fetcher.fetchGroupBys(Seq(Request("team.plain.v1", Map("other" -> "x"))))).head.values match {
      case Failure(e: KeyMissingException) => assert(e.missingKeys == Seq("user"))
      case other                           => fail(other.toString)
    }
  }

  test("a value that is no key fails its own request alone, and names the column") {
    val responses =
      wait(fetcher.fetchJoin(Seq("abc", 1L).map(user => Request("team/all.v1", keys(user), Some(Query)))))
    val failed = responses.head.values.get
    assert(failed(
      "team_plain_v1_exception"
    ).toString.contains("key user: value `abc` of class java.lang.String is no long"))
    assert(responses(1).values.get == features)
  }

  test("a group-by without a batch upload fails by name; a join has the features of its other parts") {
    val error = wait(fetcher.fetchGroupBys(Seq(Request("team.gone.v1", keys(1L))))).head.values.failed.get
    assert(error.getMessage.contains("TEAM_GONE_V1_BATCH"))
    data.put(Served.join("team.some.v1", Served.part(Served.plain), Served.part(Served.gone)))
    val values = join(1L, "team/some.v1")
    assert(values - "team_gone_v1_exception" == features - "p_team_live_v1_amount_sum")
    assert(values("team_gone_v1_exception").toString.contains("\tat "))
  }

  test("a definition that comes with the call and has no codec: its reason and nothing else") {
    val conf = Served.join("team.given.v1", Served.part(Served.plain), Served.part(Served.gone))
    val values = wait(fetcher.fetchJoin(Seq(Request("team/given.v1", keys(1L))), Some(conf))).head.values.get
    assert(values.keySet == Set("join_codec_fetch_exception"))
  }

  // ---- time

  test("a request before the batch's end fails") {
    val response =
      wait(fetcher.fetchGroupBys(Seq(Request("team.live.v1", keys(1L), Some(Served.BatchEnd - 1))))).head
    assert(response.values.failed.get.isInstanceOf[IllegalArgumentException])
    assert(response.values.failed.get.getMessage.contains("team.live.v1"))
  }

  test("rows at the time of the request do not count, rows before it do") {
    def at(millis: Long) =
      wait(fetcher.fetchGroupBys(Seq(Request("team.live.v1", keys(1L), Some(millis))))).head.values.get
    assert(at(Served.BatchEnd + 1000) == Map("amount_sum" -> null))
    assert(at(Served.BatchEnd + 1001) == Map("amount_sum" -> 1.0))
  }

  test("a batch older than the serving info is not used") {
    data.putBatch(Served.plain, 5L, Array("old", 1L), Served.BatchEnd - 1)
    assert(wait(fetcher.fetchGroupBys(Seq(Request("team.plain.v1", keys(5L))))).head.values == Success(null))
  }

  // ---- the store

  test("a store that fails as a whole fails the fetch") {
    join(1L)
    store.fault = Fault.Error(new IllegalStateException("down"))
    assert(intercept[IllegalStateException](join(1L)).getMessage == "down")
    store.fault = Fault.Timeout
    intercept[java.util.concurrent.TimeoutException](join(1L))
    store.fault = Fault.Throws(new IllegalStateException("thrown"))
    intercept[IllegalStateException](join(1L))
    store.fault = null
    assert(join(1L) == features)
  }

  test("answers in another order, and with copies of their requests, are the same answers") {
    join(1L)
    for (fault <- Seq(Fault.WrongOrder, Fault.Copies)) {
      store.fault = fault
      assert(join(1L) == features, fault.toString)
    }
  }

  test("keys that fail on their own, and answers that are left out, empty or null, are no data") {
    join(1L)
    val failure = new IllegalStateException("one shard")
    for (fault <- Seq(Fault.Partial(failure), Fault.Unanswered(), Fault.Empty, Fault.Nulls)) {
      store.fault = fault
      assert(join(1L).isEmpty, fault.toString)
    }
    store.fault = Fault.Partial(failure, _.endsWith("_STREAMING"))
    assert(join(1L) == features - "p_team_live_v1_amount_sum")
  }

  test("a null among stored values fails the part that needs all of them, and no other") {
    join(1L)
    store.fault = Fault.NullAmong(_.endsWith("_BATCH"))
    assert(join(1L) == features, "the newest value is what counts")
    store.fault = Fault.NullAmong(_.endsWith("_STREAMING"))
    val values = join(1L)
    assert(values.keySet == Set("team_plain_v1_name", "team_plain_v1_age", "p_team_live_v1_exception"))
    assert(values("p_team_live_v1_exception").toString.contains("1 of 4 streamed values"))
  }

  test("an undecodable row fails its part, or is left out where that is asked for") {
    data.putRow(1L, Array[Byte](2, 1), Served.BatchEnd + 5000)
    val values = join(1L)
    assert(values.keySet == Set("team_plain_v1_name", "team_plain_v1_age", "p_team_live_v1_exception"))
    val lenient = new Fetcher(store, Dataset, disableErrorThrows = true)
    assert(wait(lenient.fetchJoin(Seq(Request("team/all.v1", keys(1L), Some(Query))))).head.values.get ==
      features)
    lenient.close()
    val flags: FlagStore = (name, attributes) =>
      name == "disable_streaming_decoding_error_throws" &&
        attributes.get("groupby_streaming_dataset") == "team.live.v1"
    val flagged = new Fetcher(store, Dataset, flagStore = flags)
    assert(wait(flagged.fetchJoin(Seq(Request("team/all.v1", keys(1L), Some(Query))))).head.values.get ==
      features)
    flagged.close()
  }

  // ---- external parts

  test("external parts: contextual values, handlers, what they fail with") {
    data.registry.add("svc", handler(request => Success(Map("score" -> request.keys("id")))))
    data.registry.add("broken", handler(_ => Failure(new IllegalStateException("broken"))))
    val conf = Served.join("team.ext.v1", Served.part(Served.plain))
    conf.setOnlineExternalParts(new util.ArrayList(Seq(
      Served.external("svc", "id", "score", Map("user" -> "id")),
      Served.external("svc", "nothere", "score", Map.empty, "q"),
      Served.external("broken", "user", "x", Map.empty),
      Served.external("unknown", "user", "x", Map.empty),
      Served.external("contextual", "color", "color", Map.empty)
    ).asJava))
    data.put(conf)
    val values =
      wait(fetcher.fetchJoin(Seq(Request("team/ext.v1", keys(1L) + ("color" -> "red"))))).head.values.get
    assert(values("ext_svc_score") == 1L && values("ext_contextual_color") == "red")
    assert(values("team_plain_v1_age") == 41L)
    assert(values("ext_q_svc_exception").isInstanceOf[KeyMissingException])
    assert(values("ext_broken_exception").isInstanceOf[IllegalStateException])
    assert(values("ext_unknown_exception").isInstanceOf[Throwable])
  }

  test("without a registry the external half fails, and says so") {
    val conf = Served.join("team.ext.v1", Served.part(Served.plain))
    conf.setOnlineExternalParts(new util.ArrayList(Seq(Served.external(
      "svc",
      "user",
      "x",
      Map.empty
    )).asJava))
    data.put(conf)
    val alone = new Fetcher(store, Dataset)
    val values = wait(alone.fetchJoin(Seq(Request("team/ext.v1", keys(1L))))).head.values.get
    assert(values("external_part_fetch_exception").toString.contains("svc") &&
      values("team_plain_v1_age") == 41L)
    alone.close()
  }

  // ---- derivations, models, logs

  private def derived(derivations: (String, String)*): Join = {
    val conf = Served.join("team.derived.v1", Served.part(Served.plain), Served.part(Served.live, "p"))
    conf.setDerivations(new util.ArrayList(derivations.map { case (n, e) => Served.derivation(n, e) }.asJava))
    data.put(conf)
    conf
  }

  test("derivations: renames, arithmetic without Spark") {
    derived(
      "*" -> "*",
      "years" -> "team_plain_v1_age",
      "more" -> "team_plain_v1_age + p_team_live_v1_amount_sum"
    )
    assert(join(1L, "team/derived.v1") ==
      features - "team_plain_v1_age" + ("years" -> 41L) + ("more" -> 47.0))
  }

  test("derivations that do not compile: the reason and nothing else") {
    derived("*" -> "*", "x" -> "nosuch_column + 1")
    assert(join(1L, "team/derived.v1").keySet == Set("join_codec_fetch_exception"))
  }

  test("derivations of keys that are not of their types: why, and why the renames alone did not do") {
    derived("*" -> "*", "x" -> "team_plain_v1_age + 1")
    assert(join("abc", "team/derived.v1").keySet == Set(
      "derivation_fetch_exception",
      "team_plain_v1_exception",
      "p_team_live_v1_exception"
    ))
  }

  test("what is derived under the prefix of a failed part goes, of a part with a longer name it stays") {
    data.putRow(1L, Array[Byte](2, 1), Served.BatchEnd + 5000)
    derived(
      "p_team_live_v1_half" -> "p_team_live_v1_amount_sum",
      "p_team_live_v10_age" -> "team_plain_v1_age"
    )
    val values = join(1L, "team/derived.v1")
    assert(values.keySet == Set("p_team_live_v1_exception", "p_team_live_v10_age"))
  }

  test("responses are logged with the schemas that were published before") {
    val conf = derived("*" -> "*", "years" -> "team_plain_v1_age")
    conf.getMetaData.setSamplePercent(100)
    data.put(conf)
    join("1", "team/derived.v1")
    val events = data.logged.asScala.toList
    assert(events.map(_.joinName) == List("SCHEMA_PUBLISH_EVENT", "team/derived.v1"))
    val published = new com.fasterxml.jackson.databind.ObjectMapper().readTree(events.head.valueBytes)
    assert(new String(events.head.keyBytes, "UTF-8") == events(1).schemaHash &&
      published.get("join_name").asText == "team.derived.v1")
    def decoded(schema: String, bytes: Array[Byte]) =
      serde.AvroCodec.of(published.get(schema).asText).decodeMap(bytes)
    assert(decoded("key_schema", events(1).keyBytes) == keys(1L))
    assert(decoded("value_schema", events(1).valueBytes) == features + ("years" -> 41L))
    assert(events(1).tsMillis == Query && events.head.schemaHash == null)
  }

  test("a definition that comes with the call is published once for all its requests") {
    val conf = Served.join("team.given.v1", Served.part(Served.plain))
    conf.getMetaData.setSamplePercent(100)
    wait(fetcher.fetchJoin((1 to 5).map(i => Request("team/given.v1", keys(i.toLong))), Some(conf)))
    assert(data.logged.asScala.count(_.joinName == "SCHEMA_PUBLISH_EVENT") == 1 && data.logged.size == 6)
  }

  // ---- threads

  test("a short call whose values are there at once ends on its caller's thread, others on the executor") {
    val steps = new java.util.concurrent.LinkedBlockingQueue[Runnable]
    val waiting = new Fetcher(
      store,
      Dataset,
      executionContextOverride = ExecutionContext.fromExecutor { step => steps.add(step); () }
    )
    val derived = Served.join("team.counted.v1", Served.part(Served.plain))
    derived.setDerivations(new util.ArrayList(util.Arrays.asList(Served.derivation("*", "*"))))
    data.put(derived)
    def goOn(): Unit = while (!steps.isEmpty) steps.poll().run()
    def asked(join: String, users: Range) = users.map(user => Request(join, keys(user.toLong)))
    def answered(responses: Future[_]): Boolean = {
      val atOnce = responses.isCompleted
      goOn()
      assert(responses.isCompleted)
      atOnce
    }
    try {
      waiting.fetchJoin(asked("team/all.v1", 1 to 1)) // reads the definitions
      goOn()
      assert(answered(waiting.fetchJoin(asked("team/all.v1", 1 to 2))))
      assert(answered(waiting.fetchGroupBys(asked("team.plain.v1", 1 to 32))))
      assert(!answered(waiting.fetchGroupBys(asked("team.plain.v1", 1 to 33))))
      assert(!answered(waiting.fetchJoin(asked("team/counted.v1", 1 to 1))))
      val chunks = waiting.fetchJoinChunked(asked("team/all.v1", 1 to 2), 1)
      assert(!chunks.exists(_.isCompleted))
      goOn()
      assert(chunks.forall(_.isCompleted))
    } finally waiting.close()
  }

  // ---- caches, flags, handles

  test("a join that its team does not list is not served where that is checked") {
    val flags: FlagStore = (name, _) => name == "enable_entity_validity_check"
    val checking = new Fetcher(store, Dataset, flagStore = flags)
    val values = wait(checking.fetchJoin(Seq(Request("team/all.v1", keys(1L))))).head.values.get
    assert(values.keySet == Set("team/all.v1_exception"))
    checking.close()
  }

  test("batch values are kept where that is asked for") {
    System.setProperty(FetcherCache.SizeProperty, "100")
    val caching =
      try new Fetcher(store, Dataset, flagStore = (name, _) => name == "enable_fetcher_batch_ir_cache")
      finally System.clearProperty(FetcherCache.SizeProperty)
    def fetch() = wait(caching.fetchGroupBys(Seq(Request("team.plain.v1", keys(1L))))).head.values.get
    val first = fetch()
    store.reads.clear()
    assert(fetch() == first && store.reads.isEmpty)
    caching.close()
  }

  test("a fetcher gives back what the native library holds") {
    val before = ai.chronon.jni.NativeStats.read().openServingPlans()
    val more = new Fetcher(store, Dataset)
    wait(more.fetchJoin(Seq(Request("team/all.v1", keys(1L), Some(Query)))))
    more.close()
    assert(ai.chronon.jni.NativeStats.read().openServingPlans() == before)
  }

  private def handler(answer: Request => scala.util.Try[Map[String, AnyRef]]) = new ExternalSourceHandler {
    override def fetch(requests: Seq[Request]): Future[Seq[Response]] =
      Future.successful(requests.map(request => Response(request, answer(request))))
  }
}

object FetcherSuite {
  private val Dataset = Constants.ChrononMetadataKey
  private val Query = Served.BatchEnd + 3600 * 1000
}
