package ai.chronon.online.derive

import ai.chronon.api._
import ai.chronon.online.DerivationProgram
import org.scalatest.funsuite.AnyFunSuite

class DerivationProgramSuite extends AnyFunSuite {
  private val keys = Seq(StructField("user", LongType))
  private val base = Seq(
    StructField("a", LongType),
    StructField("b", DoubleType),
    StructField("st", StructType("St", Array(StructField("x", LongType), StructField("y", StringType)))),
    StructField("list", ListType(StringType))
  )
  private val millis = 1710633600000L // 2024-03-17

  private def derivation(name: String, expression: String): Derivation = {
    val result = new Derivation()
    result.setName(name)
    result.setExpression(expression)
    result
  }

  private def program(derivations: (String, String)*) =
    DerivationProgram("join j", derivations.map { case (n, e) => derivation(n, e) }, keys, base)

  private val list = new java.util.ArrayList[String](java.util.Arrays.asList("p", "q"))
  private val features =
    Map[String, AnyRef]("a" -> Long.box(3), "b" -> Double.box(0.5), "st" -> Array[Any](7L, "z"), "list" -> list)

  test("renames read keys, time and features; a star keeps what none of them takes") {
    val renames = program("*" -> "*", "c" -> "a", "who" -> "user", "when" -> "ts", "day" -> "ds", "gone" -> "nosuch")
    assert(renames.isNative)
    val derived = renames(Map("user" -> Long.box(9)), features + ("ts" -> "hidden") + ("extra" -> "kept"), millis)
    assert(derived - "st" - "list" == Map(
      "b" -> 0.5,
      "c" -> 3L,
      "who" -> 9L,
      "when" -> millis,
      "day" -> "2024-03-17",
      "gone" -> null,
      "extra" -> "kept"
    ))
    assert(derived("list") eq list)
  }

  test("arithmetic needs no Spark; a star then gives every feature of the schema") {
    val sums = program("*" -> "*", "c" -> "a + b * 2", "half" -> "a / 2")
    assert(sums.isNative)
    assert(sums(Map.empty, features - "list", millis) - "st" == Map("a" -> 3L, "b" -> 0.5, "list" -> null, "c" -> 4.0, "half" -> 1.5))
    assert(sums.outputSchema.map(f => f.name -> f.fieldType).toMap - "st" - "list" ==
      Map("a" -> LongType, "b" -> DoubleType, "c" -> DoubleType, "half" -> DoubleType))
  }

  test("other expressions go to Catalyst, nested values included") {
    val sql = program("*" -> "*", "x" -> "st.x + a", "n" -> "size(list)", "u" -> "upper(list[0])", "day" -> "concat(ds, '!')")
    assert(!sql.isNative)
    val derived = sql(Map.empty, features, millis)
    assert(derived - "st" - "list" == Map("a" -> 3L, "b" -> 0.5, "x" -> 10L, "n" -> 2, "u" -> "P", "day" -> "2024-03-17!"))
    assert(derived("list") == list)
    assert(derived("st") == Map("x" -> 7L, "y" -> "z"))
    assert(sql(Map.empty, Map.empty, millis)("x") == null)
  }

  test("an expression over more than one row is refused by name") {
    val error = intercept[UnsupportedOperationException](program("m" -> "max(a)").prepare())
    assert(error.getMessage.contains("join j") && error.getMessage.contains("Aggregate"))
  }

  test("renames alone are refused as a stand-in for other expressions") {
    val error =
      intercept[IllegalArgumentException](program("c" -> "a", "d" -> "a + 1").renameOnly(Map.empty, features, millis))
    assert(error.getMessage == "join j: derivations are not renames only: d = a + 1")
  }
}
