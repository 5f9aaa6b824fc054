package ai.chronon.spark.catalog

import ai.chronon.spark.Settings
import org.apache.hadoop.fs.Path
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.execution.{CommandResultExec, SparkPlan}
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanExec
import org.apache.spark.sql.functions.{hash, lit, pmod}
import org.apache.spark.sql.types._

import java.util.UUID

/** What one write did. */
final case class WriteResult(rows: Long, files: Long, bytes: Long, partitions: Long)

/** Writes a frame over the partitions that it has rows for, in one execution.
  *
  * Files go to a hidden staging folder below the table first; they are moved into their partitions, and the partitions
  * registered, only after every task has succeeded. A run that dies before that leaves no partition behind, and the next
  * one finds the hole as it was. A partition that was moved but not yet registered is replaced by the next run.
  *
  * A frame without rows writes nothing, so that no partition appears.
  */
private[catalog] final class TableWriter(tables: TableUtils) {
  private val spark = tables.spark

  def insertPartitions(
      frame: DataFrame,
      table: String,
      properties: Map[String, String],
      partitionColumns: Seq[String],
      autoExpand: Boolean
  ): WriteResult = {
    val ordered =
      frame.select(
        (frame.columns.toSeq.filterNot(partitionColumns.contains) ++ partitionColumns).map(Sql.column): _*
      )
    if (!tables.exists(table)) create(ordered, table, properties, partitionColumns)
    val target = align(ordered, table, autoExpand)
    tables.setProperties(table, properties)
    insert(spread(ordered.select(target: _*), partitionColumns), table, partitionColumns)
  }

  /** Makes a table that is not partitioned hold the rows of a frame, and nothing else.
    *
    * The files go into a new folder below the table's; the table is pointed to it, in one step of the catalog, once all are
    * complete, and what was there before is deleted. A run that dies leaves the table as it was.
    */
  def replace(frame: DataFrame, table: String, properties: Map[String, String]): Unit = {
    if (!tables.exists(table)) create(frame, table, properties, Nil)
    val target = align(frame, table, autoExpand = false)
    val current = new Path(tables.location(table))
    val base = if (current.getName.startsWith(TableWriter.Run)) current.getParent else current
    val folder = new Path(base, TableWriter.Run + UUID.randomUUID())
    frame.select(target: _*).write.format(NativeParquet.format(spark)).save(folder.toString)
    val files = base.getFileSystem(spark.sessionState.newHadoopConf())
    tables.move(table, files.makeQualified(folder).toUri, properties)
    files.listStatus(base).map(_.getPath).filter(_.getName != folder.getName).foreach(files.delete(_, true))
  }

  private def create(
      frame: DataFrame,
      table: String,
      properties: Map[String, String],
      partitionColumns: Seq[String]
  ): Unit = {
    Settings.TableWriteFormat.read(spark)
    val (partitioned, plain) = frame.schema.fields.toSeq.partition(f => partitionColumns.contains(f.name))
    val named = if (properties.isEmpty) "" else s"\nTBLPROPERTIES (${tables.propertyList(properties)})"
    tables.sql(
      s"""CREATE TABLE IF NOT EXISTS $table (
         |  ${plain.map(definition).mkString(",\n  ")}
         |)
         |${if (partitioned.isEmpty) ""
        else
          s"PARTITIONED BY (${partitioned.map(definition).mkString(", ")})\n"}STORED AS PARQUET$named""".stripMargin
    )
    tables.forget(table)
  }

  /** Columns of the frame in the order of the table, which wins once it exists. */
  private def align(frame: DataFrame, table: String, autoExpand: Boolean): Seq[Column] = {
    val inTable = tables.schema(table).fields.toSeq
    val inFrame = frame.schema.fields.toSeq
    inFrame.foreach { field =>
      same(inTable, field).foreach { stored =>
        if (stored.dataType.catalogString != field.dataType.catalogString)
          throw new TableSchemaException(
            table,
            field.name,
            stored.dataType.catalogString,
            field.dataType.catalogString
          )
      }
    }
    val added = inFrame.filter(same(inTable, _).isEmpty)
    val dropped = inTable.filter(same(inFrame, _).isEmpty)
    if (!autoExpand) {
      added.headOption.foreach(f =>
        throw new TableSchemaException(table, f.name, "missing", f.dataType.catalogString)
      )
      dropped.headOption.foreach(f =>
        throw new TableSchemaException(table, f.name, f.dataType.catalogString, "missing")
      )
    }
    if (added.nonEmpty) {
      tables.sql(s"ALTER TABLE $table ADD COLUMNS (${added.map(definition).mkString(", ")})")
      tables.setProperties(table, Map(TableUtils.Dynamic -> "true"))
      tables.forget(table)
    }
    tables.schema(table).fields.toSeq.map { stored =>
      same(
        inFrame,
        stored
      ).map(f => Sql.column(f.name).as(stored.name)).getOrElse(lit(
        null
      ).cast(stored.dataType).as(stored.name))
    }
  }

  /** One file per task and partition is Spark's own choice; a setting fixes the number instead. */
  private def spread(frame: DataFrame, partitionColumns: Seq[String]): DataFrame =
    Settings.OutputParallelism.read(spark) match {
      case None        => frame
      case Some(1)     => frame.repartition(Sql.column(partitionColumns.head))
      case Some(files) =>
        // a hash of the row and not a random number: a retried task must produce the same rows
        frame.repartition(Sql.column(partitionColumns.head), pmod(hash(hashable(frame): _*), lit(files)))
    }

  private def hashable(frame: DataFrame): Seq[Column] =
    frame.schema.fields.toSeq
      .filter(_.dataType match {
        case _: ArrayType | _: MapType | _: StructType => false
        case _                                         => true
      })
      .map(f => Sql.column(f.name))

  private def insert(frame: DataFrame, table: String, partitionColumns: Seq[String]): WriteResult = {
    // Anything but dynamic would empty the whole table.
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    val view = "chronon_write_" + UUID.randomUUID().toString.replace('-', '_')
    frame.createTempView(view)
    try {
      val columns = frame.columns.map(Sql.name).mkString(", ")
      val done = withoutNumberDictionaries(frame) {
        NativeParquet.run(
          spark,
          s"INSERT OVERWRITE TABLE $table PARTITION (${partitionColumns.map(Sql.name).mkString(", ")}) SELECT $columns FROM $view"
        )
      }
      resultOf(done.queryExecution.executedPlan)
    } finally {
      spark.catalog.dropTempView(view)
      tables.forgetPartitions(table)
    }
  }

  /** Numbers are written plainly: features rarely repeat, so Parquet would look every value up in a dictionary and then
    * give the dictionary up, which takes longer than all the rest of the write.
    */
  private def withoutNumberDictionaries[T](frame: DataFrame)(write: => T): T = {
    val settings = frame.schema.fields.toSeq
      .collect { case StructField(name, _: NumericType, _, _) => s"parquet.enable.dictionary#$name" }
      .filter(spark.conf.getOption(_).isEmpty)
    settings.foreach(spark.conf.set(_, "false"))
    try write
    finally settings.foreach(spark.conf.unset)
  }

  private def resultOf(plan: SparkPlan): WriteResult = {
    val command = commandOf(plan)
    def metric(name: String): Long = command.metrics.get(name).map(_.value).getOrElse(0L)
    WriteResult(metric("numOutputRows"), metric("numFiles"), metric("numOutputBytes"), metric("numParts"))
  }

  @annotation.tailrec
  private def commandOf(plan: SparkPlan): SparkPlan = plan match {
    case result: CommandResultExec       => commandOf(result.commandPhysicalPlan)
    case adaptive: AdaptiveSparkPlanExec => commandOf(adaptive.executedPlan)
    case command                         => command
  }

  private def same(fields: Seq[StructField], field: StructField): Option[StructField] =
    fields.find(_.name.equalsIgnoreCase(field.name))

  private def definition(field: StructField): String =
    s"${Sql.name(field.name)} ${field.dataType.catalogString}"

}

private[catalog] object TableWriter {

  /** How the name of a folder begins that holds the rows of one run. */
  private val Run = "run-"
}
