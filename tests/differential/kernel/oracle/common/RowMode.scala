package chronon.differential

import ai.chronon.aggregator.row.RowAggregator
import ai.chronon.api.Extensions.AggregationOps

import scala.collection.mutable
import scala.util.{Failure, Success, Try}

/** One accumulator row per key: rows are folded in or, when they are before-images, deleted; parts are folded apart and
  * merged; in the end the accumulators are normalized, written as Avro, read back, and finalized.
  */
object RowMode extends Mode {
  override def run(c: Case, theirs: Option[Map[String, Array[Byte]]]): Run = {
    val aggregator = new RowAggregator(c.schema, c.aggregations.flatMap(_.unWindowed))
    val codec = new World.RecordCodec("case_IR", aggregator.irSchema)
    def encode(ir: Array[Any]): Array[Byte] = codec.encode(aggregator.normalize(ir))
    def decode(bytes: Array[Byte]): Array[Any] = aggregator.denormalize(codec.decode(bytes))

    val irs = mutable.Map.empty[Int, Array[Any]]
    def fold(into: mutable.Map[Int, Array[Any]], rows: Array[(Int, CaseRow)]): Unit = rows.foreach { case (key, row) =>
      val ir = into.getOrElseUpdate(key, aggregator.init)
      into(key) = if (row.isBefore) aggregator.delete(ir, row) else aggregator.update(ir, row)
    }
    if (theirs.isEmpty) c.walk {
      case (_: Step.Update, rows) => fold(irs, rows)
      case (_: Step.Merge, rows) =>
        val apart = mutable.Map.empty[Int, Array[Any]]
        fold(apart, rows)
        apart.foreach { case (key, ir) => irs(key) = aggregator.merge(irs.getOrElse(key, aggregator.init), ir) }
      case (Step.Recode, _) => irs.keys.toSeq.foreach(key => irs(key) = decode(encode(irs(key))))
    }
    val stored = irs.map { case (key, ir) => key -> Try(encode(ir)) }
    val records = stored.collect { case (key, Success(bytes)) => s"ir $key" -> bytes }.toMap
    val values = c.queries.map { case (key, _) =>
      val ir = theirs match {
        case Some(records)                                     => records.get(s"ir $key").map(decode)
        case None if stored.get(key).exists(_.isFailure)       => irs.get(key) // what cannot be stored is still known
        case None                                              => stored.get(key).map(b => decode(b.get))
      }
      ir.map(aggregator.finalize).orNull
    }
    val unstored = stored.values.collectFirst { case Failure(e) => KernelOracle.chain(e) }
    Run(aggregator.outputSchema, values, records, unstored)
  }
}
