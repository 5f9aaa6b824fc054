package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Accuracy, Derivation, GroupByServingInfo, Operation, ThriftJsonCodec}
import org.apache.avro.Schema
import org.apache.avro.generic.{GenericDatumReader, GenericRecord}
import org.apache.avro.io.DecoderFactory
import org.apache.spark.sql.Row
import org.apache.spark.sql.catalyst.TableIdentifier

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files
import scala.collection.JavaConverters._

/** Uploads over small Hive tables: what is stored of each key, read with the schemas that the upload tells. */
class GroupByUploadSuite extends SparkSuite {
  import Confs._

  private lazy val clicks = table(
    "clicks",
    "user STRING, shop STRING, amount DOUBLE, ts BIGINT, ds STRING",
    Row("a", "s", 1.0, at("2024-03-08 00:00"), "2024-03-08"),
    Row("a", "s", 2.0, at("2024-03-09 23:59"), "2024-03-09"),
    Row("a", null, 4.0, at("2024-03-10 10:00"), "2024-03-10"),
    Row(null, "s", 8.0, at("2024-03-10 11:00"), "2024-03-10"),
    Row(null, null, 16.0, at("2024-03-10 11:00"), "2024-03-10"),
    Row("b", "s", null, at("2024-03-10 11:00"), "2024-03-10"),
    Row("a", "s", 32.0, at("2024-03-11 00:00"), "2024-03-11")
  )

  private lazy val users = table(
    "users",
    "user STRING, age INT, born DATE, at TIMESTAMP, worth DECIMAL(10, 2), tags ARRAY<STRING>, ds STRING",
    Row("a", 20, null, null, null, Seq("x"), "2024-03-09"),
    Row("a", 21, null, null, null, Seq("x", "y"), "2024-03-10"),
    Row("a", 22, null, null, null, null, "2024-03-10"),
    Row("b", null, null, null, null, Seq("z", null), "2024-03-11")
  )

  private def sums(name: String, accuracy: Accuracy, keys: Seq[String] = Seq("user")) = groupBy(
    meta(name, db),
    Seq(events(clicks, query(same("user", "shop", "amount"), "ts"), topic = "clicks")),
    keys,
    Seq(aggregation("amount", Operation.SUM, Seq(days(2))), aggregation("amount", Operation.COUNT)),
    accuracy
  )

  private def upload(groupBy: api.GroupBy, day: String = "2024-03-10"): String = {
    new GroupByUpload(groupBy, day, tables).run()
    api.TableNames.upload(groupBy.getMetaData)
  }

  private def infoOf(table: String): GroupByServingInfo = {
    val rows = tables.spark.table(table).where("key_json = 'group_by_serving_info'").collect()
    assert(rows.length == 1)
    assert(new String(rows.head.getAs[Array[Byte]]("key_bytes"), UTF_8) == "group_by_serving_info")
    val text = new String(rows.head.getAs[Array[Byte]]("value_bytes"), UTF_8)
    assert(rows.head.getAs[String]("value_json") == text)
    ThriftJsonCodec.fromJsonStr[GroupByServingInfo](text, check = true, classOf[GroupByServingInfo])
  }

  private def decode(schema: String, bytes: Array[Byte]): String = {
    val parsed = new Schema.Parser().parse(schema)
    val decoder = DecoderFactory.get.binaryDecoder(bytes, null)
    val record = new GenericDatumReader[GenericRecord](parsed).read(null, decoder)
    assert(decoder.isEnd, "bytes follow the record")
    parsed.getFields.asScala.map(f => record.get(f.pos)).mkString("|")
  }

  /** Key and value of every row but the serving info, decoded. */
  private def stored(table: String, value: String): Seq[String] = {
    val key = infoOf(table).getKeyAvroSchema
    spark.table(table).where("key_json IS NULL OR key_json <> 'group_by_serving_info'").collect().toSeq.map {
      row =>
        decode(key, row.getAs[Array[Byte]]("key_bytes")) + " -> " +
          decode(value, row.getAs[Array[Byte]]("value_bytes"))
    }.sorted
  }

  /** A number as Avro has it. */
  private def long(value: Long): Seq[Byte] =
    Iterator.iterate(value << 1)(_ >>> 7).takeWhile(_ != 0).toSeq.reverse.zipWithIndex.map { case (rest, i) =>
      (if (i == 0) rest else rest | 0x80).toByte
    }.reverse

  private val outputs = """{"type":"record","name":"Value","fields":[
    {"name":"amount_sum_2d","type":["null","double"]},{"name":"amount_count","type":["null","long"]}]}"""

