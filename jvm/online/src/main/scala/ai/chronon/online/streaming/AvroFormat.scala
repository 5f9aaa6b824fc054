package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.serde.AvroConversions
import org.apache.avro.Schema
import org.apache.avro.Schema.Type
import org.apache.avro.generic.{GenericDatumReader, GenericEnumSymbol, GenericFixed, GenericRecord}
import org.apache.avro.io.DecoderFactory

import java.nio.ByteBuffer
import scala.collection.JavaConverters._

/** Records in Avro's plain binary form, one a message, without a header, all written with one declared schema.
  *
  * Enumerations are texts and fixed bytes binary columns; narrow numbers widen to the column's type.
  *
  * @param schemaText the writer's schema, a record
  */
private[online] final class AvroFormat(schemaText: String) extends RecordFormat {
  import RecordFormat.{Members, wrong}

  @transient private lazy val schema = AvroFormat.parseSchema(schemaText)
  @transient private lazy val readers: ThreadLocal[GenericDatumReader[GenericRecord]] =
    ThreadLocal.withInitial(() => new GenericDatumReader[GenericRecord](schema))

  override def parse(bytes: Array[Byte]): Members = {
    val decoder = DecoderFactory.get.binaryDecoder(bytes, null)
    val record =
      try readers.get.read(null, decoder)
      catch {
        // Bytes of something else can end Avro's reader in many ways.
        case e @ (_: java.io.IOException | _: RuntimeException) =>
          throw new BadRecordException(
            s"message of ${bytes.length} bytes is no ${schema.getFullName} of Avro in the declared schema: $e",
            e
          )
      }
    if (!decoder.isEnd) throw new BadRecordException(
      s"message of ${bytes.length} bytes goes on behind its ${schema.getFullName}: it was written with another schema than the declared one"
    )
    new RecordMembers(record, "")
  }

  private final class RecordMembers(record: GenericRecord, path: String) extends Members {
    override def has(name: String): Boolean = record.getSchema.getField(name) != null

    override def value(name: String, dataType: DataType): Any =
      convert(member(name), dataType, path + name)

    override def record(name: String): Members = member(name) match {
      case null                  => null
      case fields: GenericRecord => new RecordMembers(fields, s"$path$name.")
      case other                 =>
        throw new BadRecordException(
          s"member $path$name = ${BadRecordException.show(other)}: must be a record, or null"
        )
    }

    private def member(name: String): Any = if (has(name)) record.get(name) else null
  }

  private def convert(value: Any, dataType: DataType, path: String): Any = (value, dataType) match {
    case (null, _)                                  => null
    case (symbol: GenericEnumSymbol[_], StringType) => symbol.toString
    case (fixed: GenericFixed, BinaryType)          => fixed.bytes.clone
    case (n: Integer, LongType)                     => Long.box(n.longValue)
    case (n: Integer, DoubleType)                   => Double.box(n.doubleValue)
    case (n: java.lang.Float, DoubleType)           => Double.box(n.doubleValue)
    case (n: Integer, ShortType | ByteType)         =>
      val narrow: Any = if (dataType == ShortType) n.shortValue else n.byteValue
      if (narrow.asInstanceOf[Number].intValue != n) wrong(path, n, dataType)
      narrow
    case (record: GenericRecord, StructType(_, fields)) =>
      val members = new RecordMembers(record, s"$path.")
      fields.map(f => members.value(f.name, f.fieldType)).toArray[Any]
    case (list: java.util.Collection[_], ListType(element)) =>
      val result = new java.util.ArrayList[Any](list.size)
      list.asScala.zipWithIndex.foreach { case (e, i) => result.add(convert(e, element, s"$path[$i]")) }
      result
    case (map: java.util.Map[_, _], MapType(StringType, inner)) =>
      val result = new java.util.HashMap[Any, Any]
      map.asScala.foreach { case (k, v) => result.put(k.toString, convert(v, inner, s"$path.$k")) }
      result
    case (_: CharSequence, StringType) | (_: ByteBuffer, BinaryType) =>
      AvroConversions.toChrononRow(value, dataType)
    case (_: java.lang.Boolean, BooleanType) | (_: Integer, IntType) | (_: java.lang.Long, LongType) |
        (_: java.lang.Float, FloatType) | (_: java.lang.Double, DoubleType) =>
      value
    case (other, _) => wrong(path, other, dataType)
  }
}

