package ai.chronon.spark.kernel

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.{ArrayNode, JsonNodeFactory}
import org.apache.spark.sql.types._

import scala.collection.JavaConverters._

/** Spark types to and from the kernel's text names (`long`, `list_string`, `map_string_int`). */
private[spark] object TypeNames {
  private val nodes = JsonNodeFactory.instance
  private val scalars: Seq[(DataType, String)] = Seq(
    BooleanType -> "boolean",
    ByteType -> "byte",
    ShortType -> "short",
    IntegerType -> "int",
    LongType -> "long",
    FloatType -> "float",
    DoubleType -> "double",
    StringType -> "string",
    BinaryType -> "binary",
    DateType -> "date",
    TimestampType -> "timestamp"
  )
  private val textOf: Map[DataType, String] = scalars.toMap
  // both spellings of boolean occur: the JSON's and the one inside intermediate-result names
  private val typeOf: Map[String, DataType] = scalars.map(_.swap).toMap + ("bool" -> BooleanType)

  /** The text name, or none where the kernel has no such type (decimals, intervals) or no text for it (structs). */
  def of(dataType: DataType): Option[String] = dataType match {
    case ArrayType(element, _)  => of(element).map("list_" + _)
    case MapType(key, value, _) => for (k <- of(key); v <- of(value)) yield s"map_${k}_$v"
    case scalar                 => textOf.get(scalar)
  }

  /** The JSON form: the text name or, where a struct is inside, an object. Structs have no name in Spark; they are called
    * after the column or member that holds them, with `Element`, `Key` or `Value` for each list or map between, as in the
    * reference.
    */
  def json(name: String, dataType: DataType): Option[JsonNode] = of(dataType).map(nodes.textNode).orElse {
    dataType match {
      case StructType(fields) =>
        val struct = nodes.objectNode().put("name", s"${name.capitalize}Struct")
        val members = describe(fields)
        struct.set[JsonNode]("members", members)
        if (members.size == fields.length) Some(nodes.objectNode().set[JsonNode]("struct", struct)) else None
      case ArrayType(element, _) =>
        json(s"${name}Element", element).map(nodes.objectNode().set[JsonNode]("list", _))
      case MapType(key, value, _) =>
        for (k <- json(s"${name}Key", key); v <- json(s"${name}Value", value))
          yield nodes.objectNode().set[JsonNode]("map", nodes.arrayNode().add(k).add(v))
      case _ => None
    }
  }

  /** Names and JSON forms of those columns or members whose types the kernel has. */
  def describe(fields: Seq[StructField]): ArrayNode = {
    val described = nodes.arrayNode()
    for (field <- fields; form <- json(field.name, field.dataType))
      described.addObject().put("name", field.name).set[JsonNode]("type", form)
    described
  }

  /** The columns or members that the native library printed. */
  def schema(described: JsonNode): StructType =
    described.elements.asScala.foldLeft(new StructType()) { (schema, field) =>
      schema.add(field.get("name").asText, parse(field.get("type")))
    }

  /** The Spark type of a JSON form that the native library printed. */
  def parse(json: JsonNode): DataType =
    if (json.isTextual) parse(json.asText)
    else if (json.has("list")) ArrayType(parse(json.get("list")), containsNull = true)
    else if (json.has("map"))
      MapType(parse(json.get("map").get(0)), parse(json.get("map").get(1)), valueContainsNull = true)
    else schema(json.get("struct").get("members"))

  /** The Spark type of a text name that the native library printed. */
  def parse(text: String): DataType = parsePrefix(text) match {
    case (dataType, "") => dataType
    case (_, rest) => throw new IllegalArgumentException(s"`$rest` is left over in the column type `$text`")
  }

  private def parsePrefix(text: String): (DataType, String) =
    if (text.startsWith("list_")) {
      val (element, rest) = parsePrefix(text.drop("list_".length))
      (ArrayType(element, containsNull = true), rest)
    } else if (text.startsWith("map_")) {
      val (key, afterKey) = parsePrefix(text.drop("map_".length))
      val (value, rest) = parsePrefix(afterKey.stripPrefix("_"))
      (MapType(key, value, valueContainsNull = true), rest)
    } else {
      val name = typeOf.keys.filter(text.startsWith).toSeq.sortBy(-_.length).headOption
        .getOrElse(throw new IllegalArgumentException(s"`$text` is not a column type"))
      (typeOf(name), text.drop(name.length))
    }
}
