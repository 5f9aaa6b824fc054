package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.serde.AvroCodec
import ai.chronon.online.{Mutation, StreamDecoder}
import org.scalatest.funsuite.AnyFunSuite

import java.nio.charset.StandardCharsets.UTF_8

/** What a message becomes, and what is refused before or instead. */
class StreamedRowsSuite extends AnyFunSuite {
  import Streamed._

  private val Time = BatchEnd + 1000

  private def rows(info: GroupByServingInfo, settings: (String, String)*): StreamedRows = {
    val served = parsed(info)
    new StreamedRows(info.getGroupBy, served, StreamSettings.decoder(served, settings.toMap))
  }

  private def puts(rows: StreamedRows, json: String): Seq[PutRequest] = rows.puts(json.getBytes(UTF_8)).toList

  private def hex(bytes: Array[Byte]): String = bytes.map(b => f"$b%02x").mkString

  private def bad(rows: StreamedRows, json: String): String =
    intercept[BadRecordException](puts(rows, json)).getMessage

  private def refused(body: => Any): String = intercept[InvalidDefinitionException](body).getMessage

  // The bytes are those of the sheets' worked examples: key `5` of a string column, a double of 4.0.
  test("an event's selects, filters and time; key and value bytes") {
    val spending = rows(Streamed.spending("kafka://purchases"))
    val Seq(put) = puts(spending, s"""{"user": "5", "cents": 400, "at": $Time, "more": [1]}""")
    assert(hex(put.keyBytes) == "020235" && hex(put.valueBytes) == "020000000000001040")
    assert(put.dataset == "TEAM_SPENDING_V1_STREAMING" && put.tsMillis.contains(Time))
    assert(puts(spending, s"""{"user": "5", "cents": 0, "at": $Time}""").isEmpty, "the author's filter")
    assert(puts(spending, """{"user": "5", "cents": 400}""").isEmpty, "no time")
    assert(puts(spending, s"""{"cents": 400, "at": $Time}""").isEmpty, "no key")
    assert(spending.puts(null).isEmpty, "a tombstone")
  }

  test("of several keys one may be null") {
    val info = Streamed.info(
      groupBy(
        "team.two.v1",
        events("t", query(null, null)),
        Seq("a", "b"),
        aggregation(Operation.LAST, "v")
      ),
      Seq("a" -> StringType, "b" -> LongType),
      Seq("v" -> StringType),
      Seq("a" -> StringType, "b" -> LongType, "v" -> StringType, "ts" -> LongType)
    )
    val Seq(put) = puts(rows(info), s"""{"b": 5, "ts": $Time}""")
    assert(hex(put.keyBytes) == "00020a" && hex(put.valueBytes) == "00")
    assert(puts(rows(info), s"""{"v": "x", "ts": $Time}""").isEmpty)
  }

  // Avro writes both as ints: 5 is the byte 0a, -300 the bytes d7 04. The reference's encoder fails on them.
  test("bytes and shorts are stored as ints") {
    val (bytes, shorts) = ("b" -> ByteType, "s" -> ShortType)
    val info = Streamed.info(
      groupBy(
        "team.narrow.v1",
        events("t", query(null, null)),
        Seq("user"),
        Seq("b", "s").map(aggregation(Operation.LAST, _)): _*
      ),
      Seq("user" -> StringType),
      Seq(bytes, shorts),
      Seq("user" -> StringType, bytes, shorts, "ts" -> LongType)
    )
    val Seq(put) = puts(rows(info), s"""{"user": "5", "b": 5, "s": -300, "ts": $Time}""")
    assert(hex(put.valueBytes) == "020a02d704")
    assert(bad(rows(info), s"""{"user": "5", "b": 128, "ts": $Time}""") ==
      "column b = 128: must be a value of type byte, or null")
  }

