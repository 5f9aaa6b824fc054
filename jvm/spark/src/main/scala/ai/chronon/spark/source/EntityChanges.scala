package ai.chronon.spark.source

import ai.chronon.api.{Constants, GroupBy}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.job.DefinitionChecks
import ai.chronon.spark.pit.MutationColumns
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions.{coalesce, col, lit, not}
import org.apache.spark.sql.types.{BooleanType, StructType}

import scala.collection.JavaConverters._

/** Rows of entities with mutations for a range of days: of each day the snapshot of the day before, and its mutations.
  *
  * Output: keys, what the aggregations read, and what [[EntityChanges.columns]] names. A day's rows are those of its partitions, whatever
  * time they have; without its snapshot its mutations are all there is.
  */
final class EntityChanges(tables: TableUtils, groupBy: GroupBy) {
  import EntityChanges._

  private val owner = Definitions.label(groupBy)
  private val scan = new GroupByScan(tables, groupBy, alwaysTimed = true)
  private val ds = tables.partitionColumn
  private val format = tables.partitionSpec.format

  /** @param days for whose moments states are wanted
    * @param skew filters on key columns that the join asks for
    */
  def frame(days: PartitionRange, skew: Seq[String]): DataFrame = {
    val snapshot = scan.frame(days.shift(-1), skew)
    val mutations = scan.mutations(days, skew)
    DefinitionChecks.columns(groupBy, snapshot.schema)
    requireSame(snapshot.schema, mutations.schema)
    val ofSnapshot = snapshot.select(
      read ++ Seq(
        SourceTime.endOfPartition(ds, format).as(Day),
        rowTime.as(Time),
        lit(null).cast(BooleanType).as(Added)
      ): _*
    )
    val ofMutations = mutations.select(
      read ++ Seq(
        SourceTime.startOfPartition(ds, format).as(Day),
        Sql.column(Constants.MutationTimeColumn).as(Time),
        not(coalesce(Sql.column(Constants.ReversalColumn), lit(false))).as(Added)
      ): _*
    )
    ofSnapshot.union(ofMutations)
  }

  private val needed: Seq[String] =
    (groupBy.getKeyColumns.asScala ++
      Definitions.aggregations(groupBy).flatMap(a =>
        Option(a.getBuckets).toSeq.flatMap(_.asScala) :+ a.getInputColumn
      )).distinct.toSeq

  private def rowTime: Column = Sql.column(Constants.TimeColumn)

  private def read
      : Seq[Column] = (needed.filterNot(_ == Constants.TimeColumn) :+ Constants.TimeColumn).map(Sql.column)

  /** A union would make one type of two, or name neither table nor column. */
  private def requireSame(snapshot: StructType, mutations: StructType): Unit = {
    def typeIn(schema: StructType, column: String) =
      schema.fields.find(_.name == column).map(_.dataType.catalogString)
    needed.foreach { column =>
      val (there, here) = (typeIn(snapshot, column), typeIn(mutations, column))
      if (there != here)
        throw DefinitionException.of(
          owner,
          column,
          here.orNull,
          s"it is ${there.getOrElse("not there")} in the snapshot; the mutations must have the same columns, so convert one of them in selects"
        )
    }
  }

}

object EntityChanges {
  // Names that no input column can have.
  private val Day = "__chronon_day"
  private val Time = "__chronon_time"
  private val Added = "__chronon_added"

  /** The time of a right row as [[ai.chronon.spark.pit.PointInTimeSpec]] wants it. */
  def time: Column = col(Time)

  /** @param leftDay see [[MutationColumns]] */
  def columns(leftDay: Column): MutationColumns =
    MutationColumns(leftDay, col(Day), col(Added), Sql.column(Constants.TimeColumn))
}
