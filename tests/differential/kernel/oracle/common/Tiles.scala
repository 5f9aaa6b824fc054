package chronon.differential

import ai.chronon.aggregator.windowing._

/** The streamed rows of a case as stored tiles, one per key and tile start, in order of time. */
final class Tiles(c: Case) {
  private val codec = World.tileCodec(c.aggregations, c.schema)

  private val starts: Seq[(Int, Long)] =
    c.stream.toSeq.map { case (key, row) => key -> Hop.start(row.ts, c.tile) }.distinct.sorted

  def schema: String = codec.tileAvroSchema

  def records: Map[String, Array[Byte]] = starts.zipWithIndex.map { case ((key, start), i) =>
    val rows = c.stream.collect { case (`key`, row) if Hop.start(row.ts, c.tile) == start => row }
    val ir = rows.foldLeft(codec.rowAggregator.init)((ir, row) => codec.rowAggregator.update(ir, row))
    s"tile $key $start" -> codec.makeTileIr(ir, i % 2 == 0)
  }.toMap

  def decode(records: Map[String, Array[Byte]], key: Int): Seq[TiledIr] =
    starts.collect { case (`key`, start) if records.contains(s"tile $key $start") =>
      val (ir, _) = codec.decodeTileIr(records(s"tile $key $start"))
      TiledIr(start, ir)
    }
}