private[online] object AvroFormat {

  /** @throws ai.chronon.api.InvalidDefinitionException if the text is no schema of a record */
  def parseSchema(text: String): Schema = {
    val schema =
      try new Schema.Parser().parse(text)
      catch {
        case e: RuntimeException => throw new InvalidDefinitionException(
            s"schema ${BadRecordException.show(text)}: is no schema of Avro: ${e.getMessage}",
            e
          )
      }
    if (schema.getType != Type.RECORD)
      throw new InvalidDefinitionException(s"schema ${BadRecordException.show(text)}: must be a record")
    schema
  }

  /** The schema of a record that an upload has found in a table, with the names that members have there: in stored schemas no name
    * comes twice, in whichever depth.
    */
  def ofUpload(text: String): Schema = ownNames(parseSchema(text))

  private def ownNames(schema: Schema): Schema = schema.getType match {
    case Type.RECORD =>
      val members = schema.getFields.asScala.map(field =>
        new Schema.Field(
          AvroConversions.cleanSuffix(field.name),
          ownNames(field.schema),
          field.doc,
          null: Object
        )
      )
      Schema.createRecord(schema.getName, schema.getDoc, schema.getNamespace, false, members.asJava)
    case Type.ARRAY => Schema.createArray(ownNames(schema.getElementType))
    case Type.MAP   => Schema.createMap(ownNames(schema.getValueType))
    case Type.UNION => Schema.createUnion(schema.getTypes.asScala.map(ownNames).asJava)
    case _          => schema
  }

  /** The columns that the members of a record are, whatever can be null in whichever place of a union. */
  def columns(record: Schema): Array[StructField] = record.getFields.asScala.map { field =>
    StructField(field.name, column(field.schema, s"${record.getName}.${field.name}"))
  }.toArray

  /** The record that a member is, null apart; none if it is something else. */
  def memberRecord(record: Schema, name: String): Option[Schema] =
    Option(record.getField(name)).map(field => notNull(field.schema, name)).filter(_.getType == Type.RECORD)

  private def column(schema: Schema, path: String): DataType = notNull(schema, path) match {
    case s if s.getType == Type.ENUM                              => StringType
    case s if s.getType == Type.FIXED && s.getLogicalType == null => BinaryType
    case s if s.getType == Type.ARRAY => ListType(column(s.getElementType, s"$path[]"))
    case s if s.getType == Type.MAP   =>
      MapType(StringType, column(s.getValueType, s"$path{}"))
    case s if s.getType == Type.RECORD => StructType(s.getName, columns(s))
    case s if Set(Type.BYTES, Type.FIXED).contains(s.getType) && s.getLogicalType != null =>
      throw new InvalidDefinitionException(
        s"schema: member $path is a ${s.getLogicalType.getName}, which no column holds: write it as a text or double"
      )
    case s =>
      try AvroConversions.toChrononSchema(s)
      catch {
        case e: UnsupportedOperationException =>
          throw new InvalidDefinitionException(s"schema: member $path: ${e.getMessage}", e)
      }
  }

  private def notNull(schema: Schema, path: String): Schema =
    if (schema.getType != Type.UNION) schema
    else schema.getTypes.asScala.filter(_.getType != Type.NULL).toList match {
      case List(one) => one
      case all       => throw new InvalidDefinitionException(
          s"schema: member $path is a union of ${all.map(_.getName).mkString(", ")}: must be of one type, or null"
        )
    }
}
