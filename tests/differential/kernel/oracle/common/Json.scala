package chronon.differential

import ai.chronon.api._
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.{ArrayNode, JsonNodeFactory}

import java.util.Base64
import scala.collection.JavaConverters._

/** Values as they travel in cases and results. */
object Json {
  private val nodes = JsonNodeFactory.instance

  def valueOf(node: JsonNode, t: DataType): Any =
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
          node.elements.asScala.foreach(n => list.add(valueOf(n, e)))
          list
        case MapType(StringType, v) =>
          val map = new java.util.HashMap[Any, Any]
          node.fields.asScala.foreach(e => map.put(e.getKey, valueOf(e.getValue, v)))
          map
        case StructType(_, fields) =>
          node.elements.asScala.zip(fields.iterator).map { case (n, f) => valueOf(n, f.fieldType) }.toArray[Any]
        case other => World.valueOf(node, other)
      }

  def jsonOf(value: Any): JsonNode = value match {
    case null                 => nodes.nullNode()
    case v: java.lang.Boolean => nodes.booleanNode(v)
    case v: java.lang.Double  => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v)
    case v: java.lang.Float   => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v.doubleValue)
    // how many units of the last digit: the type says how many digits are behind the point
    case v: java.math.BigDecimal => nodes.textNode(v.unscaledValue.toString)
    case v: java.lang.Number  => nodes.numberNode(v.longValue)
    case v: String            => nodes.textNode(v)
    case v: Array[Byte]       => nodes.textNode(Base64.getEncoder.encodeToString(v))
    case v: Array[_]          => array(v.iterator)
    case v: java.util.List[_] => array(v.iterator.asScala)
    case v: java.util.Map[_, _] =>
      val map = nodes.objectNode()
      v.asScala.foreach { case (k, x) => map.set[JsonNode](k.asInstanceOf[String], jsonOf(x)) }
      map
  }

  /** Rows of cells; a missing row is a row of nulls. */
  def table(values: Array[Array[Any]], width: Int): ArrayNode = {
    val table = nodes.arrayNode(values.length)
    values.foreach { row =>
      val cells = table.addArray()
      if (row == null) (0 until width).foreach(_ => cells.addNull()) else row.foreach(v => cells.add(jsonOf(v)))
    }
    table
  }

  def hex(bytes: Array[Byte]): String = {
    val text = new java.lang.StringBuilder(bytes.length * 2)
    bytes.foreach { b => text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16)) }
    text.toString
  }

  def unhex(text: String): Array[Byte] =
    Array.tabulate(text.length / 2) { i =>
      (Character.digit(text.charAt(2 * i), 16) << 4 | Character.digit(text.charAt(2 * i + 1), 16)).toByte
    }

  private def array(items: Iterator[Any]): ArrayNode = {
    val array = nodes.arrayNode()
    items.foreach(x => array.add(jsonOf(x)))
    array
  }

  private def double(node: JsonNode): Double = if (node.isTextual) node.asText.toDouble else node.doubleValue
}
