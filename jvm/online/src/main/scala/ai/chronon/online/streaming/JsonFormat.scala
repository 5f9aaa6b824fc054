package ai.chronon.online.streaming

import ai.chronon.api._
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.node.ObjectNode
import com.fasterxml.jackson.databind.{DeserializationFeature, JsonNode, ObjectMapper}

import java.io.IOException
import scala.collection.JavaConverters._

/** Records as JSON objects in UTF-8, one a message.
  *
  * Binary columns are Base64 texts, structs objects. A whole number may be written with a fraction of zero; a floating one may be one of
  * the texts `NaN`, `Infinity` and `-Infinity`, which JSON has no numbers for. Members without a column are not looked at.
  */
private[online] object JsonFormat extends RecordFormat {
  import RecordFormat.{Members, wrong}

  private val mapper = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
  private val NotFinite = Set("NaN", "Infinity", "-Infinity")

  override def parse(bytes: Array[Byte]): Members =
    try mapper.readTree(bytes) match {
        case node: ObjectNode => new ObjectMembers(node, "")
        case other            =>
          throw new BadRecordException(
            s"message ${BadRecordException.show(other)}: must be an object of JSON"
          )
      }
    catch {
      case e: JsonProcessingException =>
        throw new BadRecordException(s"message is no JSON: ${e.getOriginalMessage} ${at(e)}", e)
      case e: IOException => throw new BadRecordException(s"message is no JSON: ${e.getMessage}", e)
    }

  private def at(e: JsonProcessingException): String =
    Option(e.getLocation).map(l => s"at line ${l.getLineNr}, column ${l.getColumnNr}").getOrElse("")

  private final class ObjectMembers(node: ObjectNode, path: String) extends Members {
    override def has(name: String): Boolean = node.has(name)

    override def value(name: String, dataType: DataType): Any = convert(node.get(name), dataType, path + name)

    override def record(name: String): Members = node.get(name) match {
      case null               => null
      case n if n.isNull      => null
      case fields: ObjectNode => new ObjectMembers(fields, s"$path$name.")
      case other              =>
        throw new BadRecordException(
          s"member $path$name = ${BadRecordException.show(other)}: must be an object of JSON, or null"
        )
    }
  }

  private def convert(node: JsonNode, dataType: DataType, path: String): Any = {
    def bad = wrong(path, node, dataType)
    if (node == null || node.isNull) null
    else dataType match {
      case StringType  => if (node.isTextual) node.textValue else bad
      case BooleanType => if (node.isBoolean) Boolean.box(node.booleanValue) else bad
      case LongType    => Long.box(whole(node, path, dataType, Long.MinValue, Long.MaxValue))
      case IntType     => Int.box(whole(node, path, dataType, Int.MinValue, Int.MaxValue).toInt)
      case ShortType   => Short.box(whole(node, path, dataType, Short.MinValue, Short.MaxValue).toShort)
      case ByteType    => Byte.box(whole(node, path, dataType, Byte.MinValue, Byte.MaxValue).toByte)
      case DoubleType  => Double.box(floating(node, path, dataType))
      case FloatType   =>
        Float.box(if (node.isTextual) floating(node, path, dataType).toFloat
        else if (node.isNumber) node.floatValue
        else bad)
      case BinaryType =>
        try if (node.isTextual) node.binaryValue else bad
        catch { case _: IOException => bad }
      case ListType(element) =>
        if (!node.isArray) bad
        val result = new java.util.ArrayList[Any](node.size)
        node.elements.asScala.zipWithIndex.foreach { case (e, i) =>
          result.add(convert(e, element, s"$path[$i]"))
        }
        result
      case MapType(StringType, value) =>
        if (!node.isObject) bad
        val result = new java.util.HashMap[Any, Any]
        node.fields.asScala.foreach(e =>
          result.put(e.getKey, convert(e.getValue, value, s"$path.${e.getKey}"))
        )
        result
      case StructType(_, fields) =>
        if (!node.isObject) bad
        fields.map(f => convert(node.get(f.name), f.fieldType, s"$path.${f.name}")).toArray[Any]
      case other => throw new UnsupportedOperationException(
          s"column $path is of type ${DataType.toString(other)}, which JSON records do not have"
        )
    }
  }

  private def whole(node: JsonNode, path: String, dataType: DataType, least: Long, most: Long): Long =
    if (node.isNumber && node.canConvertToExactIntegral && node.canConvertToLong) {
      val number = node.longValue
      if (number < least || number > most) wrong(path, node, dataType)
      number
    } else wrong(path, node, dataType)

  private def floating(node: JsonNode, path: String, dataType: DataType): Double =
    if (node.isNumber) node.doubleValue
    else if (node.isTextual && NotFinite(node.textValue)) node.textValue.toDouble
    else wrong(path, node, dataType)
}