  // Stored schemas have no name twice: the second `x` is `x_REPEATED_NAME_0` there, and `a` below it as well.
  test("members of structs are read by the names that they have in messages, whatever else is called so") {
    def point(name: String) = StructType(name, Array(StructField("x", IntType), StructField("a", StringType)))
    val columns =
      Seq("p" -> point("P"), "list" -> ListType(point("L")), "map" -> MapType(StringType, point("M")))
    val selected = columns :+ ("a" -> LongType)
    val info = Streamed.info(
      groupBy(
        "team.points.v1",
        events("t", query(null, null)),
        Seq("user"),
        selected.map(column => aggregation(Operation.LAST, column._1)): _*
      ),
      Seq("user" -> StringType),
      selected,
      ("user" -> StringType) +: selected :+ ("ts" -> LongType)
    )
    val json =
      s"""{"user": "5", "a": 9, "p": {"x": 1, "a": "b"}, "list": [{"x": 2, "a": "c"}], "map": {"k": {"x": 3, "a": "d"}}, "ts": $Time}"""
    val Seq(put) = puts(rows(info), json)
    val stored = AvroCodec.of(info.getSelectedAvroSchema).decode(put.valueBytes)
    assert((0 to 3).map(stored.get(_).toString).map(_.replaceAll("_REPEATED_NAME_\\d", "")) == Seq(
      """{"x": 1, "a": "b"}""",
      """[{"x": 2, "a": "c"}]""",
      """{k={"x": 3, "a": "d"}}""",
      "9"
    ))
  }

  test("filters read the columns of the topic, one by one, whatever the select calls its own") {
    val info = Streamed.info(
      groupBy(
        "team.filtered.v1",
        events("t", query(Map("user" -> "user", "v" -> "v + 1"), "ts", "v = 1 OR v = 2", "user = 'a'")),
        Seq("user"),
        aggregation(Operation.SUM, "v")
      ),
      Seq("user" -> StringType),
      Seq("v" -> LongType),
      Seq("user" -> StringType, "v" -> LongType, "ts" -> LongType)
    )
    def seen(user: String, v: Long) =
      puts(rows(info), s"""{"user": "$user", "v": $v, "ts": $Time}""").map(p =>
        hex(p.valueBytes)
      )
    assert(seen("a", 2) == Seq("0206"), "2 passes, and is stored as 3")
    assert(seen("b", 1).isEmpty && seen("a", 3).isEmpty)
  }

  test("expressions that only Spark evaluates, nested columns and functions of a setup") {
    val q = query(
      Map("user" -> "lower(who.name)", "tags" -> "transform(tags, t -> upper(t))"),
      "ts",
      "size(tags) > 0"
    )
    val info = Streamed.info(
      groupBy("team.nested.v1", events("t", q), Seq("user"), aggregation(Operation.LAST, "tags")),
      Seq("user" -> StringType),
      Seq("tags" -> ListType(StringType)),
      Seq(
        "who" -> StructType("Who", Array(StructField("name", StringType))),
        "tags" -> ListType(StringType),
        "ts" -> LongType
      )
    )
    val made = rows(info)
    val Seq(put) = puts(made, s"""{"who": {"name": "Ann"}, "tags": ["a", "b"], "ts": $Time}""")
    assert(hex(put.keyBytes) == "0206616e6e" && hex(put.valueBytes) == "02040241024200")
    assert(puts(made, s"""{"who": {"name": "Ann"}, "tags": [], "ts": $Time}""").isEmpty)
  }

  // ---- mutations

  private def prices(envelope: String): GroupByServingInfo = Streamed.info(
    groupBy(
      "team.prices.v1",
      entities(s"listings$envelope", query(Map("id" -> "id", "price" -> "price"), "created")),
      Seq("id"),
      aggregation(Operation.SUM, "price")
    ),
    Seq("id" -> LongType),
    Seq("price" -> LongType),
    Seq("id" -> LongType, "price" -> LongType, "created" -> LongType)
  )

