package ai.chronon.spark.catalog

import ai.chronon.api.PartitionSpec
import org.scalatest.funsuite.AnyFunSuite

/** Which partitions are missing: no Spark needed. */
class HolesSuite extends AnyFunSuite {
  private val spec = PartitionSpec.Daily

  private def range(start: String, end: String) = PartitionRange(Option(start), Option(end), spec)

  private def days(start: String, end: String): Seq[String] = range(start, end).partitions

  private def find(
      wanted: PartitionRange,
      existing: Seq[String],
      inputs: Seq[String],
      skip: Boolean = true
  ): Seq[String] =
    Holes.find("out", wanted, existing, Seq(Holes.Input("in", inputs)), skip).ranges.map(_.toString)

  test(
    "the example of the sheet: two holes, what precedes the output is left alone, what the input lacks too"
  ) {
    val out = Seq("2024-03-01", "2024-03-02", "2024-03-05")
    val in = days("2024-02-01", "2024-03-06")
    val wanted = range("2024-02-27", "2024-03-07")
    assert(find(wanted, out, in) == Seq("[2024-03-03…2024-03-04]", "[2024-03-06…2024-03-06]"))
    assert(find(wanted, out, in, skip = false) ==
      Seq("[2024-02-27…2024-02-29]", "[2024-03-03…2024-03-04]", "[2024-03-06…2024-03-06]"))
    assert(Holes.find("out", wanted, out, Nil, skipFirstHole = true).skipped == 3)
  }

  private val cases = Seq(
    (
      "an open start begins at the first input",
      Seq("[2024-03-02…2024-03-03]"),
      range(null, "2024-03-03"),
      Nil,
      days("2024-03-02", "2024-03-09")
    ),
    (
      "an output that is full has no hole",
      Nil,
      range("2024-03-01", "2024-03-02"),
      days("2024-03-01", "2024-03-02"),
      days("2024-03-01", "2024-03-02")
    ),
    (
      "a start after the end is no work",
      Nil,
      range("2024-03-05", "2024-03-02"),
      Nil,
      days("2024-03-01", "2024-03-09")
    ),
    (
      "ranges break where the input has a gap",
      Seq("[2024-03-01…2024-03-01]", "[2024-03-03…2024-03-03]"),
      range("2024-03-01", "2024-03-03"),
      Nil,
      Seq("2024-03-01", "2024-03-03")
    ),
    (
      "a wanted start after the earliest output is its own cutoff",
      Seq("[2024-03-03…2024-03-03]"),
      range("2024-03-03", "2024-03-03"),
      Seq("2024-03-01"),
      days("2024-03-01", "2024-03-03")
    )
  )

  cases.foreach { case (name, expected, wanted, existing, inputs) =>
    test(name)(assert(find(wanted, existing, inputs) == expected))
  }

  test("no inputs at all: every wanted day is missing") {
    assert(Holes.find("out", range("2024-03-01", "2024-03-02"), Nil, Nil, skipFirstHole = true).ranges ==
      Seq(range("2024-03-01", "2024-03-02")))
  }

  test("an open start without any input partition is an error that names the tables") {
    val e = intercept[IllegalArgumentException](find(range(null, "2024-03-02"), Nil, Nil))
    assert(e.getMessage.contains("out has no start partition") && e.getMessage.contains("in"))
  }
}
