package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{Constants, DataModel, Sources, TableNames}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.job._
import ai.chronon.spark.pit.{PitResolution, PointInTimeJoin, PointInTimeSpec}
import ai.chronon.spark.source.{GroupByScan, SourceScanner, SourceTime}
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{array, explode, lit}
import org.slf4j.LoggerFactory

import scala.collection.JavaConverters._
import scala.util.control.NonFatal

/** Backfill of a group-by: one row per key and day with the values as of the end of that day.
  *
  * Keys of a day are all keys that the scanned windows hold; rows of an event group-by whose values are all null are left
  * out. An entity group-by without aggregations is stored as its input stands.
  *
  * Output columns: keys, values in the order of the aggregations, partition column.
  */
final class GroupBy(
    groupBy: api.GroupBy,
    endPartition: String,
    tables: TableUtils,
    skipFirstHole: Boolean = true,
    show: String => Unit = _ => (),
    pointInTime: JoinAssembler.PointInTime = PointInTimeJoin.apply(_, _, _)
) {
  private val log = LoggerFactory.getLogger(getClass)
  private val owner = Definitions.label(groupBy)
  private val spec = tables.partitionSpec
  private val ds = tables.partitionColumn

  Unsupported.check(groupBy)
  DefinitionChecks.shape(groupBy, daily = Sources.dataModel(groupBy) == DataModel.Events)
  private val keys = groupBy.getKeyColumns.asScala.toList
  private val sources = Definitions.sources(groupBy)
  private val model = Sources.dataModel(groupBy)
  private val scan = new GroupByScan(tables, groupBy)

  /** Fills the missing partitions of the output table.
    *
    * A hole that fails does not keep the others from being filled; all failures are told at the end.
    */
  def computeBackfill(
      stepDays: Option[Int] = None,
      overrideStartPartition: Option[String] = None
  ): DataFrame = {
    val metaData = groupBy.getMetaData
    if (metaData.getOutputNamespace == null)
      throw DefinitionException.of(
        owner,
        "metaData.outputNamespace",
        null,
        "must be set; compile the definition again"
      )
    val output = TableNames.output(metaData)
    if (groupBy.getBackfillStartDate == null)
      throw DefinitionException.of(owner, "backfillStartDate", null, "a backfill needs a start date")
    sources.foreach(new SourceScanner(tables).requireTable(owner, _))
    Setups.run(tables, sources.flatMap(_.setups))
    val start =
      if (metaData.isSetHistoricalBackfill && !metaData.isHistoricalBackfill) endPartition
      else overrideStartPartition.getOrElse(groupBy.getBackfillStartDate)
    compute(PartitionRange.of(
      endPartition,
      endPartition,
      spec
    )).schema // finds what does not resolve before any write
    val inputs =
      if (sources.exists(_.cumulative)) Nil
      else sources.map(s => (s.reference.copy(filters = Map.empty), s.partitionColumn.getOrElse(ds)))
    val holes = tables.unfilledRanges(
      output,
      PartitionRange.of(start, endPartition, spec),
      inputs,
      skipFirstHole = skipFirstHole
    )
    val days = stepDays.getOrElse(Join.DefaultStepDays)
    val progress = new StepProgress(output, holes.map(_.steps(days).length).sum, show)
    val failures = holes.flatMap { hole =>
      try {
        hole.steps(days).foreach { step =>
          progress.starting()
          progress.finished(step, tables.insertPartitions(compute(step), output, properties(metaData)))
        }
        None
      } catch {
        case NonFatal(e) =>
          log.error(s"$output: the hole $hole failed", e)
          Some(hole -> e)
      }
    }
    if (failures.nonEmpty)
      throw new DefinitionException(
        owner,
        None,
        None,
        failures.map { case (hole, e) => s"$hole: ${DefinitionException.explain(e)}" }.mkString(
          "failed for ",
          "; ",
          ""
        ),
        failures.head._2
      )
    if (!tables.exists(output))
      throw DefinitionException.of(
        owner,
        "sources",
        sources.map(_.table).mkString(", "),
        s"no data in [$start…$endPartition]"
      )
    tables.spark.table(output)
  }

  /** Values of every day of a range. */
  def compute(range: PartitionRange): DataFrame = {
    val input = scan.frame(range)
    DefinitionChecks.columns(groupBy, input.schema)
    if (Definitions.aggregations(groupBy).isEmpty) input
    else if (model == DataModel.Events) snapshotEvents(input, range)
    else snapshotEntities(input)
  }

  private def snapshotEvents(input: DataFrame, range: PartitionRange): DataFrame = {
    val days = range.partitions
    val queries = input.select(keys.map(Sql.column): _*).distinct()
      .withColumn(ds, explode(array(days.map(lit(_)): _*)))
    val values = aggregate(queries, input, Nil, Sql.column(Constants.TimeColumn), PitResolution.Daily)
    val features = values.columns.filterNot((keys :+ ds).contains)
    if (features.isEmpty) values else values.where(features.map(Sql.column(_).isNotNull).reduce(_ || _))
  }

  private def snapshotEntities(input: DataFrame): DataFrame = {
    val queries = input.select((keys :+ ds).map(Sql.column): _*).distinct()
    val time = if (Definitions.needsTime(groupBy)) Sql.column(Constants.TimeColumn) else lit(0L)
    aggregate(queries, input, Seq(ds), time, PitResolution.Exact)
  }

  private def aggregate(
      queries: DataFrame,
      input: DataFrame,
      moreKeys: Seq[String],
      time: Column,
      resolution: PitResolution
  ): DataFrame = {
    val nullSafe = new NullSafeKeys(keys)
    val names = nullSafe.names ++ moreKeys
    val left = nullSafe.addTo(queries)
    val queryTime = SourceTime.endOfPartition(ds, spec.format)
    val joined = pointInTime(
      left,
      nullSafe.addTo(input),
      PointInTimeSpec(groupBy, names, names, queryTime, time, resolution, "", together = Some(ds))
    )
    val features = joined.columns.toSeq.drop(left.columns.length)
    joined.select((keys ++ features :+ ds).map(Sql.column): _*)
  }

  private def properties(metaData: api.MetaData): Map[String, String] =
    Definitions.properties(metaData) ++
      Map(Constants.ChrononGenerated -> "true", Constants.ChrononTableType -> "group_by")

}
