package ai.chronon.api

import ai.chronon.api.Samples._
import org.scalatest.funsuite.AnyFunSuite

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files

class ThriftJsonCodecSuite extends AnyFunSuite {
  private val fix =
    "the text was edited by hand or compiled for another version; compile the definition again"

  private def read(json: String): GroupBy = ThriftJsonCodec.fromJsonStr(json, true, classOf[GroupBy])

  test("fields stand in the order of their ids; enums and flags are numbers, absent ones are left out") {
    val definition = groupBy("g", Seq(events("db.t")))
    definition.setAccuracy(Accuracy.SNAPSHOT)
    definition.getMetaData.setOnline(true)
    definition.getMetaData.setSamplePercent(5)
    val expected =
      """{"metaData":{"name":"g","online":1,"outputNamespace":"ns","team":"team","samplePercent":5.0},""" +
        """"sources":[{"events":{"table":"db.t","query":{"timeColumn":"ts","setups":[]}}}],"keyColumns":["k"],"accuracy":1}"""
    assert(expected == ThriftJsonCodec.toJsonStr(definition))
    assert(definition == read(expected))
  }

  test("the order of keys and white space are free") {
    val definition = new GroupBy()
    definition.setMetaData(new MetaData().setName("é \"").setTeam("t"))
    assert(definition == read("{ \"metaData\" : {\"name\":\"\\u00e9 \\\"\",\n\"team\":\"t\"}}"))
  }

  private def unlike(path: String, found: String, written: String) =
    s"$path is $found but would be written as $written: $fix"

  Seq(
    (
      "an unknown field",
      """{"metaData":{"name":"a.b"},"sauces":[]}""",
      "GroupBy a.b: " + unlike("$.sauces", "[]", "absent")
    ),
    (
      "a nested unknown field",
      """{"sources":[{"events":{"tabel":"x"}}]}""",
      "GroupBy: " + unlike("$.sources[0].events.tabel", "\"x\"", "absent")
    ),
    (
      "true instead of 1",
      """{"metaData":{"online":true}}""",
      "GroupBy: " + unlike("$.metaData.online", "true", "1")
    ),
    (
      "5 instead of 5.0",
      """{"metaData":{"samplePercent":5}}""",
      "GroupBy: " + unlike("$.metaData.samplePercent", "5", "5.0")
    ),
    (
      "a query without setups",
      """{"sources":[{"events":{"query":{}}}]}""",
      "GroupBy: " + unlike("$.sources[0].events.query.setups", "absent", "[]")
    ),
    (
      "an enum by name",
      """{"accuracy":"SNAPSHOT"}""",
      "GroupBy: " + unlike("$.accuracy", "\"SNAPSHOT\"", "1")
    ),
    (
      "null instead of absent",
      """{"backfillStartDate":null}""",
      "GroupBy: " + unlike("$.backfillStartDate", "null", "absent")
    ),
    ("an array", "[]", "GroupBy: $ is []: an object is needed")
  ).foreach { case (name, json, expected) =>
    test(s"refused: $name")(assert(expected == intercept[InvalidDefinitionException](read(json)).getMessage))
  }

  Seq(
    ("an enum out of range", """{"metaData":{"name":"a.b"},"accuracy":7}""", "GroupBy a.b: $.accuracy = 7: "),
    ("text for a list", """{"keyColumns":"k"}""", "GroupBy: $.keyColumns = \"k\": "),
    (
      "a struct for text",
      """{"sources":[{"events":{"table":{"a":1}}}]}""",
      "GroupBy: $.sources[0].events.table = {\"a\":1}: "
    ),
    ("text that ends early", "{", "GroupBy: not JSON: "),
    ("nothing", "", "GroupBy: "),
    ("more after the end", "{} {}", "GroupBy: not JSON: "),
    (
      "a key twice",
      """{"keyColumns":["a"],"keyColumns":["b"]}""",
      "GroupBy: not JSON: Duplicate field 'keyColumns'"
    )
  ).foreach { case (name, json, start) =>
    test(s"refused with its place: $name") {
      val message = intercept[InvalidDefinitionException](read(json)).getMessage
      assert(message.startsWith(start), message)
    }
  }

  test("without the check, foreign fields are passed over") {
    assert(new GroupBy() ==
      ThriftJsonCodec.fromJsonStr("""{"x":1}""", check = false, clazz = classOf[GroupBy]))
  }

  test("a file's path begins the message") {
    val file = Files.createTempFile("conf", ".json")
    try {
      Files.write(file, """{"metaData":{"name":"a.b"},"x":1}""".getBytes(UTF_8))
      val message = intercept[InvalidDefinitionException](ThriftJsonCodec.fromJsonFile[GroupBy](
        file.toString,
        true
      )).getMessage
      assert(message == s"$file: GroupBy a.b: " + unlike("$.x", "1", "absent"))
      Files.write(file, """{"keyColumns":["k"]}""".getBytes(UTF_8))
      assert(Seq("k") ==
        ThriftJsonCodec.fromJsonFile[GroupBy](file.toString, true).getKeyColumns.toArray.toSeq)
    } finally Files.delete(file)
    val missing = intercept[InvalidDefinitionException](ThriftJsonCodec.fromJsonFile[GroupBy](
      file.toString,
      true
    )).getMessage
    assert(missing == s"$file: there is no such file")
  }

  test("digests of lists tell an absent list from an empty one") {
    assert("1B2M2Y8Asg" == ThriftJsonCodec.md5Digest(null: java.util.List[BootstrapPart]))
    assert("11FxOYiYfp" == ThriftJsonCodec.md5Digest(list(Seq.empty[BootstrapPart])))
  }

  test("compact text comes back as it was") {
    val definition = groupBy("é", Seq(events("db.t")), aggregation("x", Operation.SUM, Seq(Windows.Day)))
    assert(definition ==
      ThriftJsonCodec.fromCompactBase64(new GroupBy(), ThriftJsonCodec.toCompactBase64(definition)))
  }

  Seq(ThriftBytes.Binary, ThriftBytes.Compact).foreach { form =>
    test(s"${form.getClass.getSimpleName}: bytes come back as they were, and cut ones are refused") {
      val definition =
        groupBy("g", Seq(entities("db.t")), aggregation("x", Operation.LAST_K, args = Map("k" -> "3")))
      val bytes = form.write(definition)
      assert(definition == form.read(new GroupBy(), bytes))
      val message =
        intercept[InvalidDefinitionException](form.read(new GroupBy(), bytes.dropRight(1))).getMessage
      assert(message.startsWith(s"${bytes.length - 1} bytes are no GroupBy"))
    }
  }
}
