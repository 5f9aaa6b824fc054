package ai.chronon.spark.job

import ai.chronon.api.{Constants, DataModel, Join}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.source.{SkewFilter, SourceScanner, SourceTime, SourceView}
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.functions.{col, max, min}
import org.apache.spark.sql.types.{LongType, StringType}

/** The rows that a join puts features on: the selected columns, the partition column as text, and `ts` for events.
  *
  * Rows are kept as they are, duplicates included; skewed keys are dropped. A null `ts` fails the task that reads it.
  */
final class LeftFrame(tables: TableUtils, join: Join) {
  private val owner = Definitions.label(join)
  private val ds = tables.partitionColumn
  private val scanner = new SourceScanner(tables)

  val source: SourceView = SourceView.of(join.getLeft)
  val isEvents: Boolean = source.model == DataModel.Events

  /** The table exists and its rows are in partitions, without which no range could be computed. */
  def requirePartitions(): Unit = {
    scanner.requireTable(owner, source)
    val stored = source.partitionColumn.getOrElse(ds)
    if (!tables.schema(source.table).fieldNames.contains(stored))
      throw DefinitionException.of(
        owner,
        "left",
        source.table,
        s"the left table has no partition column `$stored`; name it in the query's partition_column"
      )
  }

  def read(range: PartitionRange): DataFrame = {
    val frame = scan(range)
    if (isEvents) frame.withColumn(Constants.TimeColumn, SourceTime.required(owner, frame, ds)) else frame
  }

  /** Partitions of the days that the rows' times lie in, which need not be the partitions that hold the rows.
    *
    * @return `None` when there are no rows. Costs one scan of the time column
    */
  def daysOfTime(range: PartitionRange): Option[PartitionRange] = {
    val time = col(Constants.TimeColumn)
    // checked for nulls, which minimum and maximum pass over
    val row = read(range).agg(min(time), max(time)).head()
    if (row.isNullAt(0)) None
    else Some(PartitionRange.of(
      tables.partitionSpec.at(row.getLong(0)),
      tables.partitionSpec.at(row.getLong(1)),
      tables.partitionSpec
    ))
  }

  private def scan(range: PartitionRange): DataFrame = {
    val time = if (isEvents) Seq(Constants.TimeColumn -> source.timeColumn) else Nil
    val frame = scanner.scan(owner, source, time, range, wheresFirst = false)
    if (isEvents) requireTime(frame)
    val skew = Definitions.skewKeys(join)
    val filter = SkewFilter.sql(
      skew,
      skew.keys.toSeq.sorted.map { key =>
        if (!frame.columns.contains(key))
          throw DefinitionException.of(
            owner,
            "skewKeys",
            key,
            s"no such column on the left; there are ${frame.columns.mkString(", ")}"
          )
        key -> key
      }
    )
    val kept = filter.fold(frame)(frame.where(_))
    if (kept.schema(ds).dataType == StringType) kept
    else kept.withColumn(ds, Sql.column(ds).cast(StringType))
  }

  private def requireTime(frame: DataFrame): Unit =
    frame.schema.fields.find(_.name == Constants.TimeColumn) match {
      case None => throw DefinitionException.of(
          owner,
          Constants.TimeColumn,
          null,
          s"an event source needs a time; set time_column in the query, or have a `${Constants.TimeColumn}` column in ${source.table}"
        )
      case Some(field) if field.dataType != LongType =>
        throw DefinitionException.of(
          owner,
          Constants.TimeColumn,
          field.dataType.catalogString,
          "time must be a long that holds epoch milliseconds; convert it in time_column"
        )
      case _ =>
    }
}
