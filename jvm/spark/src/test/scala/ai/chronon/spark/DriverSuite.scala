package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.ThriftJsonCodec
import org.apache.spark.sql.Row

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}

/** The command line from file to table. The definitions need no aggregation, so that no native library is needed. */
class DriverSuite extends SparkSuite {
  import Confs._

  private lazy val folder: Path = Files.createTempDirectory("driver")

  private def conf(name: String, text: String): String = {
    val file = folder.resolve(name)
    Files.write(file, text.getBytes(UTF_8))
    file.toString
  }

  private def countries(namespace: String, users: String) =
    groupBy(
      meta("test.countries", namespace),
      Seq(entities(users, query(same("user", "country")))),
      Seq("user"),
      null,
      start = "2024-03-09"
    )

  private def ages(name: String, namespace: String, views: String, users: String): api.Join =
    join(meta(name, namespace), events(views, query(same("user"), "at")), part(countries(namespace, users)))

  private lazy val views = table(
    "views",
    "user STRING, at BIGINT, ds STRING",
    Row("a", at("2024-03-10 10:00"), "2024-03-10"),
    Row("b", at("2024-03-11 10:00"), "2024-03-11")
  )

  private lazy val users = table(
    "users",
    "user STRING, country STRING, ds STRING",
    Row("a", "NL", "2024-03-09"),
    Row("b", "DE", "2024-03-10")
  )

  private def json(join: api.Join): String = ThriftJsonCodec.toJsonStr(join)

  test("join: from a compiled file to the output table, with its properties, and again") {
    val definition = ages("test.j", db, views, users)
    val path = conf("j", json(definition))
    val (status, out, err) = driver("join", s"--conf-path=$path", "--end-date", "2024-03-11", "--step-days=1")
    assert(status == 0, err)
    assert(out.count(_.contains("1 rows")) == 2 && out.head.contains("step 1 of 2 [2024-03-10…2024-03-10]"))
    assert(rowsOf(spark.table(s"$db.test_j").drop("ts")) == Seq("a|NL|2024-03-10", "b|DE|2024-03-11"))
    val properties = tables.properties(s"$db.test_j")
    assert(properties("chronon_generated") == "true" && properties("chronon_table_type") == "join")
    assert(properties("semantic_hash").contains("left_source") &&
      properties("semantic_hash_options") == """{"exclude_topic":"true"}""")
    val (again, nothing, _) = driver("join", "--conf-path", path, "--end-date", "2024-03-11")
    assert(again == 0 && !nothing.exists(_.contains("step")))
  }

  test("join: a changed left archives the table; --unset-semantic-hash keeps it") {
    val definition = ages("test.changed", db, views, users)
    driver("join", "--conf-path", conf("c1", json(definition)), "--end-date", "2024-03-10")
    definition.getLeft.getEvents.getQuery.setWheres(java.util.Arrays.asList("user <> 'x'"))
    val changed = conf("c2", json(definition))
    val (_, kept, _) =
      driver("join", "--conf-path", changed, "--end-date", "2024-03-10", "--unset-semantic-hash")
    assert(!kept.exists(_.contains("the definition changed")))
    // nothing was written, so the old hash still stands
    val (_, out, _) = driver("join", "--conf-path", changed, "--end-date", "2024-03-10")
    assert(out.exists(_.contains("the definition changed")))
    val archived =
      spark.catalog.listTables(db).collect().map(_.name).filter(_.matches("test_changed_\\d{14}"))
    assert(archived.length == 1 && tables.partitions(s"$db.test_changed") == Seq("2024-03-10"))
  }

  test("join: a hash stored with topics is not judged by guess") {
    val definition = ages("test.topics", db, views, users)
    driver("join", "--conf-path", conf("t1", json(definition)), "--end-date", "2024-03-10")
    spark.sql(s"ALTER TABLE $db.test_topics UNSET TBLPROPERTIES ('semantic_hash_options')")
    definition.getLeft.getEvents.setTopic("t/host=x")
    val (status, _, err) =
      driver("join", "--conf-path", conf("t2", json(definition)), "--end-date", "2024-03-11")
    assert(status == 1 && err.head.contains("--unset-semantic-hash") && err.head.contains("test_topics"))
    assert(tables.partitions(s"$db.test_topics") == Seq("2024-03-10"))
  }

  test("join: a first hole is left alone unless asked for") {
    val path = conf("h", json(ages("test.hole", db, views, users)))
    driver(
      "join",
      "--conf-path",
      path,
      "--end-date",
      "2024-03-11",
      "--start-partition-override",
      "2024-03-11"
    )
    assert(tables.partitions(s"$db.test_hole") == Seq("2024-03-11"))
    driver("join", "--conf-path", path, "--end-date", "2024-03-11")
    assert(tables.partitions(s"$db.test_hole") == Seq("2024-03-11"))
    driver("join", "--conf-path", path, "--end-date", "2024-03-11", "--run-first-hole")
    assert(tables.partitions(s"$db.test_hole") == Seq("2024-03-10", "2024-03-11"))
  }

