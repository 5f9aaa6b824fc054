package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Accuracy, Operation, ThriftJsonCodec}
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.{Fetcher, StoreClosing, StringArrayConverter}
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import ai.chronon.stores.sqlite.SqliteApi
import org.apache.spark.sql.Row

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}
import scala.collection.JavaConverters._
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt
import scala.util.Random

/** From a table to a fetched feature by the command line alone, on an SQLite store. */
class ServingCommandsSuite extends SparkSuite {
  import Confs._

  private lazy val folder: Path = Files.createTempDirectory("serving")
  private lazy val store: Path = folder.resolve("features.db")
  private lazy val online = Seq("--online-class", classOf[SqliteApi].getName, s"-Zpath=$store")

  private def done(args: String*): Seq[String] = {
    val (status, out, err) = driver(args: _*)
    assert(status == 0, err)
    out
  }

  private def conf(path: String, text: String): String = {
    val file = folder.resolve("production").resolve(path)
    Files.createDirectories(file.getParent)
    Files.write(file, text.getBytes(UTF_8))
    file.toString
  }

  private lazy val clicks = table(
    "clicks",
    "user STRING, amount DOUBLE, at BIGINT, ds STRING",
    Row("a", 1.5, at("2024-03-09 10:00"), "2024-03-09"),
    Row("a", 2.0, at("2024-03-10 10:00"), "2024-03-10"),
    Row("b", 4.0, at("2024-03-10 11:00"), "2024-03-10")
  )

  private lazy val sums: api.GroupBy = {
    val result = groupBy(
      meta("test.clicks.v1", db).setOnline(true),
      Seq(events(clicks, query(same("user", "amount"), "at"), topic = "clicks")),
      Seq("user"),
      Seq(aggregation("amount", Operation.SUM, Seq(days(1), days(30)))),
      Accuracy.TEMPORAL
    )
    result
  }

  private lazy val groupByConf = conf("group_bys/test/clicks.v1", ThriftJsonCodec.toJsonStr(sums))
  private lazy val joinConf = conf(
    "joins/test/training.v1",
    ThriftJsonCodec.toJsonStr(
      join(
        meta("test.training.v1", db).setOnline(true),
        events(clicks, query(same("user"), "at")),
        part(sums)
      )
    )
  )

  private lazy val loaded: Seq[String] = {
    done("group-by-upload", "--conf-path", groupByConf, "--end-date=2024-03-10")
    val load = Seq("group-by-upload-bulk-load", "--conf-path", groupByConf, "--end-date=2024-03-10")
    done(load ++ online: _*)
    joinConf
    done(Seq("metadata-upload", s"--conf-path=$folder/production") ++ online: _*)
  }

  private lazy val asked = at("2024-03-11 09:00")

  test("upload, load, metadata, fetch of a group-by and of a join") {
    assert(loaded.size == 2)
    val words = Seq("--name", "test.clicks.v1", "--type", "group-by", "--at-millis", asked.toString)
    val a = done(Seq("fetch", "--key-json", """{"user": "a"}""") ++ words ++ online: _*)
    assert(a == Seq("{\n  \"amount_sum_1d\" : 2.0,\n  \"amount_sum_30d\" : 3.5\n}"))
    val keys =
      Files.write(folder.resolve("keys"), "{\"user\": \"b\"}\n\n{\"user\": \"nobody\"}\n".getBytes(UTF_8))
    val both = done(Seq("fetch", "-f", keys.toString, "--interval=0") ++ words ++ online: _*)
    assert(both == Seq("{\n  \"amount_sum_1d\" : 4.0,\n  \"amount_sum_30d\" : 4.0\n}", "null"))
    val list = Seq("--key-json", """[{"user": "a"}, {"user": "b"}]""", "--interval", "0")
    val ofJoin = done(
      Seq("fetch", "--name=test/training.v1", s"--at-millis=$asked") ++ list ++ online: _*
    )
    assert(ofJoin.map(_.split('\n')(2).trim) ==
      Seq("\"test_clicks_v1_amount_sum_30d\" : 3.5", "\"test_clicks_v1_amount_sum_30d\" : 4.0"))
    val byConf = Seq("--conf-path", joinConf, s"--at-millis=$asked")
    assert(done(Seq("fetch") ++ byConf ++ list ++ online: _*) == ofJoin)
  }

