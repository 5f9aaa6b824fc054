package chronon.differential

import ai.chronon.aggregator.windowing._
import ai.chronon.api._
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import com.fasterxml.jackson.databind.node.{ArrayNode, JsonNodeFactory, ObjectNode}

import java.io.{BufferedReader, BufferedWriter, InputStreamReader, OutputStreamWriter}
import java.nio.charset.StandardCharsets.UTF_8
import java.util.Base64
import scala.collection.JavaConverters._

/** Column 0 is the event time. */
final class CaseRow(data: Array[Any]) extends Row {
  override val length: Int = data.length
  override def get(index: Int): Any = data(index)
  override def ts: Long = data(0).asInstanceOf[Long]
  override def isBefore: Boolean = false
  override def mutationTs: Long = ts
}

/** One JSON case per line on standard input, one JSON result per line on standard output, in the same order.
  *
  * Runs the reference's own offline path: hops, `computeWindows` at the 5-minute head starts (or at the queries
  * themselves for the daily resolution), `cumulate` over the rows of each head, `finalize`.
  */
object KernelOracle {
  private val nodes = JsonNodeFactory.instance

  def main(args: Array[String]): Unit = {
    val in = new BufferedReader(new InputStreamReader(System.in, UTF_8), 1 << 20)
    val stdout = System.out
    System.setOut(System.err) // the reference prints; results must stay alone on standard output
    val out = new BufferedWriter(new OutputStreamWriter(stdout, UTF_8), 1 << 20)
    val mapper = new ObjectMapper
    var line = in.readLine()
    while (line != null) {
      val result = nodes.objectNode()
      val parsed = mapper.readTree(line)
      result.set[JsonNode]("id", parsed.get("id"))
      try run(parsed, result)
      catch { case e: Throwable => result.put("error", chain(e)) }
      out.write(mapper.writeValueAsString(result))
      out.newLine()
      out.flush()
      line = in.readLine()
    }
  }

  private def chain(e: Throwable): String =
    Iterator.iterate(e)(_.getCause).takeWhile(_ != null).take(4).map(_.toString).mkString(" <- ")

  private def run(c: JsonNode, result: ObjectNode): Unit = {
    val schema = ("ts" -> LongType) +: c.get("schema").asScala.toSeq.map(f => f.get(0).asText -> typeOf(f.get(1).asText))
    val aggregations = c.get("aggregations").asScala.toSeq.map(aggregation)
    val rows = c.get("rows").asScala.toArray.map { r =>
      val values = r.asScala.toArray
      val data = new Array[Any](schema.length)
      data(0) = values(1).longValue
      for (i <- 1 until schema.length) data(i) = valueOf(values(i + 1), schema(i)._2)
      values(0).asInt -> new CaseRow(data)
    }
    val queries = c.get("queries").asScala.toArray.map(q => q.get(0).asInt -> q.get(1).longValue)
    val daily = c.get("resolution").asText == "daily"
    val resolution = if (daily) DailyResolution else FiveMinuteResolution
    val hop = if (daily) 86400000L else 300000L

    val sawtooth = new SawtoothAggregator(aggregations, schema, resolution)
    val first = queries.map(_._2).min
    // the daily path builds its hops from the start of the first partition, one day before its first end time
    val hopsAggregator = new HopsAggregator(if (daily) first - hop else first, aggregations, schema, resolution)
    val answers = new Array[Array[Any]](queries.length)
    for ((key, of) <- queries.indices.groupBy(queries(_)._1)) {
      val mine = rows.filter(_._1 == key).map(_._2)
      val hops =
        if (mine.isEmpty) null
        else hopsAggregator.toTimeSortedArray(mine.foldLeft(hopsAggregator.init())((h, r) => hopsAggregator.update(h, r)))
      val heads = of.groupBy(i => TsUtils.round(queries(i)._2, hop)).toArray.sortBy(_._1)
      val bases = sawtooth.computeWindows(hops, heads.map(_._1))
      for (((head, asked), base) <- heads.zip(bases)) {
        val times = asked.map(queries(_)._2).distinct.sorted.toArray
        val inHead = if (daily) Array.empty[CaseRow] else mine.filter(r => TsUtils.round(r.ts, hop) == head)
        val irs = sawtooth.cumulate(inHead.iterator, times, base)
        // equal references may be finalized twice: finalize only sorts in place, so that is harmless
        val values = irs.map(ir => if (ir == null) null else sawtooth.windowedAggregator.finalize(ir))
        for (i <- asked) answers(i) = values(times.indexOf(queries(i)._2))
      }
    }
    val outputs = sawtooth.windowedAggregator.outputSchema
    val columns = result.putArray("outputs")
    outputs.foreach { case (name, t) => columns.addArray().add(name).add(DataType.toString(t)) }
    val values = result.putArray("values")
    answers.foreach { row =>
      val cells = values.addArray()
      if (row == null) outputs.foreach(_ => cells.addNull()) else row.foreach(v => cells.add(jsonOf(v)))
    }
  }

