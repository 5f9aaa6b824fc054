package ai.chronon.online.oracle

import ai.chronon.online.OracleJars
import ai.chronon.online.streaming.Streamed.list
import org.scalatest.funsuite.AnyFunSuite

import java.util

/** `Row.to` and `Row.from`, called with the functions that an integrator's system would bring: the reference's values are ours. */
class RowSuite extends AnyFunSuite {

  private val all =
    """{"type": "record", "name": "All", "fields": [
    {"name": "i", "type": "int"}, {"name": "l", "type": "long"}, {"name": "f", "type": "float"}, {"name": "d", "type": "double"},
    {"name": "b", "type": "boolean"}, {"name": "t", "type": "string"}, {"name": "x", "type": "bytes"},
    {"name": "s", "type": {"type": "int", "logicalType": "short"}}, {"name": "y", "type": {"type": "int", "logicalType": "byte"}},
    {"name": "list", "type": {"type": "array", "items": "long"}}, {"name": "map", "type": {"type": "map", "values": "long"}},
    {"name": "r", "type": {"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}},
    {"name": "rs", "type": {"type": "array", "items": "R"}}]}"""

  private def map(entries: (AnyRef, AnyRef)*): util.Map[AnyRef, AnyRef] = {
    val result = new util.HashMap[AnyRef, AnyRef]
    entries.foreach { case (k, v) => result.put(k, v) }
    result
  }

  private val one: AnyRef = Int.box(1)

  /** Numbers of other widths than their columns, structs in each of their forms, members that are missing. */
  private val rows: Seq[Array[Any]] = Seq(
    Array(
      1L,
      2,
      3.5,
      4.5f,
      true,
      "x",
      Array[Byte](7),
      5,
      6,
      list[Any](1, null),
      map("k" -> one),
      Array[Any](1, "a"),
      null
    ),
    Array(
      null,
      null,
      null,
      null,
      null,
      5,
      null,
      null,
      null,
      Array[Any](1, 2),
      null,
      map("b" -> "q"),
      list[Any](Array[Any](2), null)
    ),
    Array(1, 2)
  )

  private def both(method: String, value: Any): (Any, Any) = {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val Seq(theirs, ours) = Seq(OracleLoader.world(), new FetchWorld).map { world =>
      try Values.comparable(world(method, Array(all, value.asInstanceOf[AnyRef])))
      finally world("close", Array())
    }
    (theirs, ours)
  }

  for ((row, i) <- rows.zipWithIndex)
    test(s"to, row $i") {
      val (theirs, ours) = both("rowTo", row)
      assert(ours == theirs)
    }

  test("from") {
    val row = Array[Any](
      1,
      2L,
      3.5f,
      4.5,
      true,
      "x",
      "bytes",
      5,
      6,
      Array[Any](1L, null),
      map("k" -> one),
      Array[Any](1L, "a")
    )
    val (theirs, ours) = both("rowFrom", row)
    assert(ours == theirs)
    val members = ours.asInstanceOf[(String, List[Any])]._2
    assert(members.size == 13 && members.last == null, "a member that is missing is null")
  }
}