  test("a definition is added to its team's list, a folder replaces it") {
    loaded
    val kvStore = new SqliteApi(Map("path" -> store.toString)).genKvStore
    def listed = kvStore.getStringArray("joins/test", "CHRONON_ENTITY_BY_TEAM", 10000).get.toList
    val old = StringArrayConverter.stringsToBytes(Seq("joins/test/old.v1"))
    val put =
      PutRequest("joins/test".getBytes(UTF_8), old, "CHRONON_ENTITY_BY_TEAM", Some(System.currentTimeMillis))
    Await.result(kvStore.put(put), 10.seconds)
    done(Seq("metadata-upload", "--conf-path", joinConf) ++ online: _*)
    assert(listed == Seq("joins/test/old.v1", "joins/test/training.v1"))
    done(Seq("metadata-upload", "--conf-path", s"$folder/production") ++ online: _*)
    assert(listed == Seq("joins/test/training.v1"))
  }

  test("a request that fails does not keep the next from being made") {
    loaded
    val numbers = groupBy(
      meta("test.numbers.v1", db).setOnline(true),
      Seq(entities(
        table("numbers", "id INT, name STRING, ds STRING", Row(1, "one", "2024-03-10")),
        query(same("id", "name"))
      )),
      Seq("id"),
      null,
      Accuracy.SNAPSHOT
    )
    val path = conf("group_bys/test/numbers.v1", ThriftJsonCodec.toJsonStr(numbers))
    done("group-by-upload", "--conf-path", path, "--end-date=2024-03-10")
    done(Seq("group-by-upload-bulk-load", "--conf-path", path, "--end-date=2024-03-10") ++ online: _*)
    val (status, out, err) = driver(Seq(
      "fetch",
      "--conf-path",
      path,
      "--type=group-by",
      "--interval=0",
      "--key-json",
      """[{"id": "x"}, {"id": 1}]"""
    ) ++ online: _*)
    assert(status == 1 && out == Seq("{\n  \"name\" : \"one\"\n}"))
    assert(err.size == 1 && err.head.contains("test.numbers.v1") && err.head.contains("`x`"), err)
  }

  test("a series of statistics between two moments, by name and by definition") {
    loaded
    val name = "test/training.v1"
    def schema(of: String, field: (String, api.DataType)) =
      AvroConversions.fromChrononSchema(api.StructType.from(of, Array(field))).toString
    val (keys, values) =
      (schema("Key", "JoinPath" -> api.StringType), schema("Value", "rows" -> api.LongType))
    val dataset = api.Constants.StatsBatchDataset
    val kvStore = new SqliteApi(Map("path" -> store.toString)).genKvStore
    kvStore.create(dataset)
    def put(key: Array[Byte], value: Array[Byte], millis: Long): Unit =
      assert(Await.result(kvStore.put(PutRequest(key, value, dataset, Some(millis))), 10.seconds))
    put(s"${name}__keySchema".getBytes(UTF_8), keys.getBytes(UTF_8), 0)
    put(s"${name}__valueSchema".getBytes(UTF_8), values.getBytes(UTF_8), 0)
    val key = AvroCodec.of(keys).encode(Map("JoinPath" -> name))
    for (day <- 1 to 4)
      put(key, AvroCodec.of(values).encode(Map("rows" -> Long.box(10L * day))), day * 86400000L)

    val range = Seq("--key-json", """{"startTs": 172800000, "endTs": 259200000}""", "--type", "join-stats")
    val named = done(Seq("fetch", "--name", name) ++ range ++ online: _*)
    val found = new com.fasterxml.jackson.databind.ObjectMapper().readTree(named.head).get("rows")
    val points = (0 until found.size).map(i =>
      (found.get(i).get("millis").asLong, found.get(i).get("value").asLong)
    )
    assert(named.size == 1 && points == Seq(172800000L -> 20L, 259200000L -> 30L), named)
    assert(done(Seq("fetch", "--conf-path", joinConf) ++ range ++ online: _*) == named)

    val (status, _, err) = driver(Seq("fetch", "--name", name, "--at-millis=1") ++ range ++ online: _*)
    assert(status == 1 && err.head.contains("startTs and endTs"), err)
    val (unknown, _, why) = driver(Seq("fetch", "--name", "test/no.v1") ++ range ++ online: _*)
    assert(unknown == 1 && why.head.contains("statistics of join test/no.v1"), why)
  }