  test("snapshot of events: values as of the end of the day, keys without any left out") {
    val name = upload(sums("test.snapshot", Accuracy.SNAPSHOT))
    assert(spark.table(name).columns.toSeq == Seq("key_bytes", "value_bytes", "key_json", "value_json", "ds"))
    assert(stored(name, outputs) == Seq("a -> 6.0|3"))
    assert(spark.table(name).select("ds").distinct().collect().toSeq == Seq(Row("2024-03-10")))
    val info = infoOf(name)
    assert(info.getBatchEndDate == "2024-03-11" && !info.isSetDateFormat)
    assert(info.getGroupBy == sums("test.snapshot", Accuracy.SNAPSHOT))
    val selected = new Schema.Parser().parse(info.getSelectedAvroSchema)
    assert(selected.getFullName == "ai.chronon.data.Value")
    assert(selected.getFields.asScala.map(_.name) == Seq("amount"))
    val input = new Schema.Parser().parse(info.getInputAvroSchema)
    assert(input.getFields.asScala.map(_.name) == Seq("user", "shop", "amount", "ts"))
  }

  test("keys with nulls are keys of their own, except where all are null") {
    val name = upload(sums("test.both", Accuracy.SNAPSHOT, Seq("user", "shop")))
    assert(stored(name, outputs) == Seq("a|null -> 4.0|1", "a|s -> 2.0|2", "null|s -> 8.0|1"))
  }

  test("temporal events: the batch IR at the end of the day, keys without values kept") {
    val name = upload(sums("test.temporal", Accuracy.TEMPORAL))
    val rows = spark.table(name).where("key_json IS NULL OR key_json <> 'group_by_serving_info'").collect()
    val bytes = rows.map(row =>
      decode(infoOf(name).getKeyAvroSchema, row.getAs[Array[Byte]]("key_bytes")) ->
        row.getAs[Array[Byte]]("value_bytes")
    ).toMap
    assert(bytes.keySet == Set("a", "b"))
    // no sum, no count; of three hop sizes an hour alone, that of the row without amount
    assert(bytes("b").toSeq ==
      (Seq[Byte](2, 0, 0, 2, 6, 0, 2, 0, 0, 2) ++ long(at("2024-03-10 11:00")) ++ Seq[Byte](0, 0, 0)))
    // two days or less are all hops: nothing collapsed of the sum, but three rows counted
    assert(bytes("a").take(6).toSeq == Seq[Byte](2, 0, 2, 6, 2, 6))
  }

  test("entities: over the day's partition; without aggregations every row as it is") {
    val ages = groupBy(
      meta("test.ages", db),
      Seq(entities(users, query(same("user", "age")))),
      Seq("user"),
      Seq(aggregation("age", Operation.MAX)),
      Accuracy.SNAPSHOT
    )
    val max = """{"type":"record","name":"Value","fields":[{"name":"age_max","type":["null","int"]}]}"""
    assert(stored(upload(ages), max) == Seq("a -> 22"))
    assert(stored(upload(ages, "2024-03-11"), max) == Seq("b -> null"))

    val plain = groupBy(
      meta("test.plain", db),
      Seq(entities(users, query(same("user", "age", "tags")))),
      Seq("user"),
      null
    )
    val name = upload(plain)
    assert(stored(name, infoOf(name).getSelectedAvroSchema) == Seq("a -> 21|[x, y]", "a -> 22|null"))
  }

  test("entities that stream on: rows behind the batch's end do not count, windows or not") {
    val states = table(
      "upload_states",
      "user STRING, age INT, at BIGINT, ds STRING",
      Row("a", 1, at("2024-03-10 23:59"), "2024-03-10"),
      Row("a", 2, at("2024-03-11 00:00"), "2024-03-10"),
      Row("a", 4, null, "2024-03-10")
    )
    def sums(name: String, source: api.Source) =
      groupBy(
        meta(name, db),
        Seq(source),
        Seq("user"),
        Seq(aggregation("age", Operation.SUM)),
        Accuracy.TEMPORAL
      )
    def collapsed(name: String, source: api.Source): Seq[Byte] =
      spark.table(upload(sums(
        name,
        source
      ))).where("key_json IS NULL").head.getAs[Array[Byte]]("value_bytes").take(3)
    // there are collapsed parts, there is one of the sum, and it is
    assert(collapsed("test.timed", entities(states, query(same("user", "age"), "at"))) ==
      Seq[Byte](2, 2, 2 * 5))
    assert(collapsed("test.untimed", entities(states, query(same("user", "age")))) == Seq[Byte](2, 2, 2 * 7))
  }

