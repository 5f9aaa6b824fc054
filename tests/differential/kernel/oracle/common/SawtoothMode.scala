package chronon.differential

import ai.chronon.aggregator.windowing._

/** The offline path: hops, `computeWindows` at the 5-minute head starts (or at the queries themselves for the daily
  * resolution), `cumulate` over the rows of each head, `finalize`. Nothing is stored.
  */
object SawtoothMode extends Mode {
  override def run(c: Case, theirs: Option[Map[String, Array[Byte]]]): Run = {
    val resolution = if (c.daily) DailyResolution else FiveMinuteResolution
    val hop = if (c.daily) 86400000L else 300000L
    val sawtooth = new SawtoothAggregator(c.aggregations, c.schema, resolution)
    val first = c.queries.map(_._2).min
    // the daily path builds its hops from the start of the first partition, one day before its first end time
    val hopsAggregator = new HopsAggregator(if (c.daily) first - hop else first, c.aggregations, c.schema, resolution)
    val answers = new Array[Array[Any]](c.queries.length)
    for ((key, of) <- c.queries.indices.groupBy(c.queries(_)._1)) {
      val mine = c.rows.filter(_._1 == key).map(_._2)
      val hops =
        if (mine.isEmpty) null
        else hopsAggregator.toTimeSortedArray(mine.foldLeft(hopsAggregator.init())((h, r) => hopsAggregator.update(h, r)))
      val heads = of.groupBy(i => Hop.start(c.queries(i)._2, hop)).toArray.sortBy(_._1)
      val bases = sawtooth.computeWindows(hops, heads.map(_._1))
      for (((head, asked), base) <- heads.zip(bases)) {
        val times = asked.map(c.queries(_)._2).distinct.sorted.toArray
        val inHead = if (c.daily) Array.empty[CaseRow] else mine.filter(r => Hop.start(r.ts, hop) == head)
        val irs = sawtooth.cumulate(inHead.iterator, times, base)
        // equal references may be finalized twice: finalize only sorts in place, so that is harmless
        val values = irs.map(ir => if (ir == null) null else sawtooth.windowedAggregator.finalize(ir))
        for (i <- asked) answers(i) = values(times.indexOf(c.queries(i)._2))
      }
    }
    Run(sawtooth.windowedAggregator.outputSchema, answers)
  }
}
