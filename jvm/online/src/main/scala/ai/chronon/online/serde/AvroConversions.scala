package ai.chronon.online.serde

import ai.chronon.api._
import org.apache.avro.Schema
import org.apache.avro.Schema.Type
import org.apache.avro.generic.{GenericData, GenericRecord}
import org.apache.avro.util.Utf8

import java.nio.ByteBuffer
import scala.collection.JavaConverters._
import scala.collection.mutable

/** Schemas and values between the types of definitions and those of Avro, in the form that stored records have. */
object AvroConversions {

  /** What makes a name unique in a schema: this and a number. */
  val RepetitionSuffix = "_REPEATED_NAME_"

  private val Namespace = "ai.chronon.data"
  private val LogicalType = "logicalType"

  /** The name without what made it unique. */
  def cleanSuffix(name: String): String = name.indexOf(RepetitionSuffix) match {
    case -1 => name
    case at => name.substring(0, at)
  }

  /** The Avro schema of a type. Members of records may be null; elements of arrays and values of maps may not.
    *
    * @param nameSet names taken so far: records and their members share one space over the whole schema
    */
  def fromChrononSchema(
      dataType: DataType,
      nameSet: mutable.Set[String] = new mutable.HashSet[String]
  ): Schema = {
    def unique(name: String): String = {
      val clean = name.replaceAll("[^0-9a-zA-Z_]", "_")
      val numbered = Iterator.from(0).map(i => s"$clean$RepetitionSuffix$i")
      val free = (Iterator(clean) ++ numbered).find(name => !nameSet.contains(name)).get
      nameSet += free
      free
    }
    dataType match {
      case StructType(name, fields) =>
        val record = Schema.createRecord(unique(name), "", Namespace, false)
        val members = fields.map { field =>
          val fieldName = unique(field.name)
          val inner = fromChrononSchema(field.fieldType, nameSet)
          new Schema.Field(fieldName, Schema.createUnion(Schema.create(Type.NULL), inner), "", null: Object)
        }
        record.setFields(members.toList.asJava)
        record
      case ListType(element)          => Schema.createArray(fromChrononSchema(element, nameSet))
      case MapType(StringType, value) => Schema.createMap(fromChrononSchema(value, nameSet))
      case MapType(key, _)            =>
        throw new UnsupportedOperationException(
          s"Avro has maps with string keys only, not with keys of type ${DataType.toString(key)}"
        )
      case StringType  => Schema.create(Type.STRING)
      case IntType     => Schema.create(Type.INT)
      case LongType    => Schema.create(Type.LONG)
      case FloatType   => Schema.create(Type.FLOAT)
      case DoubleType  => Schema.create(Type.DOUBLE)
      case BinaryType  => Schema.create(Type.BYTES)
      case BooleanType => Schema.create(Type.BOOLEAN)
      case ShortType   => logical("short")
      case ByteType    => logical("byte")
      case other       =>
        throw new UnsupportedOperationException(
          s"Cannot convert chronon type $other to avro type. Cast it to string please"
        )
    }
  }

  private def logical(name: String): Schema = {
    val result = Schema.create(Type.INT)
    result.addProp(LogicalType, name)
    result
  }

  /** The type of an Avro schema. A union is read as its second branch.
    *
    * @param clean whether names lose what made them unique
    */
  def toChrononSchema(schema: Schema, clean: Boolean = false): DataType = schema.getType match {
    case Type.RECORD =>
      val fields = schema.getFields.asScala.map { field =>
        StructField(if (clean) cleanSuffix(field.name) else field.name, toChrononSchema(field.schema, clean))
      }
      StructType(schema.getName, fields.toArray)
    case Type.ARRAY  => ListType(toChrononSchema(schema.getElementType, clean))
    case Type.MAP    => MapType(StringType, toChrononSchema(schema.getValueType, clean))
    case Type.STRING => StringType
    case Type.INT    =>
      schema.getProp(LogicalType) match {
        case null    => IntType
        case "short" => ShortType
        case "byte"  => ByteType
        case other   =>
          throw new UnsupportedOperationException(s"Unknown logicalType annotation $other on INT type")
      }
    case Type.LONG    => LongType
    case Type.FLOAT   => FloatType
    case Type.DOUBLE  => DoubleType
    case Type.BYTES   => BinaryType
    case Type.BOOLEAN => BooleanType
    case Type.UNION   => toChrononSchema(schema.getTypes.get(1), clean)
    case other        => throw new UnsupportedOperationException(s"Cannot convert avro type $other")
  }