  test("the table is replaced as a whole, and its old files are gone") {
    val ages = sums("test.replaced", Accuracy.SNAPSHOT)
    val name = upload(ages, "2024-03-09")
    assert(stored(name, outputs) == Seq("a -> 3.0|2"))
    upload(ages, "2024-03-10")
    assert(stored(name, outputs) == Seq("a -> 6.0|3"))
    val folder = new File(tables.find(name).get.location)
    assert(folder.getParentFile.list().toSeq == Seq(folder.getName))
    assert(tables.properties(name)("chronon_table_type") == "upload")
    spark.sql(s"ALTER TABLE $name SET TBLPROPERTIES ('owner_note' = 'kept', 'chronon_archived' = 'true')")
    spark.sql(s"ANALYZE TABLE $name COMPUTE STATISTICS")
    def counted = spark.sessionState.catalog.getTableMetadata(TableIdentifier(name.split('.').last, Some(db)))
      .stats.flatMap(_.rowCount)
    assert(counted.contains(2))
    upload(ages, "2024-03-09")
    assert(counted.isEmpty, "statistics of files that are gone")
    val after =
      spark.sql(s"SHOW TBLPROPERTIES $name").collect().map(row => row.getString(0) -> row.getString(1)).toMap
    assert(after.get("owner_note").contains("kept") && !after.contains("chronon_archived"))
  }

  test("without data there is the serving info, and it is said") {
    val said = new StringBuilder
    val empty = sums("test.empty", Accuracy.TEMPORAL)
    empty.getSources.get(0).getEvents.getQuery.setWheres(Seq("false").asJava)
    new GroupByUpload(empty, "2024-03-10", tables, show = said.append(_)).run()
    assert(stored(s"$db.test_empty_upload", outputs).isEmpty)
    assert(said.toString.contains(": 0 rows"))
  }

  test("a run that dies leaves the table as it was") {
    val fails = sums("test.fails", Accuracy.SNAPSHOT)
    val name = upload(fails)
    fails.getSources.get(0).getEvents.getQuery.setWheres(Seq("raise_error('died') IS NULL").asJava)
    assert(intercept[Exception](upload(fails)).toString.contains("died"))
    assert(stored(name, outputs) == Seq("a -> 6.0|3"))
  }

  test("types that cannot be stored are refused by name, before anything is written") {
    for ((column, what) <- Seq("born" -> "date", "at" -> "timestamp", "worth" -> "decimal(10,2)")) {
      val bad = groupBy(
        meta(s"test.$column", db),
        Seq(entities(users, query(same("user", column)))),
        Seq("user"),
        null
      )
      val message = intercept[DefinitionException](upload(bad)).getMessage
      assert(message.contains(s"group-by test.$column") && message.contains(column) && message.contains(what))
      assert(!tables.exists(s"$db.test_${column}_upload"))
    }
    val key = groupBy(
      meta("test.key", db),
      Seq(entities(users, query(same("user", "born", "age")))),
      Seq("born"),
      Seq(aggregation("age", Operation.MAX))
    )
    assert(intercept[DefinitionException](upload(key)).getMessage.contains("born"))
  }

  test("a null inside a list has no stored form: the column is named") {
    val holey = groupBy(
      meta("test.holey", db),
      Seq(entities(users, query(same("user", "tags")))),
      Seq("user"),
      null
    )
    val message = DefinitionException.explain(intercept[Exception](upload(holey, "2024-03-11")))
    assert(message.contains("column `tags`") && message.contains("test.holey"), message)
  }

  test("derivations do not matter; what is not built is refused by name") {
    val derived = sums("test.derived", Accuracy.SNAPSHOT)
    derived.setDerivations(Seq(new Derivation().setName("x").setExpression("amount_count + 1")).asJava)
    assert(stored(upload(derived), outputs) == Seq("a -> 6.0|3"))
    val incremental = sums("test.incremental", Accuracy.SNAPSHOT).setIsIncremental(true)
    assert(intercept[DefinitionException](upload(incremental)).getMessage.contains("isIncremental"))
    val plain = groupBy(
      meta("test.no_merge", db),
      Seq(entities(users, query(same("user", "age")))),
      Seq("user"),
      null,
      Accuracy.TEMPORAL
    )
    assert(intercept[DefinitionException](upload(plain)).getMessage.contains("TEMPORAL"))
  }

