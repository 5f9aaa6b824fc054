package ai.chronon.spark.source

import ai.chronon.api.{Constants, Windows}
import ai.chronon.spark.DefinitionException
import ai.chronon.spark.catalog.Sql
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions._
import org.apache.spark.sql.types.LongType

/** Expressions over `ts` and the partition column. Days are UTC days; sessions of ours run in UTC. */
object SourceTime {
  private val day = Windows.DayMillis
  private def ts: Column = Sql.column(Constants.TimeColumn)

  /** `ts`, failing the task on a null: checked while the rows stream, so that it costs no pass of its own. */
  def required(owner: String, frame: DataFrame, partitionColumn: String): Column = {
    val where =
      if (frame.columns.contains(partitionColumn))
        concat(lit(s" ($partitionColumn "), Sql.column(partitionColumn), lit(")"))
      else lit("")
    val message = concat(
      lit(s"${DefinitionException.Marker}$owner: `${Constants.TimeColumn}` = null in a row"),
      where,
      lit(": every row needs a time; filter such rows in wheres or give them one in time_column")
    )
    when(ts.isNull, raise_error(message).cast(LongType)).otherwise(ts)
  }

  /** Epoch millis at which the UTC day of `ts` begins. */
  def startOfDay: Column = ts - pmod(ts, lit(day))

  /** Partition of the day before the one that `ts` lies in. */
  def previousDay(format: String): Column = {
    val days = floor(ts / day).cast("int") - 1
    if (format == "yyyy-MM-dd") date_add(lit("1970-01-01").cast("date"), days).cast("string")
    else date_format(timestamp_millis(days.cast(LongType) * day), format)
  }

  /** Epoch millis at which a partition begins. */
  def startOfPartition(partitionColumn: String, format: String): Column =
    unix_timestamp(Sql.column(partitionColumn), format) * 1000

  /** Epoch millis at which the day after a partition begins. */
  def endOfPartition(partitionColumn: String, format: String): Column =
    (unix_timestamp(Sql.column(partitionColumn), format) + 86400) * 1000

  private def timestamp_millis(millis: Column): Column = call_udf("timestamp_millis", millis)
}
