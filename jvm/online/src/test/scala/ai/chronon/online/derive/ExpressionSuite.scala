package ai.chronon.online.derive

import ai.chronon.api._
import org.scalatest.funsuite.AnyFunSuite

import scala.util.Random

/** What is evaluated without Spark has Spark SQL's type and Spark SQL's value, on values that are chosen to be awkward. */
class ExpressionSuite extends AnyFunSuite {
  private val columns = Seq(
    StructField("i", IntType),
    StructField("j", IntType),
    StructField("l", LongType),
    StructField("f", FloatType),
    StructField("d", DoubleType),
    StructField("e", DoubleType),
    StructField("s", StringType),
    StructField("t", StringType),
    StructField("b", BooleanType)
  )

  private def pick[T](random: Random, values: T*): T = values(random.nextInt(values.size))

  private def value(random: Random, dataType: DataType): AnyRef =
    if (random.nextInt(5) == 0) null
    else dataType match {
      case IntType    => Int.box(pick(random, 0, 1, -1, 7, Int.MaxValue, Int.MinValue))
      case LongType   => Long.box(pick(random, 0L, 1L, -3L, Long.MaxValue, Long.MinValue, 1L << 33))
      case FloatType  => Float.box(pick(random, 0f, -0f, 1.5f, Float.NaN, Float.PositiveInfinity, 1e-30f))
      case DoubleType =>
        Double.box(pick(random, 0.0, -0.0, 2.5, Double.NaN, Double.NegativeInfinity, 1e300, 0.1))
      case BooleanType => Boolean.box(random.nextBoolean())
      case _           => pick(random, "", "a", "A", "é")
    }

  private def number(random: Random, depth: Int): String =
    if (depth == 0) pick(random, "i", "j", "l", "f", "d", "e", "`d`", "1", "3L", "2.5D", "1e2")
    else random.nextInt(7) match {
      case 0 | 1 | 2 =>
        s"${number(random, depth - 1)} ${pick(random, "+", "-", "*", "/")} ${number(random, depth - 1)}"
      case 3 => s"(${number(random, depth - 1)})"
      case 4 => s"coalesce(${number(random, depth - 1)}, ${number(random, depth - 1)})"
      case 5 =>
        s"if(${condition(random, depth - 1)}, ${number(random, depth - 1)}, ${number(random, depth - 1)})"
      case _ =>
        s"cast(${number(random, depth - 1)} as ${pick(random, "double", "float", "bigint", "int")})"
    }

  private def condition(random: Random, depth: Int): String =
    if (depth == 0) pick(random, "b", "d is null", "s = t", "l IS NOT NULL", "true", "i <> 1")
    else random.nextInt(4) match {
      case 0 =>
        s"${number(random, depth - 1)} ${pick(random, "<", "<=", ">", ">=", "=", "!=")} ${number(random, depth - 1)}"
      case 1 =>
        s"(${condition(random, depth - 1)} ${pick(random, "and", "OR")} ${condition(random, depth - 1)})"
      case 2 => s"not (${condition(random, depth - 1)})"
      case _ => s"(${number(random, depth - 1)}) is null"
    }

  test("600 random expressions on random rows: Spark's type, Spark's value") {
    val random = new Random(7)
    val texts = Seq.fill(600) {
      if (random.nextInt(4) == 0) condition(random, 1 + random.nextInt(2))
      else if (random.nextInt(8) == 0)
        s"case when ${condition(random, 1)} then ${number(random, 1)} when ${condition(random, 0)} then ${number(random, 1)} end"
      else number(random, 1 + random.nextInt(3))
    }.distinct
    val compiled = texts.flatMap(text => Expression.compile(text, columns).map(text -> _))
    assert(compiled.size > texts.size * 3 / 4, "most of what is generated is evaluated here")
    compiled.grouped(60).foreach { group =>
      val projection = group.zipWithIndex.map { case ((text, _), i) => s"x$i" -> text }
      val spark = new CatalystEngine().compile("test", projection, columns)
      val types = spark.outputSchema.map(field => field.name -> field.fieldType).toMap
      group.zipWithIndex.foreach { case ((text, expression), i) =>
        assert(expression.dataType == types(s"x$i"), text)
      }
      for (_ <- 1 to 25) {
        val row = columns.map(field => field.name -> value(random, field.fieldType)).toMap
        val expected = spark(row)
        group.zipWithIndex.foreach { case ((text, expression), i) =>
          assert(java.util.Objects.equals(expression.eval(row), expected(s"x$i")), s"$text of $row")
        }
      }
    }
  }

  test("what would not mean here what it means to Spark is left to Spark") {
    Seq(
      "1.5", // a decimal
      "l * 1.5",
      "l % 2",
      "D + 1", // resolved without regard to case
      "nosuch + 1",
      "s < t", // ordered by bytes
      "s + 1",
      "round(d, 2)",
      "a.b",
      "cast(s as int)",
      "i = null",
      "i -- 1",
      "99999999999",
      "concat(s, t)",
      "i between 1 and 2",
      "sum(i)",
      "'it\\'s'",
      "i +",
      "i i",
      ""
    ).foreach(text => assert(Expression.compile(text, columns).isEmpty, text))
  }
}
