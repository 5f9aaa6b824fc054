package ai.chronon.spark.catalog

import ai.chronon.jni.NativeStats
import ai.chronon.spark.{Settings, SparkSuite}
import org.apache.hadoop.fs.Path
import org.apache.parquet.hadoop.ParquetFileReader
import org.apache.parquet.hadoop.metadata.ParquetMetadata
import org.apache.parquet.hadoop.util.HadoopInputFile
import org.apache.spark.sql.Row

import java.io.File
import scala.collection.JavaConverters._
import scala.util.Random

/** Files of the kernel beside files of Spark's own writer, over the same rows. */
class NativeParquetSuite extends SparkSuite {

  private val everyType =
    "a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h STRING, i BINARY, " +
      "j ARRAY<BIGINT>, k ARRAY<STRING>, `l.m` DOUBLE, n MAP<STRING, INT>, o MAP<INT, ARRAY<STRING>>, ds STRING"

  private def rows(count: Int, days: Int): Seq[Row] = {
    val random = new Random(7)
    def maybe[T <: AnyRef](value: => T): T = if (random.nextInt(4) == 0) null.asInstanceOf[T] else value
    // few different texts: where dictionaries do not pay, the two writers give them up at different times
    val texts = IndexedSeq.fill(20)(random.alphanumeric.take(random.nextInt(20)).mkString + "é\uD83D\uDE80")
    def text = texts(random.nextInt(texts.size))
    (0 until count).map { n =>
      Row(
        maybe(Boolean.box(random.nextBoolean())),
        maybe(Byte.box(random.nextInt().toByte)),
        maybe(Short.box(random.nextInt().toShort)),
        maybe(Int.box(random.nextInt())),
        maybe(Long.box(random.nextLong())),
        maybe(Float.box(if (n % 50 == 0) Float.NaN else random.nextFloat())),
        maybe(Double.box(if (n % 50 == 1) -0.0
        else if (n % 50 == 2) Double.NegativeInfinity else random.nextDouble())),
        maybe(text),
        maybe(text.getBytes("UTF-8")),
        maybe(Seq.fill(random.nextInt(4))(maybe(Long.box(random.nextInt(10).toLong)))),
        maybe(Seq.fill(random.nextInt(4))(maybe(text))),
        maybe(Double.box(random.nextGaussian())),
        maybe(Seq.fill(random.nextInt(3))(text -> maybe(Int.box(random.nextInt(9)))).toMap),
        maybe(Seq.fill(random.nextInt(3))(random.nextInt(9) -> maybe(Seq(text, null))).toMap),
        f"2024-03-${n % days + 1}%02d"
      )
    }
  }

  private def write(name: String, ddl: String, data: Seq[Row], settings: (String, String)*): String = {
    settings.foreach { case (k, v) => spark.conf.set(k, v) }
    try table(name, ddl, data: _*)
    finally settings.foreach { case (k, _) => spark.conf.unset(k) }
  }

  /** What all files of a table say about themselves, one of them at least. */
  private def footers(table: String): Seq[ParquetMetadata] = {
    val root = new File(new java.net.URI(tables.find(table).get.location.toString))
    val files = (root +: root.listFiles().filter(_.getName.startsWith("ds="))).flatMap(_.listFiles())
      .filter(_.getName.endsWith(".parquet"))
    assert(files.nonEmpty)
    files.toSeq.map { file =>
      val input = HadoopInputFile.fromPath(new Path(file.toURI), spark.sessionState.newHadoopConf())
      val reader = ParquetFileReader.open(input)
      try reader.getFooter
      finally reader.close()
    }
  }

  private def writer(table: String): String =
    footers(table).map(_.getFileMetaData.getCreatedBy.takeWhile(_ != ' ')).distinct.mkString(",")

  private val sparks = Settings.NativeParquet.key -> "false"

  test("a table that is replaced as a whole") {
    for ((setting, by) <- Seq("true" -> "chronon-native", "false" -> "parquet-mr")) {
      spark.conf.set(Settings.NativeParquet.key, setting)
      try tables.replace(spark.range(3).selectExpr("id", "'x' AS s"), s"$db.replaced_$setting", Map.empty)
      finally spark.conf.unset(Settings.NativeParquet.key)
      assert(writer(s"$db.replaced_$setting") == by)
      assert(spark.table(s"$db.replaced_$setting").collect().toSet == (0L to 2L).map(Row(_, "x")).toSet)
    }
  }

