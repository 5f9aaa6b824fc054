package ai.chronon.api

import java.util
import scala.collection.JavaConverters._
import scala.collection.Seq

/** A row as aggregators and codecs see it: values by position, and the times that decide which windows it is in. */
trait Row {
  def get(index: Int): Any
  def ts: Long
  def length: Int

  /** Whether a mutation takes this row back. */
  def isBefore: Boolean
  def mutationTs: Long

  def getAs[T](index: Int): T = get(index).asInstanceOf[T]

  def values: Array[Any] = (0 until length).map(get).toArray

  override def toString: String =
    s"[${(0 until length).map(i => String.valueOf(get(i))).mkString(", ")}]"
}

/** A schema of another system, walked along with the type that it is a form of. */
trait SchemaTraverser[SchemaType] {
  def currentNode: SchemaType
  def getField(field: StructField): SchemaTraverser[SchemaType]
  def getCollectionType: SchemaTraverser[SchemaType]
  def getMapKeyType: SchemaTraverser[SchemaType]
  def getMapValueType: SchemaTraverser[SchemaType]
}

/** Values of rows from and to those of another system, by the functions that make its structs, bytes, lists and texts. */
object Row {

  /** A value of another system in the Java types of rows: structs become arrays with null for members that are missing at their end,
    * maps new maps.
    */
  def from[Composite, Binary, Elements, Text](
      value: Any,
      dataType: DataType,
      composer: (Composite, Seq[StructField]) => Iterator[Any],
      binarizer: Binary => Array[Byte],
      collector: Elements => util.ArrayList[Any],
      stringer: Text => String
  ): Any = {
    def inner(value: Any, dataType: DataType): Any =
      from(value, dataType, composer, binarizer, collector, stringer)
    if (value == null) null
    else dataType match {
      case StructType(_, fields) =>
        val result = new Array[Any](fields.length)
        val members = composer(value.asInstanceOf[Composite], fields.toSeq)
        fields.iterator.zip(members).zipWithIndex.foreach { case ((field, member), i) =>
          result(i) = inner(member, field.fieldType)
        }
        result
      case ListType(element) =>
        val result = collector(value.asInstanceOf[Elements])
        (0 until result.size).foreach(i => result.set(i, inner(result.get(i), element)))
        result
      case MapType(keyType, valueType) =>
        val result = new util.HashMap[Any, Any]
        value.asInstanceOf[util.Map[Any, Any]].forEach((k, v) =>
          result.put(inner(k, keyType), inner(v, valueType))
        )
        result
      case BinaryType => binarizer(value.asInstanceOf[Binary])
      case StringType => stringer(value.asInstanceOf[Text])
      case ShortType  => value.asInstanceOf[Number].shortValue
      case ByteType   => value.asInstanceOf[Number].byteValue
      case _          => value
    }
  }

  /** A value of a row in the types of another system. Numbers get the width of their type.
    *
    * @param extraneousRecord turns a struct of another kind than arrays, lists and maps into its members in order
    * @param schemaTraverser  gives `composer` the schema of each struct
    * @throws java.lang.IllegalArgumentException if a struct, list or map is something else
    */
  def to[Struct, Binary, Elements, Entries, OutputSchema](
      value: Any,
      dataType: DataType,
      composer: (Iterator[Any], DataType, Option[OutputSchema]) => Struct,
      binarizer: Array[Byte] => Binary,
      collector: (Iterator[Any], Int) => Elements,
      mapper: util.Map[Any, Any] => Entries,
      extraneousRecord: Any => Array[Any] = null,
      schemaTraverser: Option[SchemaTraverser[OutputSchema]] = None
  ): Any = {
    type Walk = SchemaTraverser[OutputSchema]
    def inner(value: Any, dataType: DataType, step: Walk => Walk): Any = to(
      value,
      dataType,
      composer,
      binarizer,
      collector,
      mapper,
      extraneousRecord,
      schemaTraverser.map(step)
    )
    def list(values: Iterator[Any], size: Int, element: DataType): Elements =
      collector(values.map(inner(_, element, _.getCollectionType)), size)
    if (value == null) null
    else dataType match {
      case StructType(_, fields) =>
        val members = structMembers(value, fields, extraneousRecord).zip(fields.iterator).map {
          case (member, field) =>
            inner(member, field.fieldType, _.getField(field))
        }
        composer(members, dataType, schemaTraverser.map(_.currentNode))
      case ListType(element) => value match {
          case values: util.Collection[_]      => list(values.asScala.iterator, values.size, element)
          case values: Array[_]                => list(values.iterator, values.length, element)
          case values: scala.collection.Seq[_] => list(values.iterator, values.size, element)
          case other                           => throw mismatch(other, "list")
        }
      case MapType(keyType, valueType) =>
        val result = new util.HashMap[Any, Any]
        def put(k: Any, v: Any): Unit = {
          result.put(inner(k, keyType, _.getMapKeyType), inner(v, valueType, _.getMapValueType))
          ()
        }
        value match {
          case entries: util.Map[_, _]             => entries.asScala.foreach { case (k, v) => put(k, v) }
          case entries: scala.collection.Map[_, _] => entries.foreach { case (k, v) => put(k, v) }
          case other                               => throw mismatch(other, "map")
        }
        mapper(result)
      case BinaryType  => binarizer(value.asInstanceOf[Array[Byte]])
      case StringType  => value.toString
      case BooleanType => value.asInstanceOf[Boolean]
      case IntType     => value.asInstanceOf[Number].intValue
      case LongType    => value.asInstanceOf[Number].longValue
      case ShortType   => value.asInstanceOf[Number].shortValue
      case ByteType    => value.asInstanceOf[Number].byteValue
      case FloatType   => value.asInstanceOf[Number].floatValue
      case DoubleType  => value.asInstanceOf[Number].doubleValue
      case _           => value
    }
  }

  private def structMembers(
      value: Any,
      fields: Array[StructField],
      extraneousRecord: Any => Array[Any]
  ): Iterator[Any] = value match {
    case members: Array[_]                   => members.iterator
    case members: util.List[_]               => members.asScala.iterator
    case members: util.Map[_, _]             => fields.iterator.map(field => members.get(field.name))
    case members: scala.collection.Map[_, _] =>
      val named = members.asInstanceOf[scala.collection.Map[String, Any]]
      fields.iterator.map(field => named.getOrElse(field.name, null))
    case other if extraneousRecord != null => extraneousRecord(other).iterator
    case other                             => throw mismatch(other, "struct")
  }

  private def mismatch(value: Any, wanted: String) = new IllegalArgumentException(
    s"value $value of class ${value.getClass.getName} is no $wanted"
  )
}
