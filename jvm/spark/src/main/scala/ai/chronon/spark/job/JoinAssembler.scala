package ai.chronon.spark.job

import ai.chronon.api.{ColumnNames, Constants, Join}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.pit.{MutationColumns, PitResolution, PointInTimeSpec}
import ai.chronon.spark.source.{EntityChanges, GroupByScan, SkewFilter, SourceTime}
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{col, lit}

/** Puts all parts on the left of one step, as one plan.
  *
  * Parts on the same left keys are applied one after the other, temporal ones first, so that they share the exchange and
  * the sort of the left; the final projection restores the order of columns. Parts that read entity snapshots come last,
  * because they need the partition of the snapshot as one more key.
  *
  * Output: columns in the order of [[ColumnOrder]]; exactly the left rows, except that an entity snapshot without
  * aggregations multiplies them where it holds a key twice.
  */
final class JoinAssembler(
    tables: TableUtils,
    join: Join,
    parts: Seq[PartPlan],
    left: LeftFrame,
    pointInTime: JoinAssembler.PointInTime
) {
  private val owner = Definitions.label(join)
  private val ds = tables.partitionColumn
  private val spec = tables.partitionSpec
  private val ts: Column = col(Constants.TimeColumn)

  // A partition that no input column can have as its name.
  private val SnapshotDay = "__chronon_snapshot_ds"

  /** Whether the days of the left rows' times must be known to choose what to scan. */
  val needsDaysOfTime: Boolean = left.isEvents && parts.exists(_.engine != PartEngine.TemporalEvents)

  /** @param range partitions of the left
    * @param days  days of its times; only read if [[needsDaysOfTime]]
    */
  def assemble(range: PartitionRange, days: PartitionRange): DataFrame = {
    val rows = left.read(range)
    val (ofSnapshots, others) = parts.partition(p => readsSnapshots(p.engine))
    val (withOthers, otherColumns) = applyAll(rows, sharingKeys(others), range, days)
    val keyed = if (ofSnapshots.isEmpty) withOthers else withOthers.withColumn(SnapshotDay, snapshotDay)
    val (complete, snapshotColumns) = applyAll(keyed, sharingKeys(ofSnapshots), range, days)
    val values = otherColumns ++ snapshotColumns
    val order = ColumnOrder.of(
      rows.columns.toSeq,
      left.isEvents,
      ds,
      parts.map(p => ColumnOrder.Part(SelectedKeys.inStoredOrder(p.keys) ++ timeKeys(p), values(p)))
    )
    complete.select(order.map(Sql.column): _*)
  }

  /** Parts grouped by the set of their left keys, groups in order of first appearance, temporal before snapshot. */
  private def sharingKeys(some: Seq[PartPlan]): Seq[PartPlan] = {
    val groups = some.map(keySet).distinct
    some.sortBy(p => (groups.indexOf(keySet(p)), rank(p.engine)))
  }

  private def readsSnapshots(engine: PartEngine): Boolean =
    engine == PartEngine.AggregatedEntities || engine == PartEngine.PlainEntities

  private def keySet(part: PartPlan): Seq[String] = part.keys.map(_.left).sorted

  private def rank(engine: PartEngine): Int = engine match {
    case PartEngine.TemporalEvents     => 0
    case PartEngine.TemporalEntities   => 1
    case PartEngine.SnapshotEvents     => 2
    case PartEngine.AggregatedEntities => 3
    case PartEngine.PlainEntities      => 4
  }

  private def applyAll(
      rows: DataFrame,
      some: Seq[PartPlan],
      range: PartitionRange,
      days: PartitionRange
  ): (DataFrame, Map[PartPlan, Seq[String]]) =
    some.foldLeft((rows, Map.empty[PartPlan, Seq[String]])) { case ((frame, columns), part) =>
      val joined = applyPart(frame, part, range, days)
      val added = joined.columns.toSeq.drop(frame.columns.length)
      (joined, columns + (part -> added))
    }

  private def applyPart(
      frame: DataFrame,
      part: PartPlan,
      range: PartitionRange,
      days: PartitionRange
  ): DataFrame = {
    val right = scan(part, range, days)
    DefinitionChecks.keys(owner, part, frame.schema, right.schema)
    DefinitionChecks.columns(part.part.getGroupBy, right.schema)
    requireNew(frame, outputs(right, part), part)
    part.engine match {
      case PartEngine.TemporalEvents =>
        pit(frame, right, part, ts, ts, PitResolution.FiveMinute)
      case PartEngine.SnapshotEvents if left.isEvents =>
        pit(frame, right, part, SourceTime.startOfDay, ts, PitResolution.Daily)
      case PartEngine.SnapshotEvents =>
        pit(frame, right, part, endOfPartition(ds), ts, PitResolution.Daily)
      case PartEngine.AggregatedEntities =>
        val rightTime = if (Definitions.needsTime(part.part.getGroupBy)) ts else lit(0L)
        pit(frame, right, part, endOfPartition(SnapshotDay), rightTime, PitResolution.Exact)
      case PartEngine.PlainEntities    => plain(frame, right, part)
      case PartEngine.TemporalEntities =>
        val columns = EntityChanges.columns(leftDay = SourceTime.startOfDay)
        pit(frame, right, part, ts, EntityChanges.time, PitResolution.FiveMinute, Some(columns))
    }
  }

  private def scan(part: PartPlan, range: PartitionRange, days: PartitionRange): DataFrame = {
    val groupBy = part.part.getGroupBy
    val skew = skewFilter(part).toSeq
    part.engine match {
      case PartEngine.TemporalEntities => new EntityChanges(tables, groupBy).frame(days, skew)
      case PartEngine.TemporalEvents   => new GroupByScan(tables, groupBy).frame(range, skew)
      case _                           =>
        new GroupByScan(tables, groupBy).frame(if (left.isEvents) days.shift(-1) else range, skew)
    }
  }

  /** Names that a part adds. */
  private def outputs(right: DataFrame, part: PartPlan): Seq[String] =
    if (part.engine == PartEngine.PlainEntities) plainValues(right, part).map(c => s"${part.prefix}_$c")
    else ColumnNames.values(part.part)

  private def plainValues(right: DataFrame, part: PartPlan): Seq[String] =
    right.columns.toSeq.filterNot(c =>
      part.keys.exists(_.right == c) || Constants.ReservedColumns(ds).contains(c)
    )

  private def pit(
      frame: DataFrame,
      right: DataFrame,
      part: PartPlan,
      queryTime: Column,
      rightTime: Column,
      resolution: PitResolution,
      mutations: Option[MutationColumns] = None
  ): DataFrame = {
    // one order of keys for one set of keys: the next part then finds the rows hashed as it needs them
    val keys = part.keys.sortBy(_.left).map(k => (k.left, k.right)) ++
      (if (part.engine == PartEngine.AggregatedEntities) Seq((SnapshotDay, ds)) else Nil)
    pointInTime(
      frame,
      right,
      PointInTimeSpec(
        part.part.getGroupBy,
        keys.map(_._1),
        keys.map(_._2),
        queryTime,
        rightTime,
        resolution,
        part.prefix + "_",
        mutations,
        together = Some(ds)
      )
    )
  }

  /** The snapshot's columns as they are, prefixed, on equal keys and day. */
  private def plain(frame: DataFrame, right: DataFrame, part: PartPlan): DataFrame = {
    val keys = part.keys.map(k => (k.left, k.right)) :+ ((SnapshotDay, ds))
    val hidden = keys.indices.map(i => s"__chronon_right_key_$i")
    val renamed = right.select(
      keys.zip(hidden).map { case ((_, from), to) => Sql.column(from).as(to) } ++
        plainValues(right, part).map(c => Sql.column(c).as(s"${part.prefix}_$c")): _*
    )
    val condition = keys.zip(hidden).map { case ((name, _), other) =>
      frame(Sql.name(name)) === renamed(other)
    }.reduce(_ && _)
    frame.join(renamed, condition, "left_outer").drop(hidden: _*)
  }

  private def requireNew(frame: DataFrame, added: Seq[String], part: PartPlan): Unit = {
    val known = frame.columns.map(_.toLowerCase).toSet
    added.find(c => known(c.toLowerCase)).foreach { column =>
      throw DefinitionException.of(
        owner,
        column,
        null,
        s"${part.label} gives a column that the left or another part has already; give the part a prefix"
      )
    }
  }

  private def skewFilter(part: PartPlan): Option[String] =
    SkewFilter.sql(Definitions.skewKeys(join), part.keys.map(k => k.left -> k.right))

  private def snapshotDay: Column = if (left.isEvents) SourceTime.previousDay(spec.format) else Sql.column(ds)

  private def endOfPartition(column: String): Column =
    if (column == SnapshotDay && left.isEvents) SourceTime.startOfDay
    else SourceTime.endOfPartition(ds, spec.format)

  private def timeKeys(part: PartPlan): Seq[String] = part.engine match {
    case PartEngine.TemporalEvents | PartEngine.TemporalEntities => ColumnOrder.TimeKeys.temporal(ds)
    case _ if left.isEvents                                      => ColumnOrder.TimeKeys.snapshotOfEvents
    case _                                                       => ColumnOrder.TimeKeys.entities(ds)
  }

}

object JoinAssembler {

  /** Left, right and what to compute, to left with features; production code passes `PointInTimeJoin.apply`. */
  type PointInTime = (DataFrame, DataFrame, PointInTimeSpec) => DataFrame
}
