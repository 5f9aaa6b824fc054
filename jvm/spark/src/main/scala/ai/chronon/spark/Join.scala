package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{ColumnNames, Constants, Sources, TableNames}
import ai.chronon.spark.catalog.{PartitionRange, TableUtils, WriteResult}
import ai.chronon.spark.job._
import ai.chronon.spark.pit.PointInTimeJoin
import org.apache.spark.sql.DataFrame
import org.slf4j.LoggerFactory

/** Backfill of a join: fills the missing partitions of its output table, a few days at a time.
  *
  * Everything that can be wrong with the definition is found before the first table is touched: unsupported parts, then
  * names and types of all columns, then the kernel's own checks. Each step is one execution: scan, features, write. No
  * part or bootstrap tables are written in between.
  *
  * @param endPartition       last partition to compute
  * @param skipFirstHole      leave partitions alone that precede the earliest one of the output
  * @param unsetSemanticHash  forget the stored hash: nothing is archived, and the new hash is stored
  * @param show               told one line per step
  */
final class Join(
    join: api.Join,
    endPartition: String,
    tables: TableUtils,
    skipFirstHole: Boolean = true,
    unsetSemanticHash: Boolean = false,
    show: String => Unit = _ => (),
    pointInTime: JoinAssembler.PointInTime = PointInTimeJoin.apply(_, _, _)
) {
  private val log = LoggerFactory.getLogger(getClass)
  private val owner = Definitions.label(join)
  private val spec = tables.partitionSpec

  checkShape()
  private val output = TableNames.output(join.getMetaData)
  private val left = new LeftFrame(tables, join)
  private val parts = Definitions.joinParts(join).map(PartPlan.of(left.source.model, _))
  private val assembler = new JoinAssembler(tables, join, parts, left, pointInTime)

  /** Fills every missing partition and returns the output table.
    *
    * @param stepDays               partitions per step
    * @param overrideStartPartition first partition to compute, instead of the left's own start
    * @throws DefinitionException when the definition does not fit the tables; nothing has been written then
    */
  def computeJoin(stepDays: Option[Int] = None, overrideStartPartition: Option[String] = None): DataFrame = {
    left.requirePartitions()
    runSetups()
    val wanted = rangeToFill(overrideStartPartition)
    requireStart(wanted)
    archiveChanged()
    val holes = tables.unfilledRanges(
      output,
      wanted,
      Seq((left.source.reference, left.source.partitionColumn.getOrElse(tables.partitionColumn))),
      skipFirstHole = skipFirstHole
    )
    val steps = holes.flatMap(_.steps(stepDays.getOrElse(Join.DefaultStepDays)))
    if (steps.isEmpty) log.info(s"$output: nothing to fill in $wanted")
    val progress = new StepProgress(output, steps.length, show)
    steps.foreach(computeStep(_, progress))
    if (!tables.exists(output))
      throw DefinitionException.of(
        owner,
        "left",
        left.source.table,
        s"no partition in $wanted has rows, so there is no table $output to return"
      )
    tables.spark.table(output)
  }

  private def checkShape(): Unit = {
    if (join.getMetaData == null || join.getMetaData.getName == null)
      throw DefinitionException.of(owner, "metaData.name", null, "a join needs a name")
    Seq(
      "outputNamespace" -> join.getMetaData.getOutputNamespace,
      "team" -> join.getMetaData.getTeam
    ).foreach {
      case (field, value) =>
        if (value == null) throw DefinitionException.of(
          owner,
          s"metaData.$field",
          null,
          "must be set; compile the definition again"
        )
    }
    Unsupported.check(join)
    val leftModel = Sources.dataModel(join.getLeft)
    Definitions.joinParts(join).foreach { part =>
      val engine = PartEngine.of(leftModel, part)
      DefinitionChecks.shape(part.getGroupBy, daily = engine == PartEngine.SnapshotEvents)
      if (engine == PartEngine.TemporalEntities) DefinitionChecks.mutations(part.getGroupBy)
    }
    Definitions.joinParts(join).groupBy(ColumnNames.fullPrefix).collect {
      case (prefix, same) if same.length > 1 =>
        throw DefinitionException.of(
          owner,
          "joinParts",
          prefix,
          s"${same.length} parts would give the same columns; set a prefix on all but one"
        )
    }
  }

  private def runSetups(): Unit = {
    val all = left.source.setups ++
      parts.flatMap(p => Definitions.sources(p.part.getGroupBy)).flatMap(_.setups)
    Setups.run(tables, all)
  }

  private def rangeToFill(overrideStart: Option[String]): PartitionRange = {
    val end = (left.source.endPartition.toSeq :+ endPartition).min
    val metaData = join.getMetaData
    val start =
      if (metaData.isSetHistoricalBackfill && !metaData.isHistoricalBackfill) Some(end)
      else overrideStart.orElse(left.source.startPartition)
        .orElse(tables.firstPartition(
          left.source.reference,
          left.source.partitionColumn.getOrElse(tables.partitionColumn)
        ))
    PartitionRange(start, Some(end), spec)
  }

  private def requireStart(wanted: PartitionRange): Unit =
    if (wanted.start.isEmpty)
      throw DefinitionException.of(
        owner,
        "left",
        left.source.table,
        "the table has no partitions, and the query has no start_partition"
      )

  /** Puts tables of another meaning aside. One day is planned first, without running it, so that nothing is moved for a
    * definition that does not resolve; without such tables the first step finds that out before it writes.
    */
  private def archiveChanged(): Unit = {
    val stored = if (unsetSemanticHash) None else SemanticHashes.stored(tables, output)
    val changed = stored.toSeq.flatMap(SemanticHashes.tablesToArchive(join, output, _))
    if (changed.nonEmpty) {
      val day = PartitionRange.of(endPartition, endPartition, spec)
      assembler.assemble(day, day).schema
      changed.foreach { table =>
        tables.archive(table).foreach(to => show(s"$output: the definition changed; $table is now $to"))
      }
    }
  }

  private def computeStep(range: PartitionRange, progress: StepProgress): Unit = {
    progress.starting()
    val days = if (assembler.needsDaysOfTime) left.daysOfTime(range) else Some(range)
    days match {
      case None       => progress.skipped(range)
      case Some(days) => progress.finished(range, save(assembler.assemble(range, days)))
    }
  }

  private def save(frame: DataFrame): WriteResult = {
    val properties = Definitions.properties(join.getMetaData) ++ Map(
      Constants.ChrononGenerated -> "true",
      Constants.ChrononTableType -> "join"
    ) ++ SemanticHashes.properties(join)
    tables.insertPartitions(frame, output, properties, autoExpand = true)
  }
}

object Join {
  val DefaultStepDays = 30
}