  private def decoded(put: PutRequest): (Seq[Any], Option[Long]) =
    (AvroCodec.of(parsed(prices("")).mutationValueAvroSchema).decodeRow(put.valueBytes).toSeq, put.tsMillis)

  test("a change of an entity: what it is now, then what it was, both at the time of the change") {
    val made = rows(prices(""), "stream_envelope" -> "change")
    def change(before: String, after: String) =
      puts(made, s"""{"before": $before, "after": $after, "mutation_ts": $Time}""").map(decoded)
    val (old, now) = ("""{"id": 1, "price": 5, "created": 7}""", """{"id": 1, "price": 6, "created": 8}""")
    assert(change(old, now) == Seq(Seq(6L, 8L, false) -> Some(Time), Seq(5L, 7L, true) -> Some(Time)))
    assert(change("null", now) == Seq(Seq(6L, 8L, false) -> Some(Time)))
    assert(change(old, "null") == Seq(Seq(5L, 7L, true) -> Some(Time)))
    assert(change(old, old).isEmpty, "nothing has changed")
    assert(change("null", "null").isEmpty)
    assert(bad(made, now).contains("neither `before` nor `after`"))
    assert(bad(made, """{"after": 5}""").contains("member after = 5: must be an object of JSON, or null"))
    assert(puts(made, s"""{"after": $now}""").isEmpty, "no time of the change, which is no bad message")
  }

  test(
    "an entity's message as a row that says itself whether it takes back; the topic may name the envelope"
  ) {
    val made = rows(prices("/stream_envelope=row"), "stream_envelope" -> "change")
    def row(more: String) =
      puts(made, s"""{"id": 1, "price": 5, "created": 7, "mutation_ts": $Time$more}""").map(decoded)
    assert(row("") == Seq(Seq(5L, 7L, false) -> Some(Time)))
    assert(row(""", "is_before": true""") == Seq(Seq(5L, 7L, true) -> Some(Time)))
  }

  // ---- Avro

  test("Avro records in a declared schema: enumerations, fixed bytes, narrow numbers, unions either way") {
    val info = Streamed.info(
      groupBy(
        "team.avro.v1",
        events("t", query(null, null)),
        Seq("kind"),
        aggregation(Operation.LAST, "n"),
        aggregation(
          Operation.LAST,
          "hash"
        )
      ),
      Seq("kind" -> StringType),
      Seq("n" -> LongType, "hash" -> BinaryType),
      Nil
    )
    val text =
      """{"type": "record", "name": "E", "fields": [
      {"name": "ts", "type": "long"}, {"name": "kind", "type": {"type": "enum", "name": "K", "symbols": ["A", "B"]}},
      {"name": "n", "type": ["int", "null"]}, {"name": "hash", "type": ["null", {"type": "fixed", "name": "H", "size": 2}]}]}"""
    val made = rows(info, "stream_format" -> "avro", "stream_schema" -> text)
    val schema = AvroFormat.parseSchema(text)
    val record = new org.apache.avro.generic.GenericData.Record(schema)
    record.put("ts", Time)
    record.put(
      "kind",
      new org.apache.avro.generic.GenericData.EnumSymbol(schema.getField("kind").schema, "B")
    )
    record.put("n", 5)
    record.put(
      "hash",
      new org.apache.avro.generic.GenericData.Fixed(
        schema.getField("hash").schema.getTypes.get(1),
        Array[Byte](1, 2)
      )
    )
    val bytes = new AvroCodec(text).encodeBinary(record)
    val Seq(put) = made.puts(bytes).toList
    assert(hex(put.keyBytes) == "020242" && hex(put.valueBytes) == "020a02040102")
    assert(intercept[BadRecordException](made.puts(bytes :+ 1.toByte)).getMessage.contains("another schema"))
    assert(intercept[BadRecordException](made.puts(bytes.dropRight(1))).getMessage.contains("E of Avro"))
  }

  // ---- what is wrong

