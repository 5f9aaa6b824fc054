package ai.chronon.online.oracle

import java.util
import scala.collection.JavaConverters._

/** The two sides of a comparison. */
private[online] class Sides(
    val theirs: util.function.BiFunction[String, Array[AnyRef], AnyRef],
    val ours: util.function.BiFunction[String, Array[AnyRef], AnyRef]
) {
  private var responses, features, failures = 0

  /** What was compared so far. */
  def summary: String = s"$responses responses, $features features, $failures failures alike"

  def both(method: String, arguments: AnyRef*): Unit = {
    theirs(method, arguments.toArray)
    ours(method, arguments.toArray)
  }

  def compare(method: String, requests: util.List[Array[AnyRef]]): Unit = {
    def answers(side: util.function.BiFunction[String, Array[AnyRef], AnyRef]) =
      side(method, Array(requests)).asInstanceOf[util.List[Array[AnyRef]]].asScala.map {
        case Array(request, values) => (request.toString, Values.comparable(values))
      }
    val (expected, answered) = (answers(theirs), answers(ours))
    assert(answered.map(_._1) == expected.map(_._1), "the two answer other requests, or in another order")
    answered.zip(expected).foreach { case ((request, ours), (_, theirs)) =>
      responses += 1
      (ours, theirs) match {
        case (a: Map[_, _], b: Map[_, _]) =>
          val (mine, other) = (a.asInstanceOf[Map[String, Any]], b.asInstanceOf[Map[String, Any]])
          def only(a: Map[String, Any], b: Map[String, Any]) = a.filterNot { case (name, _) =>
            b.contains(name)
          }
          assert(
            mine.keySet == other.keySet,
            s"$request: only ours ${only(mine, other)}, only the reference's ${only(other, mine)}"
          )
          mine.keySet.foreach { name =>
            features += 1
            val (x, y) = (mine.get(name), other.get(name))
            def told(value: Option[Any]) = value.map(v => s"$v of ${Option(v).map(_.getClass.getName)}")
            assert(Values.same(x, y), s"$name of $request: ours ${told(x)}, the reference's ${told(y)}")
          }
        case _ =>
          if (theirs != null) failures += 1
          assert(ours == theirs, s"$request: ours $ours, the reference's $theirs")
      }
    }
  }

  private def assert(condition: Boolean, clue: => String): Unit =
    if (!condition) throw new org.scalatest.exceptions.TestFailedException(clue, 2)
}

private[online] object Values {

  /** Java's lists, maps and arrays as values that are equal when their elements are. */
  def comparable(value: Any): Any = value match {
    case map: util.Map[_, _] => map.asScala.map { case (k, v) => k -> comparable(v) }.toMap
    case list: util.List[_]  => list.asScala.map(comparable).toList
    case bytes: Array[Byte]  => bytes.toSeq
    // A percentile of what is streamed: the reference has an array where its snapshots have a list.
    case floats: Array[Float] => floats.map(Float.box).toList
    case struct: Array[_]     => ("struct", struct.map(comparable).toList)
    case thrown: Throwable    => thrown.toString
    // A stack trace is of the classes that made it.
    case text: String if text.contains("\tat ") =>
      // Where ours refuses, the reference asserts.
      text.linesIterator.next().takeWhile(_ != ':').replace(
        "lang.AssertionError",
        "lang.IllegalArgumentException"
      )
    case other => other
  }

  /** Floating sums of another fold order differ in their last bits; everything else is equal, class included. A moment is what is
    * left when sums cancel each other out: its last bits are those of the sums, so it is also equal within a fixed bound.
    */
  def same(a: Any, b: Any): Boolean = (a, b) match {
    case (Some(x), Some(y))                         => same(x, y)
    case (x: java.lang.Double, y: java.lang.Double) => x == y || x.isNaN && y.isNaN ||
      math.abs(x - y) <= 1e-9 * math.max(1, math.max(math.abs(x), math.abs(y)))
    case (x: java.lang.Float, y: java.lang.Float) => x == y ||
      math.abs(x - y) <= 1e-5 * math.max(math.abs(x), math.abs(y))
    case (x: List[_], y: List[_])     => x.size == y.size && x.zip(y).forall { case (p, q) => same(p, q) }
    case (x: Map[_, _], y: Map[_, _]) =>
      x.keySet == y.keySet && x.forall { case (k, v) => same(v, y.asInstanceOf[Map[Any, Any]](k)) }
    case (null, null) => true
    case (x, y)       => x != null && y != null && x == y && x.getClass == y.getClass
  }
}
