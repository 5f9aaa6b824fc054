package ai.chronon.spark.metadata

import ai.chronon.api
import ai.chronon.api.{JoinSource, Operation, Source, StagingQuery, ThriftJsonCodec}
import ai.chronon.spark.{Confs, SparkSuite}
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.Row

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}
import scala.collection.JavaConverters._

/** `metadata-export` by the command line, on the session of this suite. */
class MetadataExportSuite extends SparkSuite {
  import Confs._

  private val json = new ObjectMapper()

  private def run(args: String*) = driver("metadata-export" +: args: _*)

  /** A repository of these files, and a folder for output beside it. */
  private def repository(files: (String, String)*): (Path, Path) = {
    val folder = Files.createTempDirectory("export")
    files.foreach { case (name, text) =>
      val file = folder.resolve("production").resolve(name)
      Files.createDirectories(file.getParent)
      Files.write(file, text.getBytes(UTF_8))
    }
    (folder.resolve("production"), folder.resolve("out"))
  }

  /** Everything exported of a repository, by path below the output. */
  private def exported(files: (String, String)*)(args: String*): Map[String, JsonNode] = {
    val (root, output) = repository(files: _*)
    val (status, _, err) = run(Seq(s"--input-root-path=$root", s"--output-root-path=$output") ++ args: _*)
    assert(status == 0, err)
    val found = Files.walk(output)
    try found.iterator.asScala.filter(Files.isRegularFile(_)).map { file =>
        output.relativize(file).toString -> json.readTree(Files.readAllBytes(file))
      }.toMap
    finally found.close()
  }

  private def names(exported: JsonNode): Seq[String] =
    exported.get("features").elements.asScala.map(_.get("name").asText).toSeq

  private lazy val clicks = table(
    "clicks",
    "user STRING, amount DOUBLE, at BIGINT, ds STRING",
    Row("a", 1.5, at("2024-03-09 10:00"), "2024-03-09")
  )

  private def sums(name: String, from: Source = null): api.GroupBy = groupBy(
    meta(name, db),
    Seq(Option(from).getOrElse(events(clicks, query(same("user", "amount"), "at")))),
    Seq("user"),
    Seq(aggregation("amount", Operation.SUM, Seq(days(7))))
  )

  private def text(groupBy: api.GroupBy): String = ThriftJsonCodec.toJsonStr(groupBy)

  test("what the file says is kept, and features are told anew") {
    val written = json.readTree(text(sums("test.sums.v1")))
    val changed =
      json.readTree(text(sums("test.sums.v1"))).asInstanceOf[com.fasterxml.jackson.databind.node.ObjectNode]
    changed.put("features", "old").put("exception", "old").put("unheard_of", 1)
    val found = exported("group_bys/test/sums.v1" -> changed.toString)()("group_bys/sums.v1")
    assert(
      found.get("features").toString ==
        """[{"name":"amount_sum_7d","window":"7d","columnType":"double","inputColumn":"amount","operation":"sum","groupBy":null}]"""
    )
    assert(!found.has("exception") && found.get("unheard_of").asInt == 1)
    assert(written.fields.asScala.forall(field => found.get(field.getKey) == field.getValue))
  }

  test("files of one name are both kept, under the folders that tell them apart") {
    val found = exported(
      "group_bys/one/sums.v1" -> text(sums("one.sums.v1")),
      "group_bys/two/sums.v1" -> text(sums("two.sums.v1")),
      "group_bys/two/other.v1" -> text(sums("two.other.v1"))
    )()
    assert(found.keySet ==
      Set("group_bys/group_bys.one.sums.v1", "group_bys/group_bys.two.sums.v1", "group_bys/other.v1"))
    assert(found("group_bys/group_bys.two.sums.v1").at("/metaData/name").asText == "two.sums.v1")
  }

  test("a second export takes the place of the first") {
    val (root, output) = repository("group_bys/test/sums.v1" -> text(sums("test.sums.v1")))
    Seq("test.sums.v1", "test.sums_again.v1").foreach { name =>
      Files.write(root.resolve("group_bys/test/sums.v1"), text(sums(name)).getBytes(UTF_8))
      val (status, _, err) = run(s"--input-root-path=$root", s"--output-root-path=$output")
      assert(status == 0, err)
      val files = output.resolve("group_bys").toFile.list
      assert(files.toSeq == Seq("sums.v1"))
      val metadata = json.readTree(Files.readAllBytes(output.resolve("group_bys/sums.v1")))
      assert(metadata.at("/metaData/name").asText == name)
    }
  }

  test(
    "a definition that does not fit says why; a file that is no JSON is named, and the others are exported"
  ) {
    val missing = sums("test.missing.v1", events("nowhere.clicks", query(same("user", "amount"), "at")))
    val (root, output) = repository(
      "group_bys/test/missing.v1" -> text(missing),
      "group_bys/test/sums.v1" -> text(sums("test.sums.v1")),
      "group_bys/test/README.md" -> "# clicks",
      "models/test/m.v1" -> "{}"
    )
    val (status, out, _) = run(s"--input-root-path=$root", s"--output-root-path=$output")
    assert(status == 0)
    assert(out.head == s"$output: 2 files of $root")
    assert(
      out(1).startsWith(s"not exported: $root/group_bys/test/README.md: no JSON: Unexpected character ('#'")
    )
    val told =
      json.readTree(Files.readAllBytes(output.resolve("group_bys/missing.v1"))).get("exception").asText
    assert(told ==
      "group-by test.missing.v1: `table` = nowhere.clicks: there is no such table or view in the catalog")
  }

