package chronon.differential

import ai.chronon.aggregator.windowing._
import ai.chronon.api._

import scala.collection.JavaConverters._
import scala.collection.mutable

/** The request path: the batch rows of a key become a stored batch IR, its streamed rows or tiles are merged with it at
  * each query. A key without batch rows has no batch IR.
  */
object OnlineMode extends Mode {
  override def run(c: Case, theirs: Option[Map[String, Array[Byte]]]): Run = {
    val aggregator = World.online(c.batchEnd, c.aggregations, c.schema)
    val batches = new Batches(c, aggregator)
    val records = theirs.getOrElse(batches.records)
    val queries = c.queries.map { case (key, at) => (key, at, records.get(s"batch $key").map(batches.decode).orNull) }
    if (c.mode == "tiled") {
      val tiles = new Tiles(c)
      val all = theirs.getOrElse(records ++ tiles.records)
      val values = queries.map { case (key, at, batch) =>
        aggregator.lambdaAggregateFinalizedTiled(batch, tiles.decode(all, key).iterator, at)
      }
      val schemas = Map("batch" -> batches.schema, "tile" -> tiles.schema)
      Run(aggregator.windowedAggregator.outputSchema, values, all, schemas = schemas)
    } else {
      val values = queries.map { case (key, at, batch) =>
        val rows = c.stream.iterator.collect { case (`key`, row) => row: Row }
        World.lambda(aggregator, batch, rows, at, c.reversals, c.newestBatch)
      }
      Run(aggregator.windowedAggregator.outputSchema, values, records, schemas = Map("batch" -> batches.schema))
    }
  }
}

/** The stored batch IR of each key, and back. */
final class Batches(c: Case, aggregator: SawtoothOnlineAggregator) {
  private lazy val codec = new World.RecordCodec("case_IR", aggregator.batchIrSchema)

  def schema: String = codec.schema

  def records: Map[String, Array[Byte]] = folded.map { case (key, ir) =>
    val batch = aggregator.normalizeBatchIr(ir)
    s"batch $key" -> codec.encode(Array[Any](batch.collapsed, batch.tailHops))
  }

  def folded: Map[Int, BatchIr] = {
    val irs = mutable.Map.empty[Int, BatchIr]
    def fold(into: mutable.Map[Int, BatchIr], rows: Array[(Int, CaseRow)]): Unit = rows.foreach { case (key, row) =>
      into(key) = aggregator.update(into.getOrElse(key, aggregator.init), row)
    }
    c.walk {
      case (_: Step.Update, rows) => fold(irs, rows)
      case (_: Step.Merge, rows) =>
        val apart = mutable.Map.empty[Int, BatchIr]
        fold(apart, rows)
        apart.foreach { case (key, ir) => irs(key) = irs.get(key).map(aggregator.merge(_, ir)).getOrElse(ir) }
      case (Step.Recode, _) => // a batch IR is stored once, at its end
    }
    irs.toMap
  }

  def decode(bytes: Array[Byte]): FinalBatchIr = {
    val row = codec.decode(bytes)
    def list(value: Any): Array[Any] = value.asInstanceOf[java.util.List[Any]].asScala.toArray
    val hops = list(row(1)).map(list(_).map(_.asInstanceOf[Array[Any]]))
    aggregator.denormalizeBatchIr(FinalBatchIr(row(0).asInstanceOf[Array[Any]], hops))
  }
}
