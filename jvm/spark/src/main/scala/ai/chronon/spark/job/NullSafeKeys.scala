package ai.chronon.spark.job

import ai.chronon.spark.catalog.Sql
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{coalesce, lit}
import org.apache.spark.sql.types._

/** Makes keys with nulls comparable: a group-by's own table has a row for ("a", null), while a join never matches it.
  *
  * Every key that may be null becomes two columns, its value with nulls replaced and whether it was null; a single key
  * needs none of this, because rows without any key are gone.
  */
final class NullSafeKeys(keys: Seq[String]) {
  private val framed = keys.length > 1

  /** Names of the columns to match on. */
  val names: Seq[String] =
    if (!framed) keys else keys.indices.flatMap(i => Seq(s"__chronon_key_$i", s"__chronon_key_set_$i"))

  def addTo(frame: DataFrame): DataFrame =
    if (!framed) frame
    else keys.zipWithIndex.foldLeft(frame) { case (f, (key, i)) =>
      f.withColumn(s"__chronon_key_$i", coalesce(Sql.column(key), default(frame.schema(key).dataType)))
        .withColumn(s"__chronon_key_set_$i", Sql.column(key).isNotNull)
    }

  private def default(dataType: DataType): Column = dataType match {
    case StringType    => lit("")
    case BinaryType    => lit(Array.emptyByteArray)
    case BooleanType   => lit(false)
    case DateType      => lit("1970-01-01").cast(DateType)
    case TimestampType => lit("1970-01-01 00:00:00").cast(TimestampType)
    case other         => lit(0).cast(other)
  }

}