  test("group-by-backfill") {
    val definition = countries(db, users)
    val (status, _, err) = driver(
      "group-by-backfill",
      "--conf-path",
      conf("g", ThriftJsonCodec.toJsonStr(definition)),
      "--end-date",
      "2024-03-10"
    )
    assert(status == 0, err)
    assert(rowsOf(spark.table(s"$db.test_countries")) == Seq("a|NL|2024-03-09", "b|DE|2024-03-10"))
    assert(tables.properties(s"$db.test_countries")("chronon_table_type") == "group_by")
  }

  test("local mode: files as tables, and the output as a file") {
    val data = Files.createDirectories(folder.resolve("data"))
    Files.write(data.resolve("views.csv"), "user,ts,ds\na,2024-03-10 10:00:00,2024-03-10\n".getBytes(UTF_8))
    Files.write(
      data.resolve("users.jsonl"),
      "{\"user\":\"a\",\"country\":\"NL\",\"ds\":\"2024-03-09\"}\n".getBytes(UTF_8)
    )
    Files.write(data.resolve("notes.txt"), "skipped".getBytes(UTF_8))
    val definition = ages("test.local", "data", "data.views", "data.users")
    definition.getLeft.getEvents.getQuery.setTimeColumn("ts")
    val (status, _, err) = driver(
      "join",
      "--conf-path",
      conf("l", json(definition)),
      "--end-date",
      "2024-03-10",
      "--local-data-path",
      data.toString,
      "--local-table-export-path",
      folder.toString,
      "--local-table-export-prefix",
      "p"
    )
    assert(status == 0, err)
    val exported = new String(Files.readAllBytes(folder.resolve("p.data.test_local.csv")), UTF_8)
    assert(exported == s"user,ts,test_countries_country,ds\na,${at("2024-03-10 10:00")},NL,2024-03-10\n")
  }

  private lazy val good: String = json(ages("test.bad", db, views, users))

  private def corrupt: Seq[(String, String, Seq[String])] = Seq(
    ("cut off", good.take(good.length / 2), Seq("not JSON", "line")),
    ("empty", "", Seq("is")),
    ("a list", "[]", Seq("object")),
    ("a field by hand", good.replaceFirst("\\{", "{\"comment\": \"mine\", "), Seq("$.comment", "mine")),
    (
      "a number as text",
      good.replaceFirst("\"metaData\":\\{", "\"metaData\":{\"online\": true, "),
      Seq("$.metaData.online")
    ),
    (
      "no left",
      "{\"metaData\":{\"name\":\"test.bad\",\"outputNamespace\":\"x\",\"team\":\"t\"},\"joinParts\":[]}",
      Seq("join test.bad", "left")
    ),
    (
      "no namespace",
      good.replaceFirst("\"outputNamespace\":\"[a-z_]*\",", ""),
      Seq("join test.bad", "metaData.outputNamespace")
    ),
    ("no team", good.replaceFirst(",?\"team\":\"test\"", ""), Seq("join test.bad", "metaData.team"))
  )

  test("a corrupt or hand-edited conf: one line that names file, field and value") {
    corrupt.foreach { case (name, text, expected) =>
      val path = conf(s"bad-${name.replace(' ', '-')}", text)
      val (status, out, err) = driver("join", "--conf-path", path, "--end-date", "2024-03-10")
      assert(status == 1 && out.isEmpty && err.length == 1, s"$name: $err")
      expected.foreach(part => assert(err.head.contains(part), s"$name: ${err.head}"))
    }
    assert(!tables.exists(s"$db.test_bad"))
  }

  private val usage: Seq[(String, Seq[String], String)] = Seq(
    ("no conf", Seq("join"), "--conf-path is required"),
    ("a conf that is not there", Seq("join", "--conf-path", "/no/such/file"), "/no/such/file"),
    (
      "an end date that is none",
      Seq("join", "--conf-path", "GOOD", "--end-date", "2024-3-1"),
      "--end-date = 2024-3-1"
    ),
    (
      "no steps",
      Seq("join", "--conf-path", "GOOD", "--end-date", "2024-03-10", "--step-days", "0"),
      "--step-days = 0"
    ),
    ("an export format", Seq("join", "--conf-path", "GOOD", "--local-table-export-format", "xls"), "xls"),
    (
      "a mapping without a file",
      Seq("join", "--conf-path", "GOOD", "--local-table-mapping", "a.b=/no/such"),
      "a.b=/no/such"
    )
  )

  usage.foreach { case (name, args, expected) =>
    test(s"usage: $name") {
      val (status, _, err) = driver(args.map(a => if (a == "GOOD") conf("good", good) else a): _*)
      assert(status == 1 && err.length == 1 && err.head.contains(expected), err)
    }
  }

  test("help lists every flag that is built") {
    val (status, out, _) = driver("--help")
    assert(status == 0)
    cli.Flags.subcommands.filter(_.built).flatMap(_.flags).filter(_.built).foreach { f =>
      val shown = if (f.arity == cli.Arity.Settings) s"-${f.name}KEY=VALUE" else s"--${f.name} "
      assert(out.head.contains(shown))
    }
  }

  test("a file for a table that exists changes nothing") {
    val file = new File(folder.toFile, "users.csv")
    Files.write(file.toPath, "user,ds\nz,2024-03-01\n".getBytes(UTF_8))
    val name = users.split('.').last
    new LocalTables(spark).loadTable(file, db, name)
    assert(!rowsOf(spark.table(users)).exists(_.contains("z")))
  }
}
