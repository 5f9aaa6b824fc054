package ai.chronon.online.derive

import ai.chronon.api._
import org.apache.spark.sql.{types => spark}

/** Types of features to and from Spark's. */
private[chronon] object SparkTypes {

  /** @throws java.lang.UnsupportedOperationException for what neither side has */
  def toSpark(dataType: DataType): spark.DataType = dataType match {
    case IntType               => spark.IntegerType
    case LongType              => spark.LongType
    case ShortType             => spark.ShortType
    case ByteType              => spark.ByteType
    case FloatType             => spark.FloatType
    case DoubleType            => spark.DoubleType
    case BooleanType           => spark.BooleanType
    case StringType            => spark.StringType
    case BinaryType            => spark.BinaryType
    case DateType              => spark.DateType
    case TimestampType         => spark.TimestampType
    case ListType(element)     => spark.ArrayType(toSpark(element))
    case MapType(key, value)   => spark.MapType(toSpark(key), toSpark(value))
    case StructType(_, fields) =>
      spark.StructType(fields.map(f => spark.StructField(f.name, toSpark(f.fieldType))))
    case UnknownType(carried: spark.DataType) => carried
    case other => throw new UnsupportedOperationException(s"type $other has no counterpart in Spark")
  }

  /** Structs have no name in Spark; they are called after the column or member that holds them, with `Element`, `Key` or `Value`
    * for each list or map between, as in the reference. What has no counterpart here is carried along.
    */
  def fromSpark(name: String, dataType: spark.DataType): DataType = dataType match {
    case spark.IntegerType            => IntType
    case spark.LongType               => LongType
    case spark.ShortType              => ShortType
    case spark.ByteType               => ByteType
    case spark.FloatType              => FloatType
    case spark.DoubleType             => DoubleType
    case spark.BooleanType            => BooleanType
    case spark.StringType             => StringType
    case spark.BinaryType             => BinaryType
    case spark.DateType               => DateType
    case spark.TimestampType          => TimestampType
    case spark.ArrayType(element, _)  => ListType(fromSpark(s"${name}Element", element))
    case spark.MapType(key, value, _) =>
      MapType(fromSpark(s"${name}Key", key), fromSpark(s"${name}Value", value))
    case spark.StructType(fields) => StructType(
        s"${name.capitalize}Struct",
        fields.map(f => StructField(f.name, fromSpark(f.name, f.dataType)))
      )
    case other => UnknownType(other)
  }
}
