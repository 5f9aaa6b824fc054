package chronon.differential

import ai.chronon.api._
import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.JsonNodeFactory

import scala.collection.JavaConverters._

/** Types as they travel in cases and results: a text, or an object where a struct is inside. */
object Types {
  private val nodes = JsonNodeFactory.instance

  def typeOf(node: JsonNode): DataType =
    if (node.isTextual) World.typeOf(node.asText)
    else if (node.has("list")) ListType(typeOf(node.get("list")))
    else if (node.has("map")) MapType(typeOf(node.get("map").get(0)), typeOf(node.get("map").get(1)))
    else {
      val struct = node.get("struct")
      val members = struct.get("members").elements.asScala.map(m => StructField(m.get("name").asText, typeOf(m.get("type"))))
      StructType(struct.get("name").asText, members.toArray)
    }

  def jsonOf(t: DataType): JsonNode = t match {
    case StructType(name, fields) =>
      val struct = nodes.objectNode().put("name", name)
      val members = struct.putArray("members")
      fields.foreach { f => members.addObject().put("name", f.name).set[JsonNode]("type", jsonOf(f.fieldType)) }
      nodes.objectNode().set[JsonNode]("struct", struct)
    case ListType(of) if hasStructs(of) => nodes.objectNode().set[JsonNode]("list", jsonOf(of))
    case MapType(key, of) if hasStructs(of) =>
      nodes.objectNode().set[JsonNode]("map", nodes.arrayNode().add(jsonOf(key)).add(jsonOf(of)))
    case other => nodes.textNode(World.textOf(other))
  }

  private def hasStructs(t: DataType): Boolean = t match {
    case _: StructType => true
    case ListType(of)  => hasStructs(of)
    case MapType(_, of) => hasStructs(of)
    case _             => false
  }
}
