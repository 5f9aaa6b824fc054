package ai.chronon.spark.catalog

import ai.chronon.api.PartitionSpec
import org.scalatest.funsuite.AnyFunSuite

class PartitionRangeSuite extends AnyFunSuite {
  private val spec = PartitionSpec.Daily
  private def range(start: String, end: String) = PartitionRange(Option(start), Option(end), spec)

  test("partitions cross months and leap days") {
    assert(range("2024-02-28", "2024-03-01").partitions == Seq("2024-02-28", "2024-02-29", "2024-03-01"))
  }

  test("an open or reversed range has no partitions to list") {
    Seq(range(null, "2024-03-01"), range("2024-03-01", null), range("2024-03-02", "2024-03-01")).foreach { r =>
      intercept[IllegalArgumentException](r.partitions)
    }
    assert(range(null, "2024-03-01").valid && !range("2024-03-02", "2024-03-01").valid)
  }

  test("steps cover the range; the last one may be shorter") {
    assert(range("2024-03-01", "2024-03-05").steps(2).map(_.toString) ==
      Seq("[2024-03-01…2024-03-02]", "[2024-03-03…2024-03-04]", "[2024-03-05…2024-03-05]"))
  }

  test("intersection takes the inner ends, open ends give way") {
    assert(range(null, "2024-03-05").intersect(range("2024-03-02", "2024-03-09")) ==
      range("2024-03-02", "2024-03-05"))
    assert(range(null, null).intersect(range(null, "2024-03-09")) == range(null, "2024-03-09"))
  }

  test("shift moves both ends") {
    assert(range("2024-03-01", null).shift(-1) == range("2024-02-29", null))
  }

  test("predicates quote names and values") {
    assert(range("a'b", null).predicates("d`s") == Seq("`d``s` >= 'a\\'b'"))
    assert(range("2024-03-01", "2024-03-02").predicates("ds") ==
      Seq("`ds` >= '2024-03-01'", "`ds` <= '2024-03-02'"))
  }
}
