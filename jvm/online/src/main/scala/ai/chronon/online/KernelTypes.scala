package ai.chronon.online

import ai.chronon.api._
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.JsonNodeFactory

import scala.collection.JavaConverters._

/** Types to and from the JSON in which the native library takes and prints them. */
private[chronon] object KernelTypes {
  private val nodes = JsonNodeFactory.instance
  private val scalars: Map[String, DataType] =
    Seq(
      BooleanType,
      ByteType,
      ShortType,
      IntType,
      LongType,
      FloatType,
      DoubleType,
      StringType,
      BinaryType,
      DateType,
      TimestampType
    ).map(t => DataType.toString(t) -> t).toMap + ("boolean" -> BooleanType)

  /** A text name or, where a struct is inside, an object. */
  def json(dataType: DataType): JsonNode = dataType match {
    case StructType(name, fields) =>
      val struct = nodes.objectNode().put("name", name)
      struct.set[JsonNode]("members", columns(fields))
      nodes.objectNode().set[JsonNode]("struct", struct)
    case ListType(element)   => nodes.objectNode().set[JsonNode]("list", json(element))
    case MapType(key, value) =>
      nodes.objectNode().set[JsonNode]("map", nodes.arrayNode().add(json(key)).add(json(value)))
    case scalar => nodes.textNode(DataType.toString(scalar))
  }

  def columns(fields: Array[StructField]): JsonNode = {
    val result = nodes.arrayNode()
    fields.foreach(f => result.addObject().put("name", f.name).set[JsonNode]("type", json(f.fieldType)))
    result
  }

  def parseColumns(json: JsonNode): Array[StructField] =
    json.elements.asScala.map(field =>
      StructField(field.get("name").asText, parse(field.get("type")))
    ).toArray

  def parse(json: JsonNode): DataType =
    if (json.isTextual) parse(json.asText)
    else if (json.has("list")) ListType(parse(json.get("list")))
    else if (json.has("map")) MapType(parse(json.get("map").get(0)), parse(json.get("map").get(1)))
    else StructType(json.get("struct").get("name").asText, parseColumns(json.get("struct").get("members")))

  private def parse(text: String): DataType = parsePrefix(text) match {
    case (dataType, "") => dataType
    case (_, rest) => throw new IllegalArgumentException(s"`$rest` is left over in the column type `$text`")
  }

  private def parsePrefix(text: String): (DataType, String) =
    if (text.startsWith("list_")) {
      val (element, rest) = parsePrefix(text.stripPrefix("list_"))
      (ListType(element), rest)
    } else if (text.startsWith("map_")) {
      val (key, afterKey) = parsePrefix(text.stripPrefix("map_"))
      val (value, rest) = parsePrefix(afterKey.stripPrefix("_"))
      (MapType(key, value), rest)
    } else {
      val name = scalars.keys.filter(text.startsWith).toSeq.sortBy(-_.length).headOption
        .getOrElse(throw new IllegalArgumentException(s"`$text` is not a column type"))
      (scalars(name), text.drop(name.length))
    }
}
