package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.serde.AvroConversions

import java.util
import scala.collection.JavaConverters._
import scala.util.Random

/** A random group-by and what a store has of it: a batch upload, and what was streamed since.
  *
  * @param ours whether this project wrote the values; else the reference's encoders did
  */
private[online] final class StoredData(random: Random, val kind: String, name: String, ours: Boolean) {
  import RandomDefinitions._

  private val keys = keyColumns(random)
  val groupBy: GroupBy = RandomDefinitions.groupBy(random, kind, name, keys)

  private def schema(name: String, fields: Seq[StructField]): String =
    AvroConversions.fromChrononSchema(StructType(name, fields.toArray)).toString(true)

  val info: GroupByServingInfo = {
    val result = new GroupByServingInfo()
    result.setGroupBy(groupBy)
    result.setBatchEndDate(BatchDay)
    result.setKeyAvroSchema(schema("Key", keys))
    result.setSelectedAvroSchema(schema("Value", Columns.toSeq))
    result
  }

  private val inputs: Seq[String] = Option(groupBy.getAggregations).toSeq.flatMap(_.asScala).flatMap(a =>
    Option(a.getBuckets).toSeq.flatMap(_.asScala) :+ a.getInputColumn
  ).distinct
  private val written = if (kind == "no_aggregation") Columns.map(_.name).toSeq else inputs

  private def value(column: String): Any = column match {
    case _ if random.nextInt(7) == 0 => null
    case "amount"                    => random.nextInt(10000) / 100.0
    case "count"                     => random.nextInt(100).toLong
    case "size"                      => random.nextInt(100)
    case "score"                     => random.nextInt(400) / 8f
    case "flag"                      => random.nextBoolean()
    case "tags"                      => list(Seq.fill(random.nextInt(4))(pick(random, Seq("a", "b", "日本"))))
    case "nums"                      => list(Seq.fill(3)(Long.box(random.nextInt(50).toLong)))
    case "counts"                    =>
      new util.HashMap[String, Any](Seq("x", "y").take(random.nextInt(3)).map(_ ->
        Long.box(random.nextInt(9).toLong)).toMap.asJava)
    case _ => "item_" + random.nextInt(4)
  }

  private def row(): Array[Any] = written.map(value).toArray

  /** All keys that have a chance to be asked for. */
  private val everyKey: Seq[Map[String, AnyRef]] = {
    val users = (0 until Users).map(user => Long.box(user.toLong): AnyRef)
    if (keys.size == 1) users.map(user => Map("user" -> user))
    else for (user <- users; shop <- Seq("north", "été")) yield Map("user" -> user, "shop" -> shop)
  }

  /** Writes the upload and what is streamed into both stores. */
  def store(sides: Sides): Unit = {
    val infoText = ThriftJsonCodec.toJsonStr(info)
    def put(dataset: String, key: Array[Byte], value: AnyRef, millis: Long): Unit =
      sides.both("put", dataset, key, value, Long.box(millis))
    val batch = TableNames.batchDataset(groupBy)
    put(batch, FetchWorld.text(Constants.GroupByServingInfoKey), FetchWorld.text(infoText), BatchEnd)
    everyKey.foreach { keyMap =>
      val writer = if (ours) sides.ours else sides.theirs
      val asked = new util.HashMap[String, AnyRef](keyMap.asJava)
      val key = writer("keyBytes", Array(infoText, asked)).asInstanceOf[Array[Byte]]
      if (random.nextInt(6) > 0) put(batch, key, batchValue(writer, infoText, keyMap, key), BatchEnd)
      if (kind.startsWith("temporal")) {
        val dataset = TableNames.streamingDataset(groupBy)
        val times = Seq.fill(random.nextInt(20))(queryMillis(random)).sorted
        kind match {
          case "temporal_mutations" => times.foreach { millis =>
              val mutation = row() ++ Array[Any](millis - random.nextInt(Day.toInt), random.nextInt(3) == 0)
              put(dataset, key, writer("row", Array(infoText, mutation, Boolean.box(true))), millis)
            }
          case "temporal_tiles" =>
            times.groupBy(_ / TileMillis).toSeq.sortBy(_._1).foreach { case (_, inTile) =>
              val rows = inTile.map(millis => (millis, row()))
              put(dataset, key, tile(sides, infoText, keyMap, key, rows), inTile.last)
            }
          case _ => times.foreach(millis =>
              put(dataset, key, writer("row", Array(infoText, row(), Boolean.box(false))), millis)
            )
        }
      }
    }
  }

  /** The rows of one tile by the reference's encoder, or as our kernel folds and encodes them. */
  private def tile(
      sides: Sides,
      infoText: String,
      keyMap: Map[String, AnyRef],
      key: Array[Byte],
      rows: Seq[(Long, Array[Any])]
  ): AnyRef =
    if (ours) KernelUpload.tile(this, keys.map(k => keyMap(k.name)), key, rows)
    else {
      val all = list(rows.map { case (millis, values) => Array[AnyRef](Long.box(millis), values) })
      sides.theirs("tile", Array(infoText, all))
    }

  private def batchValue(
      writer: util.function.BiFunction[String, Array[AnyRef], AnyRef],
      infoText: String,
      keyMap: Map[String, AnyRef],
      key: Array[Byte]
  ): AnyRef = {
    val rows = Seq.fill(if (kind == "no_aggregation") 1 else 1 + random.nextInt(40)) {
      (BatchEnd - 1 - (random.nextDouble() * 40 * Day).toLong, row())
    }.sortBy(_._1)
    if (ours) KernelUpload.value(this, keys.map(k => keyMap(k.name)), key, rows)
    else if (kind == "no_aggregation") writer("selected", Array(infoText, rows.head._2))
    else writer(
      if (kind == "snapshot") "snapshot" else "batchIr",
      Array(infoText, list(rows.map { case (millis, values) => Array[AnyRef](Long.box(millis), values) }))
    )
  }

  /** Writes one history of events, batch and stream, into a store of ours. Gives all of it back. */
  def storeHistory(side: FetchWorld): Seq[StoredData.Event] = {
    val infoText = ThriftJsonCodec.toJsonStr(info)
    def put(dataset: String, key: Array[Byte], value: AnyRef, millis: Long): Unit = {
      side("put", Array(dataset, key, value, Long.box(millis)))
      ()
    }
    val batch = TableNames.batchDataset(groupBy)
    put(batch, FetchWorld.text(Constants.GroupByServingInfoKey), FetchWorld.text(infoText), BatchEnd)
    everyKey.flatMap { keyMap =>
      val events = Seq.fill(random.nextInt(50)) {
        val back = if (random.nextBoolean()) 40 else 3
        (BatchEnd + ((random.nextDouble() * (back + 1.5) - back) * Day).toLong, row())
      }.sortBy(_._1)
      val (before, after) = events.partition(_._1 < BatchEnd)
      val asked = new util.HashMap[String, AnyRef](keyMap.asJava)
      val key = side("keyBytes", Array(infoText, asked)).asInstanceOf[Array[Byte]]
      if (before.nonEmpty)
        put(batch, key, KernelUpload.value(this, keys.map(k => keyMap(k.name)), key, before), BatchEnd)
      after.foreach { case (millis, values) =>
        val bytes = side("row", Array(infoText, values, Boolean.box(false)))
        put(TableNames.streamingDataset(groupBy), key, bytes, millis)
      }
      events.map { case (millis, values) => StoredData.Event(keyMap, millis, values) }
    }
  }

  def keyFields: Seq[StructField] = keys
  def writtenFields: Seq[StructField] = written.map(name => Columns.find(_.name == name).get)

  /** Requests for the group-by, keys as they are or as JSON has them, and null once in a while. */
  def requests(as: String, count: Int): util.List[Array[AnyRef]] = list(Seq.fill(count) {
    val asked = new util.HashMap[String, AnyRef](keyValues(random, keys).asJava)
    if (random.nextInt(4) == 0) asked.put("user", asked.get("user").toString)
    if (random.nextInt(10) == 0) asked.put("user", null)
    // Now and then the moment is before the batch's end, which is refused where rows are streamed.
    val millis = if (random.nextInt(40) == 0) BatchEnd - 1 else queryMillis(random)
    Array[AnyRef](as, asked, Long.box(millis))
  })

  /** A request for every key that may be there, and for one that is not. */
  def everyKeyAt(as: String, millis: Long): util.List[Array[AnyRef]] =
    list((everyKey :+ everyKey.head.updated("user", Long.box(Users + 7L))).map { keyMap =>
      Array[AnyRef](as, new util.HashMap[String, AnyRef](keyMap.asJava), Long.box(millis))
    })

  private def TileMillis: Long = 3600L * 1000
}

private[online] object StoredData {

  /** @param values those of the written columns */
  final case class Event(keys: Map[String, AnyRef], millis: Long, values: Array[Any])
}
