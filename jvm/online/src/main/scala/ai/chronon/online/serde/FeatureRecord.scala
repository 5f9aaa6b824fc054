package ai.chronon.online.serde

import ai.chronon.api._

import scala.collection.JavaConverters._

/** Features by name, structs at every depth too.
  *
  * @param schema the fields that are there
  * @param values a struct is a `FeatureRecord`, a list of structs a `List` of them, a map of structs a `Map` to them;
  *               everything else is as the fetcher gives it. What the schema does not know (exceptions) is kept as it is
  */
case class FeatureRecord(schema: StructType, values: Map[String, Any]) {

  def getString(name: String): String = values(name).toString
  def getStringOpt(name: String): Option[String] = present(name).map(_.toString)

  def getLong(name: String): Long = number(name).longValue
  def getLongOpt(name: String): Option[Long] = present(name).map(_ => getLong(name))

  def getInt(name: String): Int = number(name).intValue
  def getIntOpt(name: String): Option[Int] = present(name).map(_ => getInt(name))

  def getDouble(name: String): Double = number(name).doubleValue
  def getDoubleOpt(name: String): Option[Double] = present(name).map(_ => getDouble(name))

  def getBoolean(name: String): Boolean = values(name).asInstanceOf[Boolean]
  def getBooleanOpt(name: String): Option[Boolean] = present(name).map(_.asInstanceOf[Boolean])

  def getStruct(name: String): FeatureRecord = values(name).asInstanceOf[FeatureRecord]
  def getStructOpt(name: String): Option[FeatureRecord] = present(name).map(_.asInstanceOf[FeatureRecord])

  def getStructList(name: String): List[FeatureRecord] = getList[FeatureRecord](name)

  def getList[T](name: String): List[T] = values(name) match {
    case null                    => null
    case list: List[_]           => list.asInstanceOf[List[T]]
    case list: java.util.List[_] => list.asScala.toList.asInstanceOf[List[T]]
    case other                   => throw mismatch(name, other, "a list")
  }

  def getMap[V](name: String): Map[String, V] = values(name) match {
    case null                     => null
    case map: Map[_, _]           => map.asInstanceOf[Map[String, V]]
    case map: java.util.Map[_, _] => map.asScala.toMap.asInstanceOf[Map[String, V]]
    case other                    => throw mismatch(name, other, "a map")
  }

  /** What went wrong, by the key under which the fetcher reports it. */
  def errors: Map[String, Any] = values.filter { case (name, _) => name.endsWith("_exception") }

  def hasErrors: Boolean = values.keysIterator.exists(_.endsWith("_exception"))

  private def present(name: String): Option[Any] = values.get(name).filter(_ != null)

  private def number(name: String): Number = values(name) match {
    case number: Number => number
    case null           => throw new IllegalArgumentException(s"Field '$name' is null, which is not numeric")
    case other          =>
      throw new IllegalArgumentException(
        s"Field '$name' holds a ${other.getClass.getName}, which is not numeric"
      )
  }

  private def mismatch(name: String, value: Any, wanted: String) =
    new ClassCastException(s"Field '$name' holds a ${value.getClass.getName}, which is not $wanted")
}

object FeatureRecord {

  /** Names the members of structs; null for null. */
  def fromValueMap(schema: StructType, values: Map[String, Any]): FeatureRecord =
    if (values == null) null
    else {
      val types = schema.fields.iterator.map(field => field.name -> field.fieldType).toMap
      FeatureRecord(
        StructType(schema.name, schema.fields.filter(field => values.contains(field.name))),
        values.map { case (name, value) =>
          name -> types.get(name).map(structured(value, _)).getOrElse(value)
        }
      )
    }

  private def structured(value: Any, dataType: DataType): Any = (value, dataType) match {
    case (members: Array[_], struct: StructType) =>
      // A record written before the schema grew is shorter: its last fields are absent.
      fromValueMap(struct, struct.fields.iterator.map(_.name).zip(members.iterator).toMap)
    case (members: scala.collection.Map[_, _], struct: StructType) =>
      fromValueMap(struct, members.toMap.asInstanceOf[Map[String, Any]])
    case (list: java.util.List[_], ListType(element)) if hasStruct(element) =>
      list.asScala.map(structured(_, element)).toList
    case (map: java.util.Map[_, _], MapType(_, valueType)) if hasStruct(valueType) =>
      map.asScala.map { case (key, v) => key -> structured(v, valueType) }.toMap
    case (other, _) => other
  }

  private def hasStruct(dataType: DataType): Boolean = dataType match {
    case _: StructType     => true
    case ListType(element) => hasStruct(element)
    case MapType(_, value) => hasStruct(value)
    case _                 => false
  }
}
