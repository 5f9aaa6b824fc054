package ai.chronon.api

import com.fasterxml.jackson.core.{JsonParser, JsonProcessingException}
import com.fasterxml.jackson.databind.{DeserializationFeature, JsonMappingException, JsonNode, ObjectMapper}
import org.apache.thrift.protocol.TSimpleJSONProtocol
import org.apache.thrift.{TBase, TSerializer}

import java.io.IOException
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, NoSuchFileException, Paths}
import java.security.MessageDigest
import java.util.Base64
import scala.collection.JavaConverters._
import scala.reflect.ClassTag

/** Definitions as Thrift's simple JSON, the form of compiled files, and the digests and text forms built on it.
  *
  * Reading is strict: what was read is written again and must equal the input, so that a misspelt, foreign or
  * hand-made field is an error instead of being dropped. The order of keys does not matter.
  */
object ThriftJsonCodec {

  private val mapper = new ObjectMapper()
    .configure(
      DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
      false
    ) // the round trip names them, with their path
    .configure(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, true)
    .configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, true)

  private val HashLength = 10

  /** A new one each time: Thrift's serializers may not be shared between threads. */
  def serializer: TSerializer = new TSerializer(new TSimpleJSONProtocol.Factory())

  def toJsonStr[T <: TBase[_, _]: Manifest](definition: T): String = write(definition)

  /** A JSON array; empty text for null, which is what stored hashes of absent lists were taken of. */
  def toJsonList[T <: TBase[_, _]: Manifest](definitions: java.util.List[T]): String =
    Option(definitions).map(_.asScala.map(write(_)).mkString("[", ",", "]")).getOrElse("")

  /** First ten characters of the Base64 of the MD5 of the JSON. */
  def md5Digest[T <: TBase[_, _]: Manifest](definition: T): String = digest(write(definition))

  def md5Digest[T <: TBase[_, _]: Manifest](definitions: java.util.List[T]): String =
    digest(toJsonList(definitions))

  def toCompactBase64[T <: TBase[_, _]: Manifest](definition: T): String =
    Base64.getEncoder.encodeToString(ThriftBytes.Compact.write(definition))

  def fromCompactBase64[T <: TBase[_, _]: Manifest](empty: T, text: String): T =
    ThriftBytes.Compact.read(empty, Base64.getDecoder.decode(text))

  /** Reads a definition.
    *
    * @param check whether what was read must equal the input when written again
    * @throws InvalidDefinitionException if the text is no JSON, does not fit the type, or fails the check
    */
  def fromJsonStr[T <: TBase[_, _]: Manifest](
      jsonStr: String,
      check: Boolean = true,
      clazz: Class[_ <: T]
  ): T =
    read(jsonStr, check, clazz, origin = None)

  /** Reads a compiled file. Messages begin with its path.
    *
    * @throws InvalidDefinitionException as `fromJsonStr`, and if there is no such file or it cannot be read
    */
  def fromJsonFile[T <: TBase[_, _]: Manifest: ClassTag](fileName: String, check: Boolean): T = {
    val clazz = implicitly[ClassTag[T]].runtimeClass.asInstanceOf[Class[T]]
    read(textOf(fileName), check, clazz, Some(fileName))
  }

  private def read[T <: TBase[_, _]](
      text: String,
      check: Boolean,
      clazz: Class[_ <: T],
      origin: Option[String]
  ): T = {
    def invalid(what: String, problem: String, cause: Throwable = null) =
      new InvalidDefinitionException((origin.toSeq :+ what :+ problem).mkString(": "), cause)

    val kind = clazz.getSimpleName
    val tree =
      try mapper.readTree(text)
      catch { case e: JsonProcessingException => throw invalid(kind, s"not JSON: ${position(e)}", e) }
    val what = nameIn(tree).map(name => s"$kind $name").getOrElse(kind)
    if (!tree.isObject) throw invalid(what, s"$$ is ${brief(Some(tree))}: an object is needed")

    val definition: T =
      try mapper.treeToValue(tree, clazz)
      catch {
        case e: JsonMappingException =>
          throw invalid(
            what,
            s"${pathOf(e)} = ${brief(at(tree, e))}: ${e.getOriginalMessage.linesIterator.next()}",
            e
          )
      }
    if (check) {
      JsonDifference.first(tree, mapper.readTree(write(definition))).foreach { difference =>
        throw invalid(
          what,
          s"${difference.path} is ${brief(difference.found)} but would be written as ${brief(difference.expected)}: " +
            "the text was edited by hand or compiled for another version; compile the definition again"
        )
      }
    }
    definition
  }

  private def write(definition: TBase[_, _]): String = new String(serializer.serialize(definition), UTF_8)

  private def digest(text: String): String = {
    val md5 = MessageDigest.getInstance("MD5").digest(text.getBytes(UTF_8))
    Base64.getEncoder.encodeToString(md5).take(HashLength)
  }

  private def textOf(fileName: String): String =
    try new String(Files.readAllBytes(Paths.get(fileName)), UTF_8)
    catch {
      case e: NoSuchFileException =>
        throw new InvalidDefinitionException(s"$fileName: there is no such file", e)
      case e: IOException =>
        throw new InvalidDefinitionException(s"$fileName: cannot be read: ${e.getMessage}", e)
    }

  private def nameIn(tree: JsonNode): Option[String] =
    Seq("metaData", "metadata").flatMap(field => Option(tree.get(field))).flatMap(meta =>
      Option(meta.get("name"))
    )
      .headOption.map(_.asText)

  private def brief(node: Option[JsonNode]): String = {
    val text = node.map(_.toString).getOrElse("absent")
    if (text.length <= 80) text else text.take(77) + "..."
  }

  private def position(e: JsonProcessingException): String = {
    val place =
      Option(e.getLocation).map(l => s" at line ${l.getLineNr}, column ${l.getColumnNr}").getOrElse("")
    e.getOriginalMessage.linesIterator.next() + place
  }

  private def pathOf(e: JsonMappingException): String = e.getPath.asScala.map { step =>
    if (step.getFieldName != null) "." + step.getFieldName else s"[${step.getIndex}]"
  }.mkString("$", "", "")

  private def at(tree: JsonNode, e: JsonMappingException): Option[JsonNode] =
    e.getPath.asScala.foldLeft(Option(tree)) { (node, step) =>
      node.flatMap(n =>
        Option(if (step.getFieldName != null) n.get(step.getFieldName) else n.get(step.getIndex))
      )
    }
}
