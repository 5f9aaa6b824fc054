package ai.chronon.api

import scala.collection.Seq

/** The type of a column, of a value inside one, or of a stored record. Names and shapes are those that integrators' code uses. */
sealed trait DataType extends Serializable

case object IntType extends DataType
case object LongType extends DataType
case object DoubleType extends DataType
case object FloatType extends DataType
case object ShortType extends DataType
case object BooleanType extends DataType
case object ByteType extends DataType
case object StringType extends DataType
case object BinaryType extends DataType

/** Days since 1970-01-01. */
case object DateType extends DataType

/** An instant. */
case object TimestampType extends DataType

case class ListType(elementType: DataType) extends DataType
case class MapType(keyType: DataType, valueType: DataType) extends DataType

/** A type of another system that has no counterpart here; carried along, never computed with. */
case class UnknownType(any: Any) extends DataType

/** A named column or struct member; every one may hold nulls. */
case class StructField(name: String, fieldType: DataType)

/** Named fields in order. It is the sequence of its fields: two structs are equal if their fields are, whatever they are
  * called.
  */
case class StructType(name: String, fields: Array[StructField]) extends DataType with Seq[StructField] {

  /** Names and types, the form in which aggregators take schemas. */
  def unpack: Seq[(String, DataType)] = fields.map(field => field.name -> field.fieldType).toSeq

  def typeOf(fieldName: String): Option[DataType] = fields.find(_.name == fieldName).map(_.fieldType)

  override def apply(index: Int): StructField = fields(index)
  override def length: Int = fields.length
  override def iterator: Iterator[StructField] = fields.iterator
}

object StructType {
  def from(name: String, fields: Array[(String, DataType)]): StructType =
    StructType(name, fields.map { case (fieldName, fieldType) => StructField(fieldName, fieldType) })
}

object DataType {

  /** The text name: `long`, `list_string`, `map_string_long`. A struct goes by its own name. */
  def toString(dataType: DataType): String = dataType match {
    case IntType             => "int"
    case LongType            => "long"
    case DoubleType          => "double"
    case FloatType           => "float"
    case ShortType           => "short"
    case BooleanType         => "bool"
    case ByteType            => "byte"
    case StringType          => "string"
    case BinaryType          => "binary"
    case DateType            => "date"
    case TimestampType       => "timestamp"
    case ListType(element)   => s"list_${toString(element)}"
    case MapType(key, value) => s"map_${toString(key)}_${toString(value)}"
    case StructType(name, _) => s"struct_$name"
    case UnknownType(_)      => "unknown_type"
  }

  def isScalar(dataType: DataType): Boolean = dataType match {
    case _: ListType | _: MapType | _: StructType | _: UnknownType => false
    case _                                                         => true
  }

  def isNumeric(dataType: DataType): Boolean = dataType match {
    case IntType | LongType | DoubleType | FloatType | ShortType | ByteType => true
    case _                                                                  => false
  }

  def isList(dataType: DataType): Boolean = dataType.isInstanceOf[ListType]

  def isMap(dataType: DataType): Boolean = dataType.isInstanceOf[MapType]

  /** The type that a definition writes, for example the schema of an external source. */
  def fromTDataType(written: TDataType): DataType = {
    def parameter(index: Int): DataType = {
      val parameters = written.getParams
      if (parameters == null || parameters.size <= index)
        throw new InvalidDefinitionException(
          s"type ${written.getKind} has ${Option(parameters).map(_.size).getOrElse(0)} parameters: it needs at least ${index +
              1}"
        )
      fromTDataType(parameters.get(index).getDataType)
    }
    written.getKind match {
      case DataKind.BOOLEAN   => BooleanType
      case DataKind.BYTE      => ByteType
      case DataKind.SHORT     => ShortType
      case DataKind.INT       => IntType
      case DataKind.LONG      => LongType
      case DataKind.FLOAT     => FloatType
      case DataKind.DOUBLE    => DoubleType
      case DataKind.STRING    => StringType
      case DataKind.BINARY    => BinaryType
      case DataKind.DATE      => DateType
      case DataKind.TIMESTAMP => TimestampType
      case DataKind.LIST      => ListType(parameter(0))
      case DataKind.MAP       => MapType(parameter(0), parameter(1))
      case DataKind.STRUCT    =>
        val members = Option(written.getParams).map(_.toArray(Array.empty[DataField])).getOrElse(Array.empty)
        StructType(
          written.getName,
          members.map(member => StructField(member.getName, fromTDataType(member.getDataType)))
        )
      case other => throw new InvalidDefinitionException(s"type $other: a kind of DataKind is needed")
    }
  }

  /** The form in which a definition writes the type; parameters of lists and maps are called as in compiled definitions. */
  def toTDataType(dataType: DataType): TDataType = {
    def of(kind: DataKind, parameters: (String, DataType)*): TDataType = {
      val result = new TDataType(kind)
      if (parameters.nonEmpty) {
        val fields = new java.util.ArrayList[DataField]
        parameters.foreach { case (name, parameter) =>
          val field = new DataField()
          field.setName(name)
          field.setDataType(toTDataType(parameter))
          fields.add(field)
        }
        result.setParams(fields)
      }
      result
    }
    dataType match {
      case IntType                  => of(DataKind.INT)
      case LongType                 => of(DataKind.LONG)
      case DoubleType               => of(DataKind.DOUBLE)
      case FloatType                => of(DataKind.FLOAT)
      case ShortType                => of(DataKind.SHORT)
      case BooleanType              => of(DataKind.BOOLEAN)
      case ByteType                 => of(DataKind.BYTE)
      case StringType               => of(DataKind.STRING)
      case BinaryType               => of(DataKind.BINARY)
      case DateType                 => of(DataKind.DATE)
      case TimestampType            => of(DataKind.TIMESTAMP)
      case ListType(element)        => of(DataKind.LIST, "elem" -> element)
      case MapType(key, value)      => of(DataKind.MAP, "key" -> key, "value" -> value)
      case StructType(name, fields) =>
        of(DataKind.STRUCT, fields.map(field => field.name -> field.fieldType).toSeq: _*).setName(name)
      case UnknownType(any) =>
        throw new InvalidDefinitionException(s"type $any has no form in a definition: cast it to string")
    }
  }
}