  private def refused: Seq[(String, Seq[String], Seq[String])] = {
    val fetch = Seq("fetch", "--name=test/training.v1")
    val key = Seq("--key-json", """{"user": "a"}""")
    val load = Seq("group-by-upload-bulk-load", "--conf-path", groupByConf)
    Seq(
      ("no class", fetch ++ key, Seq("--online-class is required")),
      ("a class that is not there", fetch ++ key ++ Seq("--online-class=a.B"), Seq("a.B", "was not found")),
      (
        "a class that is none",
        fetch ++ key ++ Seq("--online-class=java.lang.String"),
        Seq("does not extend")
      ),
      ("a jar that is not there", fetch ++ key ++ online ++ Seq("--online-jar=/no.jar"), Seq("/no.jar")),
      (
        "a setting of another store",
        fetch ++ key ++ online ++ Seq("-Zhost=x"),
        Seq("store sqlite", "`host`")
      ),
      ("no key", fetch ++ online, Seq("--key-json")),
      ("no name", Seq("fetch") ++ key ++ online, Seq("--name", "--conf-path")),
      ("keys that are no JSON", fetch ++ Seq("--key-json=user: a") ++ online, Seq("user: a", "is not JSON")),
      ("keys that are no object", fetch ++ Seq("--key-json=[5]") ++ online, Seq("5 is no JSON object")),
      ("a file that is not there", fetch ++ Seq("-f", "/no/keys") ++ online, Seq("/no/keys")),
      ("an unknown type", fetch ++ key ++ online ++ Seq("--type=model"), Seq("--type = model", "join-stats")),
      ("a time that is none", fetch ++ key ++ online ++ Seq("--at-millis=now"), Seq("--at-millis = now")),
      ("a pause that is none", fetch ++ key ++ online ++ Seq("--interval=-1"), Seq("--interval = -1")),
      ("an unknown join", Seq("fetch", "--name=test/no.v1") ++ key ++ online, Seq("joins/test/no.v1")),
      ("no day", load ++ online, Seq("--end-date is required")),
      (
        "a day that was not uploaded",
        load ++ Seq("--end-date=2024-03-11") ++ online,
        Seq("ds = 2024-03-11", "it has 2024-03-10")
      ),
      (
        "a folder without definitions",
        Seq("metadata-upload", s"--conf-path=${Files.createTempDirectory("empty")}") ++ online,
        Seq("there is no valid compiled join")
      ),
      (
        "a folder that is not there",
        Seq("metadata-upload", "--conf-path=/no/such") ++ online,
        Seq("/no/such")
      ),
      (
        "an unknown endpoint",
        Seq("metadata-upload", s"--conf-path=$joinConf", "--end-point-name=X") ++ online,
        Seq("--end-point-name = X", "CHRONON_ENTITY_BY_TEAM")
      )
    )
  }

  test("refused: one line that says what is wrong") {
    loaded
    refused.foreach { case (name, args, expected) =>
      val (status, out, err) = driver(args: _*)
      assert(status == 1 && out.isEmpty && err.size == 1, s"$name: $out $err")
      expected.foreach(part => assert(err.head.contains(part), s"$name: ${err.head}"))
    }
  }

