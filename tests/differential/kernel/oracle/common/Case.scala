package chronon.differential

import ai.chronon.api._
import com.fasterxml.jackson.databind.JsonNode

import scala.collection.JavaConverters._

/** Column 0 is the event time. */
final class CaseRow(data: Array[Any], override val isBefore: Boolean, override val mutationTs: Long) extends Row {
  override val length: Int = data.length
  override def get(index: Int): Any = data(index)
  override def ts: Long = data(0).asInstanceOf[Long]
}

object Hop {

  /** The start of the hop that a time falls into. */
  def start(ts: Long, size: Long): Long = ts / size * size
}

/** What happens to the next rows, or to the accumulators so far. */
sealed trait Step
object Step {

  /** The next rows are folded into what is there. */
  final case class Update(rows: Int) extends Step

  /** The next rows are folded apart, and merged into what is there. */
  final case class Merge(rows: Int) extends Step

  /** What is there is stored and read back. */
  case object Recode extends Step
}

/** A definition with its data and its questions; the members are those of the JSON form. */
final class Case(json: JsonNode) {
  val mode: String = json.get("mode").asText
  val schema: Seq[(String, DataType)] =
    ("ts" -> LongType) +: json.get("schema").asScala.toSeq.map(f => f.get(0).asText -> Types.typeOf(f.get(1)))
  val aggregations: Seq[Aggregation] = json.get("aggregations").asScala.toSeq.map(World.aggregation)
  val rows: Array[(Int, CaseRow)] = rowsOf("rows")
  val stream: Array[(Int, CaseRow)] = rowsOf("stream")
  val queries: Array[(Int, Long)] = json.get("queries").asScala.toArray.map(q => q.get(0).asInt -> q.get(1).longValue)
  val daily: Boolean = json.path("resolution").asText == "daily"
  val batchEnd: Long = json.path("batch_end").asLong
  val newestBatch: Option[Long] = Option(json.get("batch_max_ts")).filterNot(_.isNull).map(_.asLong)
  val reversals: Boolean = json.path("reversals").asBoolean
  val tile: Long = json.path("tile").asLong
  val records: Option[Map[String, Array[Byte]]] = Option(json.get("records")).map { records =>
    records.fields.asScala.map(e => e.getKey -> Json.unhex(e.getValue.asText)).toMap
  }

  /** Every row belongs to a step: rows that are left over are one more update. */
  val steps: Seq[Step] = {
    val given = json.path("steps").elements.asScala.toSeq.map { s =>
      s.get(0).asText match {
        case "update" => Step.Update(s.get(1).asInt)
        case "merge"  => Step.Merge(s.get(1).asInt)
        case "recode" => Step.Recode
      }
    }
    given :+ Step.Update(Int.MaxValue)
  }

  /** Walks the steps over the rows; the function gets a step and the rows that it takes. */
  def walk(f: (Step, Array[(Int, CaseRow)]) => Unit): Unit = {
    var at = 0
    def take(n: Int): Array[(Int, CaseRow)] = {
      val part = rows.slice(at, math.min(rows.length.toLong, at.toLong + n).toInt)
      at += part.length
      part
    }
    steps.foreach {
      case s @ Step.Update(n) => f(s, take(n))
      case s @ Step.Merge(n)  => f(s, take(n))
      case Step.Recode        => f(Step.Recode, Array.empty)
    }
  }

  private def rowsOf(name: String): Array[(Int, CaseRow)] = json.path(name).elements.asScala.toArray.map { r =>
    val cells = r.get(2)
    val data = new Array[Any](schema.length)
    data(0) = r.get(1).longValue
    for (i <- 1 until schema.length) data(i) = Json.valueOf(cells.get(i - 1), schema(i)._2)
    val mutated = if (r.has(4)) r.get(4).longValue else r.get(1).longValue
    r.get(0).asInt -> new CaseRow(data, r.has(3) && r.get(3).asBoolean, mutated)
  }
}

/** What a mode says to a case: see [[KernelOracle]]. */
final case class Run(outputs: Array[(String, DataType)],
                     values: Array[Array[Any]],
                     records: Map[String, Array[Byte]] = Map.empty,
                     unstored: Option[String] = None,
                     schemas: Map[String, String] = Map.empty)

/** One way through the reference. */
trait Mode {

  /** Answers the case; `theirs`, if given, stands in for the bytes that this run would read back. */
  def run(c: Case, theirs: Option[Map[String, Array[Byte]]]): Run
}
