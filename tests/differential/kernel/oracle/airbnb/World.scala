package chronon.differential

import ai.chronon.aggregator.windowing._
import ai.chronon.api._
import ai.chronon.online.TileCodec
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import com.fasterxml.jackson.databind.JsonNode

import scala.collection.JavaConverters._

/** What differs between the reference and its fork. */
object World {
  def textOf(t: DataType): String = DataType.toString(t)

  def typeOf(text: String): DataType = text match {
    case "bool"                          => BooleanType
    case "byte"                          => ByteType
    case "short"                         => ShortType
    case "int"                           => IntType
    case "long"                          => LongType
    case "float"                         => FloatType
    case "double"                        => DoubleType
    case "string"                        => StringType
    case "binary"                        => BinaryType
    case t if t.startsWith("list_")       => ListType(typeOf(t.stripPrefix("list_")))
    case t if t.startsWith("map_string_") => MapType(StringType, typeOf(t.stripPrefix("map_string_")))
  }

  def valueOf(node: JsonNode, t: DataType): Any = throw new IllegalArgumentException(s"no value of type $t is made from $node")

  def aggregation(a: JsonNode): Aggregation = {
    def list[T](name: String)(f: JsonNode => T): Seq[T] =
      Option(a.get(name)).filterNot(_.isNull).map(_.elements.asScala.toSeq.map(f)).orNull
    val windows = list("windows") { w => new Window(w.get(0).asInt, TimeUnit.valueOf(w.get(1).asText)) }
    val args = Option(a.get("args")).filterNot(_.isNull).map(_.fields.asScala.map(e => e.getKey -> e.getValue.asText).toMap)
    val operation = Operation.valueOf(a.get("op").asText)
    val result = Builders.Aggregation(operation, a.get("input").asText, windows, args.orNull, list("buckets")(_.asText))
    if (a.path("element_wise").asBoolean) result.setElementWise(true)
    result
  }

  def online(batchEnd: Long, aggregations: Seq[Aggregation], schema: Seq[(String, DataType)]): SawtoothOnlineAggregator =
    new SawtoothOnlineAggregator(batchEnd, aggregations, schema, FiveMinuteResolution)

  def lambda(aggregator: SawtoothOnlineAggregator, batch: FinalBatchIr, rows: Iterator[Row], at: Long, reversals: Boolean,
             newestBatch: Option[Long]): Array[Any] =
    aggregator.lambdaAggregateFinalized(batch, rows, at, reversals, newestBatch)

  /** Avro bytes of a record, as the stores hold them. */
  final class RecordCodec(name: String, fields: Array[(String, DataType)]) {
    private val struct = StructType.from(name, fields)
    private val encoder = AvroConversions.encodeBytes(struct)
    val schema: String = AvroConversions.fromChrononSchema(struct).toString
    private val decoder = new AvroCodec(schema)
    def encode(values: Array[Any]): Array[Byte] = encoder(values)
    def decode(bytes: Array[Byte]): Array[Any] = decoder.decodeRow(bytes)
  }

  /** Tile records through the reference's own codec. */
  def tileCodec(aggregations: Seq[Aggregation], schema: Seq[(String, DataType)]): TileCodec = {
    val groupBy = Builders.GroupBy(metaData = Builders.MetaData(name = "case"), aggregations = aggregations)
    new TileCodec(groupBy, schema)
  }
}