  test("a bad message names the column, what stands there and what would be right") {
    val spending = rows(Streamed.spending("kafka://purchases"))
    assert(bad(spending, s"""{"user": "5", "cents": "x", "at": 1}""") ==
      "column cents = \"x\": must be a value of type long, or null")
    assert(bad(spending, s"""{"user": 5, "cents": 1, "at": 1}""").startsWith("column user = 5"))
    assert(bad(spending, s"""{"user": "5", "cents": 1.5, "at": 1}""").startsWith("column cents = 1.5"))
    assert(bad(spending, "{").startsWith("message is no JSON"))
    assert(bad(spending, "[1]") == "message [1]: must be an object of JSON")
    assert(bad(spending, "{} {}").startsWith("message is no JSON"))
    assert(
      puts(spending, s"""{"user": "5", "cents": 400.0, "at": 1}""").size == 1,
      "a whole number all the same"
    )
  }

  test("what a decoder of an integrator's throws is a bad message too, and its null is none") {
    val info = Streamed.spending("t")
    val decoder = new StreamDecoder {
      override def decode(bytes: Array[Byte]): Mutation =
        if (bytes.isEmpty) null else throw new IllegalStateException("broken")
      override def schema: StructType =
        StructType.from("S", Array("user" -> StringType, "cents" -> LongType, "at" -> LongType))
    }
    val made = new StreamedRows(info.getGroupBy, parsed(info), decoder)
    assert(made.puts(Array.emptyByteArray).isEmpty)
    assert(intercept[BadRecordException](made.puts(Array[Byte](1))).getMessage.contains("broken"))
  }

  test("what can work for no message is refused at the start, by name") {
    val good = Streamed.spending("kafka://purchases")
    def changed(change: GroupByServingInfo => Unit): GroupByServingInfo = {
      val copy = good.deepCopy()
      change(copy)
      copy
    }
    def of(change: GroupBy => Unit) = refused(rows(changed(info => change(info.getGroupBy))))
    assert(of(_.getSources.get(0).getEvents.setTopic(null)).contains("none of its sources has a topic"))
    assert(of(_.setAccuracy(Accuracy.SNAPSHOT)).contains("accuracy is SNAPSHOT"))
    assert(of(_.unsetAggregations()).contains("no aggregations"))
    assert(of(_.getMetaData.setCustomJson("""{"enable_tiling": true}""")).contains("enable_tiling"))
    assert(of(_.getSources.get(0).getEvents.getQuery.getSelects.put(
      "amount",
      "nosuch + 1"
    )).contains("nosuch"))
    assert(of(_.getSources.get(0).getEvents.getQuery.setWheres(list("cents"))).contains("BOOLEAN"))
    assert(of(_.getSources.get(0).getEvents.getQuery.getSelects.put("amount", "user")) ==
      "group-by team.spending.v1: column amount of its upload is of type double, and its streamed source gives string: " +
      "both must be of one type; upload it again, or cast the column in the query")
    assert(of(_.getSources.get(0).getEvents.getQuery.getSelects.put(
      "amount",
      "sum(cents)"
    )).contains("cannot be evaluated"))
    assert(of(_.getSources.get(0).getEvents.getQuery.setTimeColumn("cast(at as timestamp)")).contains(
      "milliseconds since 1970"
    ))
    assert(refused(rows(changed(_.unsetInputAvroSchema()))).contains("stream_schema"))
    assert(refused(rows(
      good,
      "stream_format" -> "xml"
    )).contains("stream_format = xml: must be json or avro"))
    assert(refused(rows(good, "stream_envelope" -> "change")).contains("must be row"))
    assert(refused(rows(good, "stream_schema" -> "/nosuch/file.avsc")).contains("must be a file"))
    assert(refused(rows(good, "stream_schema" -> """{"type": "int"}""")).contains("must be a record"))
    assert(refused(rows(prices(""), "stream_envelope" -> "change", "stream_format" -> "avro")).contains(
      "stream_schema must be set"
    ))
  }
}