  test("what jobs refuse is described: a source that is a join, by the table that the join has") {
    val inner = join(meta("test.inner", db), events(clicks, query(same("user"), "at")))
    val chained = sums(
      "test.chained.v1",
      Source.joinSource(new JoinSource().setJoin(inner).setQuery(query(
        Seq("user" -> "user", "amount" -> "score"),
        "ts"
      )))
    )
    val before = exported("group_bys/test/chained.v1" -> text(chained))()("group_bys/chained.v1")
    assert(before.get("exception").asText.contains(s"$db.test_inner: there is no such table"))
    table("test_inner", "user STRING, score INT, ts BIGINT, ds STRING", Row("a", 1, 0L, "2024-03-09"))
    val after = exported("group_bys/test/chained.v1" -> text(chained))()("group_bys/chained.v1")
    assert(after.at("/features/0/columnType").asText == "long")
  }

  test("staging queries: macros are dates, one that there is not is named") {
    def query(text: String) =
      ThriftJsonCodec.toJsonStr(new StagingQuery().setMetaData(meta("test.q", db)).setQuery(text))
    val found = exported(
      "staging_queries/test/q.v1" -> query(
        s"SELECT user, '{{ latest_date }}' AS day FROM $clicks WHERE ds BETWEEN '{{start_date}}' AND '{{ max_date(table=$clicks) }}'"
      ),
      "staging_queries/test/bad.v1" -> query("SELECT '{{ today }}' AS day")
    )()
    assert(names(found("staging_queries/q.v1")) == Seq("user", "day"))
    assert(
      found("staging_queries/bad.v1").get("exception").asText.contains("`query` = {{ today }}: no such macro")
    )
  }

  test("group-bys that only joins have are exported where that is asked for, once") {
    val (own, inside) = (sums("test.own.v1"), sums("test.inside.v1"))
    def parts(name: String) =
      ThriftJsonCodec.toJsonStr(join(
        meta(name, db),
        events(clicks, query(same("user"), "at")),
        part(own),
        part(inside)
      ))
    val files = Seq(
      "group_bys/test/own.v1" -> text(own),
      "joins/test/a.v1" -> parts("test.a.v1"),
      "joins/test/b.v1" -> parts("test.b.v1")
    )
    assert(!exported(files: _*)().contains("embedded_group_bys/test.inside.v1"))
    val found = exported(files: _*)("--process-embedded-group-bys")
    assert(found.keySet.filter(_.startsWith("embedded")) == Set("embedded_group_bys/test.inside.v1"))
    assert(names(found("embedded_group_bys/test.inside.v1")) == Seq("amount_sum_7d"))
    assert(names(found("joins/b.v1")) == Seq("test_own_v1_amount_sum_7d", "test_inside_v1_amount_sum_7d"))
  }

  test("no partition is asked for: a view over rows that cannot be read is described") {
    spark.sql(
      s"CREATE OR REPLACE VIEW $db.broken AS SELECT user, amount, at, CAST(raise_error('read') AS STRING) AS ds FROM $clicks"
    )
    val found = exported(
      "group_bys/test/broken.v1" -> text(sums(
        "test.broken.v1",
        events(s"$db.broken", query(same("user", "amount"), "at"))
      ))
    )()
    assert(names(found("group_bys/broken.v1")) == Seq("amount_sum_7d"))
  }

  test(
    "a table: rows by kind and day, with the properties that are asked for, replaced by the next run of the day"
  ) {
    val (root, _) = repository(
      "group_bys/test/sums.v1" -> text(sums("test.sums.v1")),
      "models/test/m.v1" -> "{}"
    )
    val args = Seq(
      s"--input-root-path=$root",
      s"--output-table-name=$db.exported",
      "--end-date=2024-03-10",
      """--output-table-properties-json={"source":"chronon","version":2}"""
    )
    (1 to 2).foreach { _ =>
      val (status, out, err) = run(args: _*)
      assert(status == 0, err)
      assert(out == Seq(s"$db.exported: 2 rows of $root for 2024-03-10"))
    }
    val rows = spark.table(s"$db.exported")
    assert(rows.columns.toSeq == Seq("path", "metadata", "entityType", "ds"))
    assert(rowsOf(rows.select("entityType", "ds", "path")) == Seq(
      s"groupBy|2024-03-10|$root/group_bys/test/sums.v1",
      s"unknown|2024-03-10|$root/models/test/m.v1"
    ))
    val properties = tables.properties(s"$db.exported")
    assert(properties("source") == "chronon" && properties("version") == "2")
  }

  private lazy val (some, _) = repository("group_bys/test/x" -> "{}")
  private lazy val wrong = Seq(
    Nil -> "--input-root-path is required",
    Seq("--input-root-path=/nowhere", "--output-table-name=a.b") -> "there is no such local file or folder",
    Seq(s"--input-root-path=$some") -> "--output-root-path or --output-table-name is required",
    Seq(s"--input-root-path=$some", s"--output-root-path=$some/out") -> "the next export would read it",
    Seq(s"--input-root-path=$some", "--output-table-name=a.b", "--output-table-properties-json={") ->
      "no JSON",
    Seq(
      s"--input-root-path=$some",
      "--output-table-name=a.b",
      """--output-table-properties-json={"a":[]}"""
    ) ->
      "must be an object of texts"
  )

  test("flags that cannot be followed are refused before any work") {
    wrong.foreach { case (args, problem) =>
      val (status, out, err) = run(args: _*)
      assert(status == 1 && out.isEmpty && err.length == 1 && err.head.contains(problem), s"$args: $err")
    }
  }
}
