package ai.chronon.spark.kernel

import org.apache.spark.sql.types._

/** Spark types to and from the kernel's text names (`long`, `list_string`, `map_string_int`). */
private[spark] object TypeNames {
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

  /** The text name, or none where the kernel has no such type (decimals, structs, intervals). */
  def of(dataType: DataType): Option[String] = dataType match {
    case ArrayType(element, _)  => of(element).map("list_" + _)
    case MapType(key, value, _) => for (k <- of(key); v <- of(value)) yield s"map_${k}_$v"
    case scalar                 => textOf.get(scalar)
  }

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
