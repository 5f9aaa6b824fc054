package ai.chronon.spark.source

import ai.chronon.api.{Accuracy, Constants, DataModel, GroupBy, Sources}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.types.{BooleanType, DataType, LongType, StringType, StructType}

import scala.collection.JavaConverters._

/** Input rows of a group-by for a range of days: its sources, each over the partitions that its windows reach, united.
  *
  * Output: the partition column as text, the keys, `ts` where the definition has a time, and the selected columns of the
  * first source. Rows whose keys are all null are gone. A null `ts` fails the task that reads it, where time matters.
  *
  * @param asWritten   see [[SourceView.of]]
  * @param alwaysTimed whether rows need a time although no aggregation asks for it
  */
final class GroupByScan(
    tables: TableUtils,
    groupBy: GroupBy,
    asWritten: Boolean = false,
    alwaysTimed: Boolean = false
) {
  private val scanner = new SourceScanner(tables)
  private val spec = tables.partitionSpec
  private val ds = tables.partitionColumn
  private val owner = Definitions.label(groupBy)
  private val sources = Definitions.sources(groupBy, asWritten)
  private val accuracy = Sources.accuracy(groupBy)
  private val needsTime = alwaysTimed || Definitions.needsTime(groupBy)
  private val keys = groupBy.getKeyColumns.asScala.toList

  /** @param query days for which values are wanted
    * @param skew  filters on key columns that the join asks for
    */
  def frame(query: PartitionRange, skew: Seq[String] = Nil): DataFrame = frame(scanned(_, query), skew)

  /** The mutations of entities on the days of `query`. Besides the columns of [[frame]] there are `is_before`, true for a row that
    * is taken back, and `mutation_ts`, the time of the change; rows without one are gone.
    *
    * @param skew as for [[frame]]
    */
  def mutations(query: PartitionRange, skew: Seq[String] = Nil): DataFrame = {
    val mutations = sources.map(_.mutations(owner))
    val rows = united(mutations, s => defaults(s) ++ mutationDefaults(s), scanned(_, query), skew)
    requireType(rows, Constants.ReversalColumn, BooleanType, "reversal_column")
    requireType(rows, Constants.MutationTimeColumn, LongType, "mutation_time_column")
    rows.where(Sql.column(Constants.MutationTimeColumn).isNotNull)
  }

  /** The columns of the input, whatever partitions there are: none is looked at. */
  def schema: StructType = frame(_ => PartitionRange(None, None, spec), Nil).schema

  private def frame(range: SourceView => PartitionRange, skew: Seq[String]): DataFrame =
    united(sources, defaults, range, skew)

  private def united(
      sources: Seq[SourceView],
      defaults: SourceView => Seq[(String, Option[String])],
      range: SourceView => PartitionRange,
      skew: Seq[String]
  ): DataFrame = {
    val frames = sources.map { source =>
      textPartition(scanner.scan(owner, source, defaults(source), range(source), wheresFirst = true))
    }
    val united = frames.tail.zip(sources.tail).foldLeft(frames.head) { case (all, (next, source)) =>
      all.columns.find(!next.columns.contains(_)).foreach { missing =>
        throw DefinitionException.of(
          owner,
          missing,
          source.table,
          s"the first source (${sources.head.table}) has this column, this one does not; select it from every source"
        )
      }
      all.union(next.select(all.columns.toSeq.map(Sql.column): _*))
    }
    requireKeys(united)
    val filtered = skew.foldLeft(united)((frame, filter) => frame.where(filter))
    val keyed = filtered.where(keys.map(k => Sql.column(k).isNotNull).reduce(_ || _))
    if (needsTime) checkedTime(keyed) else keyed
  }

  /** Partitions of one source that the values of `query` depend on. */
  def scanned(source: SourceView, query: PartitionRange): PartitionRange = {
    val end = (query.end ++ source.endPartition).reduceOption((a, b) => if (a <= b) a else b)
    if (source.model == DataModel.Entities)
      PartitionRange((query.start ++ source.startPartition).reduceOption(max), end, spec)
    else if (source.cumulative) {
      val last = source.endPartition
        .orElse(tables.lastPartition(source.reference, source.partitionColumn.getOrElse(ds)))
        .getOrElse(throw DefinitionException.of(
          owner,
          "table",
          source.table,
          "a cumulative source must have at least one partition"
        ))
      PartitionRange.of(last, last, spec)
    } else {
      val sourceStart = source.startPartition
        .orElse(tables.firstPartition(source.reference, source.partitionColumn.getOrElse(ds)))
      val windowStart = for (start <- query.start; window <- Definitions.maxWindowMillis(groupBy))
        yield spec.at(spec.epochMillis(spec.shift(start, -1)) - window)
      PartitionRange((windowStart ++ sourceStart).reduceOption(max), end, spec)
    }
  }

  private def defaults(source: SourceView): Seq[(String, Option[String])] = {
    val time: Option[(String, Option[String])] =
      if (source.model == DataModel.Entities) source.timeColumn.map(c => Constants.TimeColumn -> Option(c))
      else if (accuracy == Accuracy.TEMPORAL) Some(Constants.TimeColumn -> source.timeColumn)
      else Some(Constants.TimeColumn ->
        source.timeColumn.orElse(Some(endOfDay(source.partitionColumn.getOrElse(ds)))))
    keys.map(k => k -> Option.empty[String]) ++ time
  }

  private def mutationDefaults(source: SourceView): Seq[(String, Option[String])] = Seq(
    Constants.ReversalColumn -> source.reversalColumn,
    Constants.MutationTimeColumn -> source.mutationTimeColumn
  )

  private def requireType(frame: DataFrame, column: String, wanted: DataType, field: String): Unit = {
    val found = frame.schema.fields.find(_.name == column).map(_.dataType.catalogString)
    if (!found.contains(wanted.catalogString))
      throw DefinitionException.of(
        owner,
        column,
        found.orNull,
        s"mutations need it as ${wanted.catalogString}; set $field in the query, or have such a column in " +
          sources.map(_.mutations(owner).table).mkString(", ")
      )
  }

  private def endOfDay(partition: String): String =
    s"((unix_timestamp(${Sql.name(partition)}, ${Sql.text(spec.format)}) + 86400) * 1000) - 1"

  private def textPartition(frame: DataFrame): DataFrame =
    if (frame.columns.contains(ds) && frame.schema(ds).dataType != StringType)
      frame.withColumn(ds, Sql.column(ds).cast(StringType))
    else frame

  private def requireKeys(frame: DataFrame): Unit = keys.find(!frame.columns.contains(_)).foreach { key =>
    throw DefinitionException.of(
      owner,
      "keys",
      key,
      s"no such column in the source; there are ${frame.columns.mkString(", ")}"
    )
  }

  private def checkedTime(frame: DataFrame): DataFrame = {
    val time = Constants.TimeColumn
    if (!frame.columns.contains(time))
      throw DefinitionException.of(
        owner,
        time,
        null,
        s"${if (alwaysTimed) "mutations" else "windows and first/last"} need a time; set time_column in the query, or have a `$time` column in ${sources.map(_.table).mkString(", ")}"
      )
    val found = frame.schema(time).dataType
    if (found != LongType)
      throw DefinitionException.of(
        owner,
        time,
        found.catalogString,
        "time must be a long that holds epoch milliseconds; convert it in time_column"
      )
    frame.withColumn(time, SourceTime.required(owner, frame, ds))
  }

  private def max(a: String, b: String): String = if (a >= b) a else b

}
