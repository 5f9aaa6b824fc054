package ai.chronon.online

import ai.chronon.api.Extensions.JoinOps
import ai.chronon.api._
import ai.chronon.online.Fetcher.ResponseWithContext
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import com.fasterxml.jackson.core.io.CharacterEscapes
import com.fasterxml.jackson.core.{JsonFactory, SerializableString}
import com.fasterxml.jackson.core.io.SerializedString
import com.fasterxml.jackson.databind.ObjectMapper

/** Schemas of a join's keys and values: what derivations read, and what logged responses are written with.
  *
  * @param keySchema       the request's keys
  * @param baseValueSchema the features before derivations, external ones included
  */
case class JoinCodec(conf: JoinOps, keySchema: StructType, baseValueSchema: StructType) extends Serializable {

  /** The join's derivations; none where it has none. */
  @transient private[online] lazy val derivation: Option[DerivationProgram] =
    if (!conf.join.isSetDerivations || conf.join.getDerivations.isEmpty) None
    else Some(DerivationProgram(
      s"join ${conf.join.getMetaData.getName}",
      Derivations.of(conf.join),
      keySchema,
      baseValueSchema
    ))

  /** The features after derivations. */
  @transient lazy val derivedSchema: StructType = derivation match {
    case Some(program) => StructType(s"join_derived_$cleanName", program.outputSchema)
    case None          => baseValueSchema
  }

  /** What a logged response holds: base values, derived values and model outputs, each name once; of two of a name the later
    * type counts, in the place of the first.
    */
  @transient lazy val valueSchema: StructType = {
    val all = baseValueSchema.fields ++ derivation.toSeq.flatMap(_.outputSchema) ++
      ModelTransformPlan.schema(conf.join)
    val last = all.map(field => field.name -> field).toMap
    StructType(s"join_combined_$cleanName", all.map(_.name).distinct.map(last))
  }

  private def cleanName: String = TableNames.clean(conf.join.getMetaData.getName)

  @transient lazy val keySchemaStr: String = AvroConversions.fromChrononSchema(keySchema).toString()
  @transient lazy val valueSchemaStr: String = AvroConversions.fromChrononSchema(valueSchema).toString()
  def keyCodec: AvroCodec = AvroCodec.of(keySchemaStr)
  def valueCodec: AvroCodec = AvroCodec.of(valueSchemaStr)

  /** The schemas as they are published, once for each codec, before responses are logged under their hash. */
  @transient lazy val loggingSchema: String =
    JoinCodec.buildLoggingSchema(conf.join.getMetaData.getName, keySchemaStr, valueSchemaStr)
  @transient lazy val loggingSchemaHash: String = HashUtils.md5Base64(loggingSchema)

  @transient private[online] lazy val keyTypes: Map[String, DataType] =
    keySchema.fields.map(f => f.name -> f.fieldType).toMap

  @transient lazy val keys: Array[String] = keySchema.fields.map(_.name)
  @transient lazy val values: Array[String] = valueSchema.fields.map(_.name)
  @transient lazy val keyFields: Array[StructField] = keySchema.fields
  @transient lazy val valueFields: Array[StructField] = valueSchema.fields
  @transient lazy val keyIndices: Map[StructField, Int] = keyFields.zipWithIndex.toMap
  @transient lazy val valueIndices: Map[StructField, Int] = valueFields.zipWithIndex.toMap

  /** Everything that a response holds by now, later stages before earlier ones. */
  def buildLoggingValues(response: ResponseWithContext): Map[String, AnyRef] = stages(response).reduce(_ ++ _)

  /** The same in the order of the [[valueSchema]], null for what is not there; without a map of it all, which would take as long
    * as writing it.
    */
  private[online] def loggedRow(response: ResponseWithContext): Array[Any] = {
    val latestFirst = stages(response).reverse
    values.map(name => latestFirst.find(_.contains(name)).map(_(name)).orNull)
  }

  private def stages(response: ResponseWithContext): Seq[Map[String, AnyRef]] =
    Seq(response.baseValues) ++ response.derivedValues ++ response.modelTransformsValues
}

object JoinCodec {

  /** The text whose hash names the schemas: names in a fixed order, and characters of HTML escaped, which is how it has always
    * been written.
    */
  def buildLoggingSchema(joinName: String, keySchema: String, valueSchema: String): String = {
    val node = mapper.createObjectNode().put("join_name", joinName).put("key_schema", keySchema)
    mapper.writeValueAsString(node.put("value_schema", valueSchema))
  }

  private val mapper: ObjectMapper = {
    val factory = new JsonFactory
    factory.setCharacterEscapes(HtmlEscapes)
    new ObjectMapper(factory)
  }

  private object HtmlEscapes extends CharacterEscapes {
    private val escaped = "<>&='"
    private val codes = {
      val result = CharacterEscapes.standardAsciiEscapesForJSON
      escaped.foreach(c => result(c) = CharacterEscapes.ESCAPE_CUSTOM)
      result
    }
    override def getEscapeCodesForAscii: Array[Int] = codes
    override def getEscapeSequence(c: Int): SerializableString =
      c.toChar match {
        case '\u2028'                                   => new SerializedString("\\u2028")
        case '\u2029'                                   => new SerializedString("\\u2029")
        case other if escaped.indexOf(other.toInt) >= 0 => new SerializedString("\\u%04x".format(c))
        case _                                          => null
      }
  }
}