  test("the command line uploads; JSON is there for the share of rows that is asked for") {
    val folder = Files.createTempDirectory("upload")
    val conf = folder.resolve("conf")
    Files.write(conf, ThriftJsonCodec.toJsonStr(sums("test.shown", Accuracy.TEMPORAL)).getBytes(UTF_8))
    spark.conf.set(Settings.UploadJsonPercent.key, "100")
    val arguments = Seq("group-by-upload", "--conf-path", conf.toString, "--end-date", "2024-03-10")
    val (out, err) = (new StringBuilder, new StringBuilder)
    try assert(Driver.run(arguments, out.append(_), err.append(_)) == 0, err)
    finally spark.conf.unset(Settings.UploadJsonPercent.key)
    assert(out.toString.contains("2 rows"), out)
    val rows = spark.table(s"$db.test_shown_upload").select("key_json", "value_json").collect().toSeq
    assert(rows.map(_.getString(0)).toSet ==
      Set("""{"user":{"string":"a"}}""", """{"user":{"string":"b"}}""", "group_by_serving_info"))
    val hop =
      s"""{"amount_sum":null,"amount_count_REPEATED_NAME_0":null,"ts":{"long":${at("2024-03-10 11:00")}}}"""
    assert(rows.exists(_.getString(1).endsWith(s""""tailHopIrs":{"array":[[],[$hop],[]]}}""")), rows)
  }

  test("JSON is what Avro's own library makes of the bytes") {
    val random = new scala.util.Random(7)
    val special =
      Seq(Double.NaN, Double.PositiveInfinity, Double.NegativeInfinity, -0.0, 1e-5, 1e7, 123456789.0, 2e23)
    val rows = special ++ Seq.fill(300)(java.lang.Double.longBitsToDouble(random.nextLong()))
    val odd = "\"\\/\b\f\n\r\t\u0000\u001f\u007f\u00e9\u20ac\ud83d\ude00"
    val text = spark.createDataset(rows.zipWithIndex.map { case (x, i) =>
      (
        odd.drop(i % odd.length),
        i,
        random.nextLong(),
        x,
        (i % 7) / 8.0f,
        i % 2 == 0,
        odd.take(i % 4).getBytes(UTF_8),
        i % 3
      )
    })(org.apache.spark.sql.Encoders.product).toDF("text", "i", "n", "x", "f", "odd", "bytes", "m")
    val wide = text.selectExpr(
      "text AS user",
      "i",
      "n",
      "x",
      "f",
      "odd",
      "bytes",
      "CAST(i AS SHORT) AS s",
      "sequence(0, m) AS list",
      "IF(i % 9 = 0, NULL, map(text, n)) AS map",
      "named_struct('a', x, 'b', array(text)) AS struct",
      "'2024-03-10' AS ds"
    )
    tables.insertPartitions(wide, s"$db.wide", Map.empty)
    val columns = wide.columns.filterNot(Set("ds")).toSeq
    val plain =
      groupBy(meta("test.wide", db), Seq(entities(s"$db.wide", query(same(columns: _*)))), Seq("user"), null)
    spark.conf.set(Settings.UploadJsonPercent.key, "100")
    val name =
      try upload(plain)
      finally spark.conf.unset(Settings.UploadJsonPercent.key)
    val info = infoOf(name)
    val stored = spark.table(name).where("key_json <> 'group_by_serving_info'").collect()
    val found = stored.length
    assert(found == rows.length)
    stored.foreach { row =>
      Seq("key" -> info.getKeyAvroSchema, "value" -> info.getSelectedAvroSchema).foreach {
        case (part, schema) =>
          val avros = AvroJson(schema, row.getAs[Array[Byte]](s"${part}_bytes"))
          assert(row.getAs[String](s"${part}_json") == avros)
      }
    }
  }

  test("however few bytes a task may gather, the result is the same") {
    val many = spark.range(0, 20000).selectExpr(
      "cast(id % 500 as string) AS user",
      "cast(id as double) AS amount",
      s"${at("2024-03-08 00:00")} + id * 11000 AS ts",
      "'2024-03-10' AS ds"
    )
    tables.insertPartitions(many, s"$db.many", Map.empty)
    def run(name: String) = {
      val definition = groupBy(
        meta(name, db),
        Seq(events(s"$db.many", query(same("user", "amount"), "ts"))),
        Seq("user"),
        Seq(aggregation("amount", Operation.AVERAGE, Seq(days(1), hours(5)))),
        Accuracy.TEMPORAL
      )
      val name_ = upload(definition)
      spark.table(name_).selectExpr("hex(key_bytes)", "hex(value_bytes)").where(
        "key_json IS NULL OR key_json <> 'group_by_serving_info'"
      ).collect().map(_.mkString("|")).toSet
    }
    val whole = run("test.whole")
    assert(whole.size == 500)
    spark.conf.set(kernel.KernelBudget.Limit, "100000")
    try assert(run("test.spilled") == whole)
    finally spark.conf.unset(kernel.KernelBudget.Limit)
  }
}
