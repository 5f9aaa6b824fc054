package ai.chronon.spark.upload

import ai.chronon.online.KVStore.GetRequest
import ai.chronon.online.{UploadRow, UploadTable, UploadWriter}
import ai.chronon.spark.SparkSuite
import ai.chronon.stores.sqlite.SqliteApi
import org.apache.spark.sql.Row

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}
import java.util.Base64
import scala.collection.JavaConverters._
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** Bulk loads of real tables: which rows a store is given, with which versions. */
class SparkUploadTableSuite extends SparkSuite {
  private def bytes(text: String): Array[Byte] = text.getBytes(UTF_8)

  private def uploaded(name: String, ddl: String, rows: Row*): String = {
    frame(ddl, rows: _*).write.mode("overwrite").saveAsTable(s"$db.$name")
    s"$db.$name"
  }

  private lazy val twoDays: String = uploaded(
    "two_days",
    "key_bytes BINARY, value_bytes BINARY, ds STRING",
    Row(bytes("a"), bytes("1"), "2024-03-09"),
    Row(bytes("a"), bytes("2"), "2024-03-10"),
    Row(bytes("b"), bytes("3"), "2024-03-10")
  )

  private def texts(rows: Iterator[UploadRow]): Seq[String] =
    rows.map(r =>
      s"${new String(r.keyBytes, UTF_8)}=${new String(r.valueBytes, UTF_8)}@${r.tsMillis}"
    ).toSeq.sorted

  private def installed: UploadTable = {
    spark
    UploadTable.installed
  }

  test("it is the one that stores find") {
    assert(installed.isInstanceOf[SparkUploadTable])
  }

  test("rows are of the end of their partition's day, or of their own time") {
    val (ninth, tenth) = (at("2024-03-10 00:00"), at("2024-03-11 00:00"))
    assert(texts(installed.rows(twoDays, None)) == Seq(s"a=1@$ninth", s"a=2@$tenth", s"b=3@$tenth"))
    assert(texts(installed.rows(twoDays, Some("2024-03-10"))) == Seq(s"a=2@$tenth", s"b=3@$tenth"))
    val timed = uploaded(
      "timed",
      "key_bytes BINARY, value_bytes BINARY, ts BIGINT, ds STRING",
      Row(bytes("a"), bytes("1"), 7L, "2024-03-09")
    )
    assert(texts(installed.rows(timed, None)) == Seq("a=1@7"))
  }

  test("shares reach a writer of another process, and together are the rows") {
    val folder = Files.createTempDirectory("shares")
    installed.foreachShare(twoDays, None)(new FileWriter(folder.toString))
    val lines = Files.list(folder).iterator.asScala.flatMap(file => Files.readAllLines(file).asScala).toSeq
    assert(lines.map(line => new String(Base64.getDecoder.decode(line), UTF_8)).sorted == Seq("1", "2", "3"))
  }

  private val refused: Seq[(String, () => (String, Option[String]), Seq[String])] = Seq(
    ("no table", () => (s"$db.nowhere", None), Seq(s"$db.nowhere", "there is no such table")),
    ("no such day", () => (twoDays, Some("2024-03-12")), Seq("ds = 2024-03-12", "2024-03-09, 2024-03-10")),
    (
      "no upload",
      () => (uploaded("other", "user STRING, ds STRING", Row("a", "2024-03-09")), None),
      Seq("`key_bytes` of type BINARY", "only ds, user")
    ),
    (
      "a column of another type",
      () =>
        (
          uploaded("texts", "key_bytes STRING, value_bytes BINARY, ds STRING", Row("a", bytes("1"), "x")),
          None
        ),
      Seq("`key_bytes` of type BINARY", "as STRING")
    )
  )

  refused.foreach { case (name, table, expected) =>
    test(s"refused: $name") {
      val (source, partition) = table()
      val reader = installed
      val errors = Seq(
        intercept[IllegalArgumentException](reader.rows(source, partition)),
        intercept[IllegalArgumentException](reader.foreachShare(
          source,
          partition
        )(new FileWriter("/nowhere")))
      )
      errors.foreach(e => expected.foreach(part => assert(e.getMessage.contains(part), e.getMessage)))
    }
  }

  test("SQLite loads a table, and serves it from the end of the day on") {
    val file: Path = Files.createTempDirectory("store").resolve("store.db")
    installed
    val store = new SqliteApi(Map("path" -> file.toString)).genKvStore
    store.create("TEST_CLICKS_BATCH")
    store.bulkPut(twoDays, "test.clicks", "2024-03-10")
    val value =
      Await.result(store.get(GetRequest(bytes("a"), "TEST_CLICKS_BATCH")), 60.seconds).latest.get
    assert(new String(value.bytes, UTF_8) == "2" && value.millis == at("2024-03-11 00:00"))
  }
}

/** Writes the values of each share into a file of its own. */
private final class FileWriter(folder: String) extends UploadWriter {
  override def write(rows: Iterator[UploadRow]): Unit = {
    val lines = rows.map(row => Base64.getEncoder.encodeToString(row.valueBytes)).toSeq
    Files.write(Files.createTempFile(java.nio.file.Paths.get(folder), "share", ""), lines.asJava)
    ()
  }
}