  test("what is fetched at the moments of training rows is what these have") {
    val random = new Random(20240310)
    val users = (0 until 12).map("u" + _)
    def moment(day: Int) = at(f"2024-03-$day%02d 00:00") + random.nextInt(Day.toInt)
    def orNull(value: Any) = if (random.nextInt(8) == 0) null else value
    val history = for (day <- 1 to 10; _ <- 0 until 60) yield Row(
      users(random.nextInt(users.size)),
      orNull(random.nextInt(400) / 4.0),
      orNull("item" + random.nextInt(6)),
      moment(day),
      f"2024-03-$day%02d"
    )
    val bought = table("bought", "user STRING, amount DOUBLE, item STRING, at BIGINT, ds STRING", history: _*)
    val ages = for (day <- 8 to 10; user <- users.take(9))
      yield Row(user, 20 + day, orNull("NL"), f"2024-03-$day%02d")
    val people = table("people", "user STRING, age INT, country STRING, ds STRING", ages: _*)
    val rows = for (id <- 0 until 150)
      yield Row(orNull(users(random.nextInt(users.size))), id.toLong, moment(10), "2024-03-10")
    val asked = table("asked", "user STRING, id BIGINT, at BIGINT, ds STRING", rows: _*)

    def purchases(accuracy: Accuracy) = {
      val windows = (if (accuracy == Accuracy.TEMPORAL) Seq(hours(1)) else Nil) ++ Seq(days(1), days(7))
      val numbers = Seq(Operation.SUM, Operation.COUNT, Operation.AVERAGE, Operation.MIN, Operation.FIRST)
        .map(aggregation("amount", _, windows)) :+ aggregation("amount", Operation.LAST)
      val texts = Seq(Operation.HISTOGRAM, Operation.UNIQUE_COUNT, Operation.APPROX_UNIQUE_COUNT)
        .map(aggregation("item", _, windows))
      val lists = aggregation("item", Operation.LAST_K, windows)
      lists.getArgMap.put("k", "3")
      val byItem = aggregation("amount", Operation.SUM, Seq(days(7)), Seq("item"))
      val topic = if (accuracy == Accuracy.TEMPORAL) "bought" else null
      groupBy(
        meta(s"test.bought_${accuracy.toString.toLowerCase}.v1", db).setOnline(true),
        Seq(events(bought, query(same("user", "amount", "item"), "at"), topic)),
        Seq("user"),
        (numbers ++ texts) ++ Seq(lists, byItem),
        accuracy
      )
    }
    val person = groupBy(
      meta("test.people.v1", db).setOnline(true),
      Seq(entities(people, query(same("user", "age", "country")))),
      Seq("user"),
      null
    )
    val temporal = purchases(Accuracy.TEMPORAL)
    val parts = Seq(temporal, purchases(Accuracy.SNAPSHOT), person)
    val twin = join(
      meta("test.twin.v1", db).setOnline(true),
      events(asked, query(same("user", "id"), "at")),
      part(temporal, prefix = "now"),
      part(parts(1)),
      part(person)
    )
    val twinConf = conf("joins/test/twin.v1", ThriftJsonCodec.toJsonStr(twin))
    done("join", "--conf-path", twinConf, "--end-date=2024-03-10")
    parts.foreach { each =>
      val path =
        conf("group_bys/" + each.getMetaData.getName.replace('.', '/'), ThriftJsonCodec.toJsonStr(each))
      done("group-by-upload", "--conf-path", path, "--end-date=2024-03-09")
      done(Seq("group-by-upload-bulk-load", "--conf-path", path, "--end-date=2024-03-09") ++ online: _*)
    }
    done(Seq("metadata-upload", "--conf-path", twinConf) ++ online: _*)

    val fetcher = new SqliteApi(Map("path" -> store.toString)).buildFetcher()
    try {
      val info = fetcher.getGroupByServingInfo(temporal.getMetaData.getName).get
      val streamed = history.filter(_.getString(4) == "2024-03-10").map { row =>
        val values =
          info.valueAvroCodec.encode(Map("amount" -> row.getAs[AnyRef](1), "item" -> row.getAs[AnyRef](2)))
        val key = info.keyCodec.encode(Map("user" -> row.getString(0)))
        PutRequest(key, values, api.TableNames.streamingDataset(temporal), Some(row.getLong(3)))
      }
      assert(Await.result(fetcher.kvStore.multiPut(streamed), 60.seconds).forall(_ == true))

      val trained = spark.table(s"$db.test_twin_v1").collect()
      assert(trained.length == rows.size)
      val outputs = trained.head.schema.fieldNames.filterNot(Set("user", "id", "ts", "ds"))
      assert(outputs.length == 29 + 20 + 2, outputs.mkString(", "))
      val requests = trained.map(row =>
        Fetcher.Request("test/twin.v1", Map("user" -> row.getAs[AnyRef]("user")), Some(row.getAs[Long]("ts")))
      )
      val answers = Await.result(fetcher.fetchJoin(requests.toSeq), 60.seconds)
      assert(answers.count(_.values.get.size == outputs.length) > rows.size / 2)
      for ((row, answer) <- trained.zip(answers)) withClue(s"$row: ") {
        val features = answer.values.get
        assert(features.keySet.subsetOf(outputs.toSet))
        // A key that the store does not have has no features.
        val fetched = outputs.map(name => name -> plain(features.getOrElse(name, null))).toMap
        assert(fetched == outputs.map(name => name -> plain(row.getAs[Any](name))).toMap)
      }
    } finally {
      fetcher.close()
      StoreClosing.close(fetcher.kvStore)
    }
  }

  /** A value of either side with Scala's collections. */
  private def plain(value: Any): Any = value match {
    case map: java.util.Map[_, _]        => plain(map.asScala)
    case list: java.util.List[_]         => plain(list.asScala)
    case map: scala.collection.Map[_, _] => map.map { case (k, v) => k -> plain(v) }.toMap
    case list: scala.collection.Seq[_]   => list.map(plain).toList
    case other                           => other
  }
}