  test("rows, schema and metadata are those of Spark's own writer") {
    val data = rows(3000, days = 3)
    val (ours, theirs) = (write("ours", everyType, data), write("theirs", everyType, data, sparks))
    assert(writer(ours) == "chronon-native" && writer(theirs) == "parquet-mr")
    def text(table: String) = spark.table(table).collect().map(_.toSeq.map {
      case bytes: Array[Byte] => bytes.toSeq
      case other              => other
    }.mkString("|")).sorted.toSeq
    assert(text(ours) == text(theirs))
    val Seq(our, their) = Seq(ours, theirs).map(footers(_).head.getFileMetaData)
    assert(our.getSchema.toString == their.getSchema.toString)
    assert(our.getKeyValueMetaData == their.getKeyValueMetaData)
    val Seq(ourCodecs, theirCodecs) = Seq(ours, theirs).map(footers(_).flatMap(_.getBlocks.asScala).flatMap(
      _.getColumns.asScala.map(c => (c.getPath.toDotString, c.getCodec, c.hasDictionaryPage))
    ).toSet)
    assert(ourCodecs == theirCodecs)
    assert(NativeStats.read().openFiles() == 0)
  }

  test("filters find the same rows by the statistics of either writer") {
    val data = rows(2000, days = 1)
    val (ours, theirs) = (write("our_stats", everyType, data), write("their_stats", everyType, data, sparks))
    assert(writer(ours) == "chronon-native" && writer(theirs) == "parquet-mr")
    for (
      where <- Seq("e > 0", "g < 0.5", "h >= 'm'", "f > 0.9", "d IS NULL", "`l.m` = 0", "b = 3", "NOT a")
    ) {
      val Seq(our, their) = Seq(ours, theirs).map(spark.table(_).where(where).count())
      assert(our == their, where)
    }
  }

  test("row groups end where the settings say") {
    val data = rows(40000, days = 1)
    val name = write("groups", everyType, data, "parquet.block.size" -> "200000")
    assert(writer(name) == "chronon-native")
    assert(footers(name).map(_.getBlocks.size).max > 1)
    assert(rowsOf(spark.table(name).selectExpr("count(*)", "sum(d)")) ==
      rowsOf(frame(everyType, data: _*).selectExpr("count(*)", "sum(d)")))
  }

  private val leftToSpark = Seq(
    ("a struct", "m STRUCT<k: INT>", Row(1), Nil),
    ("a decimal", "m DECIMAL(10, 2)", new java.math.BigDecimal("1.50"), Nil),
    ("an instant", "m TIMESTAMP", java.sql.Timestamp.valueOf("2024-03-01 01:02:03"), Nil),
    ("a date", "m DATE", java.sql.Date.valueOf("2024-03-01"), Nil),
    ("another codec", "m INT", 1, Seq("spark.sql.parquet.compression.codec" -> "gzip")),
    ("a setting of Parquet's", "m INT", 1, Seq("parquet.bloom.filter.enabled" -> "true")),
    ("the old layout", "m INT", 1, Seq("spark.sql.parquet.writeLegacyFormat" -> "true")),
    ("the switch", "m INT", 1, Seq(sparks))
  )
  leftToSpark.foreach { case (what, column, value, settings) =>
    test(s"$what is left to Spark's own writer") {
      val name =
        write(
          "left_" + what.replace(' ', '_').replace("'", ""),
          s"$column, ds STRING",
          Seq(Row(value, "2024-03-01")),
          settings: _*
        )
      assert(writer(name) == "parquet-mr")
      assert(spark.table(name).select("m").head().get(0) == value)
    }
  }

  test("a date is written by the kernel where its calendar is settled") {
    val day = java.sql.Date.valueOf("2024-03-01")
    val name = write(
      "settled_date",
      "m DATE, ds STRING",
      Seq(Row(day, "2024-03-01")),
      "spark.sql.parquet.datetimeRebaseModeInWrite" -> "CORRECTED"
    )
    assert(writer(name) == "chronon-native")
    assert(spark.table(name).select("m").head().getDate(0) == day)
  }

  test("no compression is no compression") {
    val name = write(
      "plain",
      "m INT, ds STRING",
      Seq(Row(1, "2024-03-01")),
      "spark.sql.parquet.compression.codec" -> "none"
    )
    assert(writer(name) == "chronon-native")
    assert(footers(name).head.getBlocks.get(0).getColumns.get(0).getCodec.name == "UNCOMPRESSED")
  }

  test("a file that fails in mid-write leaves nothing behind and no handle open") {
    val broken = frame("m INT, ds STRING", (1 to 5000).map(Row(_, "2024-03-01")): _*)
      .selectExpr("m", "IF(m = 4900, raise_error('broken'), ds) AS ds")
    intercept[Exception](tables.insertPartitions(broken, s"$db.broken", Map.empty))
    assert(tables.partitions(s"$db.broken").isEmpty)
    assert(NativeStats.read().openFiles() == 0)
  }
}
