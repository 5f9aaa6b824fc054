import ai.chronon.aggregator.row.RowAggregator
import ai.chronon.api._

import java.security.MessageDigest
import scala.collection.JavaConverters._

/** Prints stored forms and results of APPROX_HISTOGRAM_K after various histories, by Chronon compiled with Scala 2.12. */
object HistogramVectors {
  var lcg = 0L

  def next(): Long = {
    lcg = lcg * 6364136223846793005L + 1442695040888963407L
    lcg >>> 33
  }

  /** One row with one column. */
  final class Cell(value: Any) extends Row {
    val length = 1
    def get(index: Int): Any = value
    def ts = 0L
    def isBefore = false
    def mutationTs = 0L
  }

  /** A skewed draw, so that some items are frequent: whole numbers below 1000 that repeat. */
  def draw(kind: String, distinct: Int): Any = {
    val v = next()
    val z = (v % distinct) * (v % distinct) / (1 + v % 7)
    kind match {
      case "str"  => "key-" + z + (if (z % 5 == 0) "-é😀" else "")
      case "long" => z * (if (z % 3 == 0) -1L else 1L) * (if (z % 7 == 0) 1L << 32 else 1L)
      case "dbl"  => z / (if (z % 2 == 0) 1.0 else 1024.0) * (if (z % 11 == 0) 1e12 else 1.0) + 1
    }
  }

  def main(args: Array[String]): Unit = {
    val types = Map("str" -> StringType, "long" -> LongType, "dbl" -> DoubleType)
    for (kind <- Seq("str", "long", "dbl"); k <- Seq(0, 1, 2, 5, 8, 11, 40); n <- Seq(1, 2, 4, 9, 30, 300)) {
      val parts = Seq(Builders.AggregationPart(Operation.APPROX_HISTOGRAM_K, "x", argMap = Map("k" -> k.toString)))
      val aggregator = new RowAggregator(Seq("x" -> types(kind)), parts)
      def fold(size: Int, distinct: Int) = {
        val ir = aggregator.init
        for (_ <- 0 until size) aggregator.update(ir, new Cell(draw(kind, distinct)))
        ir
      }
      def print(name: String, ir: Array[Any]): Unit = {
        val bytes = aggregator.normalize(ir)(0).asInstanceOf[Array[Byte]]
        val result = aggregator.finalize(ir)(0).asInstanceOf[java.util.Map[String, Long]].asScala.toSeq.sorted
        val shown = result.map { case (key, count) => key + "=" + count }.mkString(";")
        // bytes in full would make a large file
        val stored = if (n == 4 && k < 8) bytes else MessageDigest.getInstance("MD5").digest(bytes)
        println(s"$kind $k $n $name ${stored.map("%02x".format(_)).mkString} $shown")
      }
      // keep the file small: long histories only where k is large, all merges for a few sizes
      if (n <= 30 || k >= 8) {
        lcg = 31 * k + n
        val (few, many) = (math.max(2, k / 2), 40)
        print("fold", fold(n, if (n % 2 == 0) many else few))
        if (n <= 30 && k != 0) {
          print("merge", aggregator.merge(fold(n, few), fold(n, few)))
          print("grow", aggregator.merge(fold(n, many), fold(n / 2 + 1, few)))
          print("late", aggregator.merge(fold(n / 2 + 1, few), fold(n, many)))
        }
      }
    }
  }
}
