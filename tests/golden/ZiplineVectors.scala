import ai.chronon.aggregator.row.RowAggregator
import ai.chronon.api._

import java.security.MessageDigest
import scala.collection.JavaConverters._

/** Prints accumulators and results of the operations that the zipline fork alone has, after various histories. */
object ZiplineVectors {
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

  val types = Map[String, DataType](
    "str" -> StringType,
    "long" -> LongType,
    "dbl" -> DoubleType,
    "struct" -> StructType("s", Array(StructField("unique_id", LongType), StructField("sort_key", StringType)))
  )

  /** A draw below 40, skewed so that some are frequent. */
  def draw(kind: String): Any = {
    val v = next()
    val z = (v % 40) * (v % 40) / (1 + v % 37)
    kind match {
      case "str"    => (if (z % 4 == 0) "Aa" else if (z % 4 == 1) "BB" else "key") + z / 3 + (if (z % 5 == 0) "é😀" else "")
      case "long"   => z * (if (z % 3 == 0) -1L else 1L << 33)
      case "dbl"    => z / 8.0
      case "struct" => Array[Any](z, "k" + next() % 30)
    }
  }

  def show(value: Any): String = value match {
    case list: java.util.List[_] => list.asScala.map(show).mkString(";")
    case struct: Array[Any]      => struct.map(show).mkString("/")
    case other                   => String.valueOf(other)
  }

  def main(args: Array[String]): Unit = {
    def each(operation: Operation, kind: String, k: Int, n: Int)(print: (String, Array[Any], RowAggregator) => Unit): Unit = {
      val parts = Seq(Builders.AggregationPart(operation, "x", argMap = Map("k" -> k.toString)))
      val aggregator = new RowAggregator(Seq("x" -> types(kind)), parts)
      def fold(size: Int) = {
        val ir = aggregator.init
        for (_ <- 0 until size) aggregator.update(ir, new Cell(draw(kind)))
        ir
      }
      lcg = 31 * k + n
      print("fold", fold(n), aggregator)
      print("merge", aggregator.merge(fold(n), fold(n / 2 + 1)), aggregator)
    }
    for (kind <- Seq("str", "long", "struct"); k <- Seq(1, 2, 3, 5, 12); n <- Seq(1, 2, 5, 12, 40))
      each(Operation.UNIQUE_TOP_K, kind, k, n) { (name, ir, aggregator) =>
        val stored = show(aggregator.normalize(ir)(0)) // before the result, which sorts in place
        println(s"top $kind $k $n $name $stored ${show(aggregator.finalize(ir)(0))}")
      }
    for ((name, operation) <- Seq("frequent" -> Operation.APPROX_FREQUENT_K, "heavy" -> Operation.APPROX_HEAVY_HITTERS_K);
         kind <- Seq("str", "long", "dbl"); k <- Seq(0, 2, 5, 11, 40); n <- Seq(1, 5, 40, 200))
      each(operation, kind, k, n) { (history, ir, aggregator) =>
        val bytes = aggregator.normalize(ir)(0).asInstanceOf[Array[Byte]]
        val stored = MessageDigest.getInstance("MD5").digest(bytes).map("%02x".format(_)).mkString
        val counts = aggregator.finalize(ir)(0).asInstanceOf[java.util.Map[String, Long]].values.asScala.toSeq.sorted
        // which of equal counts come out is chance, so counts alone are shown
        println(s"$name $kind $k $n $history $stored ${counts.mkString(";")}")
      }
  }
}
