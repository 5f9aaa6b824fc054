package chronon.differential

import ai.chronon.aggregator.windowing._
import ai.chronon.api._

/** The offline path of entities: the snapshot of a key, then its mutations in order of their time, at ascending
  * queries. Nothing is stored.
  */
object ManyMode extends Mode {
  override def run(c: Case, theirs: Option[Map[String, Array[Byte]]]): Run = {
    val aggregator = World.online(c.batchEnd, c.aggregations, c.schema)
    val batches = new Batches(c, aggregator).folded.map { case (key, ir) => key -> aggregator.finalizeSnapshot(ir) }
    val answers = new Array[Array[Any]](c.queries.length)
    for ((key, of) <- c.queries.indices.groupBy(c.queries(_)._1)) {
      val mutations = c.stream.collect { case (`key`, row) => row: Row }.sortBy(_.mutationTs)
      val asked = of.sortBy(c.queries(_)._2)
      val irs =
        aggregator.lambdaAggregateIrMany(c.batchEnd, batches.get(key).orNull, mutations, asked.map(c.queries(_)._2).toArray)
      asked.zip(irs).foreach { case (i, ir) => answers(i) = aggregator.windowedAggregator.finalize(ir) }
    }
    Run(aggregator.windowedAggregator.outputSchema, answers)
  }
}