  private def aggregation(a: JsonNode): Aggregation = {
    def list[T](name: String)(f: JsonNode => T): Seq[T] =
      Option(a.get(name)).filterNot(_.isNull).map(_.asScala.toSeq.map(f)).orNull
    val windows = list("windows") { w => new Window(w.get(0).asInt, TimeUnit.valueOf(w.get(1).asText)) }
    val k = Option(a.get("k")).filterNot(_.isNull).map(_.asText)
    val args = k.map("k" -> _).toMap
    Builders.Aggregation(Operation.valueOf(a.get("op").asText), a.get("input").asText, windows, args, list("buckets")(_.asText))
  }

  private def typeOf(text: String): DataType = text match {
    case "bool"   => BooleanType
    case "byte"   => ByteType
    case "short"  => ShortType
    case "int"    => IntType
    case "long"   => LongType
    case "float"  => FloatType
    case "double" => DoubleType
    case "string" => StringType
    case "binary" => BinaryType
    case list if list.startsWith("list_") => ListType(typeOf(list.stripPrefix("list_")))
  }

  private def double(node: JsonNode): Double = if (node.isTextual) node.asText.toDouble else node.doubleValue

  private def valueOf(node: JsonNode, t: DataType): Any =
    if (node.isNull) null
    else
      t match {
        case BooleanType => node.booleanValue
        case ByteType    => node.intValue.toByte
        case ShortType   => node.intValue.toShort
        case IntType     => node.intValue
        case LongType    => node.longValue
        case FloatType   => double(node).toFloat
        case DoubleType  => double(node)
        case StringType  => node.textValue
        case BinaryType  => Base64.getDecoder.decode(node.textValue)
        case ListType(e) =>
          val list = new java.util.ArrayList[Any](node.size)
          node.asScala.foreach(n => list.add(valueOf(n, e)))
          list
      }

  private def jsonOf(value: Any): JsonNode = value match {
    case null                 => nodes.nullNode()
    case v: java.lang.Boolean => nodes.booleanNode(v)
    case v: java.lang.Double  => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v)
    case v: java.lang.Float   => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v.doubleValue)
    case v: java.lang.Number  => nodes.numberNode(v.longValue)
    case v: String            => nodes.textNode(v)
    case v: Array[Byte]       => nodes.textNode(Base64.getEncoder.encodeToString(v))
    case v: java.util.List[_] =>
      val array: ArrayNode = nodes.arrayNode()
      v.asScala.foreach(x => array.add(jsonOf(x)))
      array
    case v: java.util.Map[_, _] =>
      val map = nodes.objectNode()
      v.asScala.foreach { case (k, x) => map.set[JsonNode](k.asInstanceOf[String], jsonOf(x)) }
      map
  }
}
