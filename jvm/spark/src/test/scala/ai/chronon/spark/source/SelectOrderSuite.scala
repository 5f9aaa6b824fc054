package ai.chronon.spark.source

import org.scalatest.funsuite.AnyFunSuite

import scala.util.Random

class SelectOrderSuite extends AnyFunSuite {

  test("up to four names keep their order") {
    assert(SelectOrder.of(Seq("d", "c", "b", "a")) == Seq("d", "c", "b", "a"))
  }

  test("more names stand as in a map of Scala 2.12") {
    // printed by Scala 2.12.18: Map("ds" -> 1, "ts" -> 1, "origin" -> 1, "dest" -> 1, "carrier" -> 1, "tailnum" -> 1).keys
    val names = Seq("ds", "ts", "origin", "dest", "carrier", "tailnum")
    assert(SelectOrder.of(names).sorted == names.sorted)
    assert(SelectOrder.of(names) == SelectOrder.of(names.reverse), "the order does not depend on insertion")
  }

  test("random names, against the map itself where the running Scala is 2.12 (seed in the name)") {
    assume(
      scala.util.Properties.versionNumberString.startsWith("2.12"),
      "Scala 2.13 orders its maps differently"
    )
    (1 to 200).foreach { seed =>
      val r = new Random(seed)
      val names = Seq.fill(1 + r.nextInt(40))(r.alphanumeric.take(1 + r.nextInt(8)).mkString).distinct
      assert(SelectOrder.of(names) == names.map(_ -> 1).toMap.keys.toSeq, s"seed $seed")
    }
  }
}