  /** A value as Avro's writer takes it: numbers in the width of the schema, bytes wrapped, structs as records.
    *
    * @param extraneousRecord turns a struct of another kind than those known here into its members in order
    */
  def fromChrononRow(
      value: Any,
      dataType: DataType,
      schema: Schema,
      extraneousRecord: Any => Array[Any] = null
  ): Any = {
    def inner(value: Any, dataType: DataType, schema: Schema) =
      fromChrononRow(value, dataType, schema, extraneousRecord)
    if (value == null) null
    else dataType match {
      case StructType(_, fields) =>
        val recordSchema = notNull(schema)
        val record = new GenericData.Record(recordSchema)
        def put(index: Int, member: Any): Unit =
          record.put(
            index,
            inner(member, fields(index).fieldType, recordSchema.getFields.get(index).schema)
          )
        value match {
          case members: Array[_]               => members.indices.foreach(i => put(i, members(i)))
          case members: java.util.ArrayList[_] => (0 until members.size).foreach(i => put(i, members.get(i)))
          case members: scala.collection.Map[_, _] =>
            val named = members.asInstanceOf[scala.collection.Map[String, Any]]
            fields.indices.foreach(i => put(i, named.getOrElse(fields(i).name, null)))
          case members: java.util.Map[_, _] =>
            fields.indices.foreach(i => put(i, members.get(fields(i).name)))
          case other if extraneousRecord != null =>
            val members = extraneousRecord(other)
            members.indices.foreach(i => put(i, members(i)))
          case other => throw mismatch(other, "struct")
        }
        record
      case ListType(element) =>
        val elementSchema = notNull(schema).getElementType
        val result = new java.util.ArrayList[Any]
        elements(value).foreach(e => result.add(inner(e, element, elementSchema)))
        result
      case MapType(_, valueType) =>
        val valueSchema = notNull(schema).getValueType
        val result = new java.util.HashMap[Any, Any]
        entries(value).foreach { case (k, v) => result.put(k.toString, inner(v, valueType, valueSchema)) }
        result
      case BinaryType => value match {
          case bytes: Array[Byte] => ByteBuffer.wrap(bytes)
          case buffer: ByteBuffer => buffer
          case other              => throw mismatch(other, "binary")
        }
      case IntType | ShortType | ByteType => number(value, dataType).intValue
      case LongType                       => number(value, dataType).longValue
      case FloatType                      => number(value, dataType).floatValue
      case DoubleType                     => number(value, dataType).doubleValue
      case StringType                     => value.toString
      case _                              => value
    }
  }

  /** A value that Avro read, in the Java types of features: records become arrays, lists new lists, maps new maps. */
  def toChrononRow(value: Any, dataType: DataType): Any = (value, dataType) match {
    case (null, _)                                      => null
    case (record: GenericRecord, StructType(_, fields)) =>
      fields.indices.map(i => toChrononRow(record.get(i), fields(i).fieldType)).toArray[Any]
    case (list: java.util.Collection[_], ListType(element)) =>
      val result = new java.util.ArrayList[Any](list.size)
      list.forEach(e => result.add(toChrononRow(e, element)))
      result
    case (map: java.util.Map[_, _], MapType(keyType, valueType)) =>
      val result = new java.util.HashMap[Any, Any]
      map.forEach((k, v) => result.put(toChrononRow(k, keyType), toChrononRow(v, valueType)))
      result
    case (bytes: ByteBuffer, BinaryType) =>
      val result = new Array[Byte](bytes.remaining)
      bytes.duplicate().get(result)
      result
    case (number: java.lang.Integer, ShortType) => number.shortValue
    case (number: java.lang.Integer, ByteType)  => number.byteValue
    case (text: Utf8, StringType)               => text.toString
    case (text: CharSequence, StringType)       => text.toString
    case (other, _)                             => other
  }

  /** Encodes rows of a schema to Avro's binary form. */
  def encodeBytes(schema: StructType, extraneousRecord: Any => Array[Any] = null): Any => Array[Byte] = {
    val codec = new AvroCodec(fromChrononSchema(schema).toString())
    row =>
      codec.encodeBinary(fromChrononRow(
        row,
        schema,
        codec.schema,
        extraneousRecord
      ).asInstanceOf[GenericRecord])
  }

  /** Encodes rows of a schema to Avro's JSON form. */
  def encodeJson(schema: StructType, extraneousRecord: Any => Array[Any] = null): Any => String = {
    val codec = new AvroCodec(fromChrononSchema(schema).toString())
    row =>
      codec.encodeJson(fromChrononRow(
        row,
        schema,
        codec.schema,
        extraneousRecord
      ).asInstanceOf[GenericRecord])
  }

  /** A value for Avro's writer by the schema alone. A number must be of the very width; absent values stay null. */
  def toAvroValue(value: AnyRef, schema: Schema): Any = notNull(schema).getType match {
    case _ if value == null => null
    case Type.LONG          => value.asInstanceOf[java.lang.Long]
    case Type.INT           => value match {
        case narrow @ (_: java.lang.Short | _: java.lang.Byte) => narrow.asInstanceOf[Number].intValue
        case other                                             => other.asInstanceOf[java.lang.Integer]
      }
    case Type.FLOAT  => value.asInstanceOf[java.lang.Float]
    case Type.DOUBLE => value.asInstanceOf[java.lang.Double]
    case Type.BYTES  => value match {
        case bytes: Array[Byte] => ByteBuffer.wrap(bytes)
        case other              => other
      }
    case Type.ARRAY | Type.MAP | Type.RECORD => fromChrononRow(value, toChrononSchema(schema), schema)
    case _                                   => value
  }

  private def notNull(schema: Schema): Schema =
    if (schema.getType == Type.UNION) schema.getTypes.get(1) else schema

  private def number(value: Any, dataType: DataType): Number = value match {
    case number: Number => number
    case other          => throw mismatch(other, DataType.toString(dataType))
  }

  private def elements(value: Any): Iterator[Any] = value match {
    case list: java.util.Collection[_]     => list.asScala.iterator
    case array: Array[_]                   => array.iterator
    case sequence: scala.collection.Seq[_] => sequence.iterator
    case other                             => throw mismatch(other, "list")
  }

  private def entries(value: Any): Iterator[(Any, Any)] = value match {
    case map: java.util.Map[_, _]        => map.asScala.iterator
    case map: scala.collection.Map[_, _] => map.iterator
    case other                           => throw mismatch(other, "map")
  }

  private def mismatch(value: Any, wanted: String) =
    new IllegalArgumentException(
      s"value $value of class ${value.getClass.getName} cannot be written as $wanted"
    )
}
