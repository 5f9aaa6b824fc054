package ai.chronon.spark.catalog

import ai.chronon.api.{Constants, PartitionSpec, Windows}
import ai.chronon.spark.Settings
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.catalyst.TableIdentifier
import org.apache.spark.sql.catalyst.analysis.{NoSuchDatabaseException, NoSuchTableException}
import org.apache.spark.sql.catalyst.catalog.{CatalogTable, CatalogTableType, ExternalCatalogUtils}
import org.apache.spark.sql.catalyst.util.CharVarcharUtils
import org.apache.spark.sql.internal.SQLConf
import org.apache.spark.sql.types.StructType
import org.slf4j.LoggerFactory

import java.net.URI
import java.text.SimpleDateFormat
import java.util.{Date, TimeZone}
import scala.collection.mutable

/** Partitioned Hive tables stored as Parquet, and views: what exists, what is missing, and how a range is written.
  *
  * Lookups are kept for the life of the object, which is one run; whatever this object changes is forgotten at once.
  * Tables of other writers are thus seen as they were when first looked at.
  */
class TableUtils(val spark: SparkSession) {
  private val log = LoggerFactory.getLogger(getClass)
  private val known = mutable.Map.empty[String, Option[CatalogTable]]
  private val schemas = mutable.Map.empty[String, StructType]
  private val listed = mutable.Map.empty[(String, Map[String, String], String), Seq[String]]

  /** Partition column of all outputs, and of inputs that do not name their own. */
  val partitionColumn: String = Settings.PartitionColumn.read(spark)

  /** Format and length of a partition. */
  val partitionSpec: PartitionSpec = PartitionSpec(Settings.PartitionFormat.read(spark), Windows.DayMillis)

  /** What the catalog says about a table; `None` when there is none. Formats that are not built are refused by name. */
  def find(table: String): Option[CatalogTable] = known.getOrElseUpdate(
    table, {
      val found =
        try Some(spark.sessionState.catalog.getTableMetadata(identifier(table)))
        catch { case _: NoSuchTableException | _: NoSuchDatabaseException => None }
      found.foreach { t =>
        val provider = t.provider.getOrElse("hive").toLowerCase
        require(
          t.tableType == CatalogTableType.VIEW ||
            Set("hive", "parquet", "orc", "csv", "json", "avro", "text").contains(provider),
          s"table $table: the format $provider is not built yet; use a Hive table or a view"
        )
      }
      found
    }
  )

  def exists(table: String): Boolean = find(table).isDefined

  /** Columns of a table, partition columns included. */
  def schema(table: String): StructType = schemas.getOrElseUpdate(
    table,
    find(table).flatMap(schemaInCatalog).getOrElse(spark.table(table).schema)
  )

  /** The schema if the catalog alone tells it: not of views, whose text is analyzed, nor where Spark is to look into files. */
  private def schemaInCatalog(table: CatalogTable): Option[StructType] = {
    val inferred = spark.sessionState.conf.caseSensitiveInferenceMode
    if (
      table.tableType == CatalogTableType.VIEW || table.schema.isEmpty ||
      inferred != SQLConf.HiveCaseSensitiveInferenceMode.NEVER_INFER
    ) None
    else Some(CharVarcharUtils.replaceCharVarcharWithStringInSchema(table.schema))
  }

  /** Partitions of `column` that `table` has, each once, in ascending order; none for a table that does not exist or is
    * not partitioned by it. `filters` fix the values of other partition columns.
    */
  def partitions(
      table: String,
      filters: Map[String, String] = Map.empty,
      column: String = partitionColumn
  ): Seq[String] = listed.getOrElseUpdate(
    (table, filters, column),
    find(table) match {
      case None                                                => Nil
      case Some(t) if t.tableType == CatalogTableType.VIEW     => partitionsOfView(table, filters, column)
      case Some(t) if !t.partitionColumnNames.contains(column) => Nil
      case Some(t)                                             =>
        // names instead of the listing call: that one would fetch every partition's storage descriptor
        spark.sessionState.catalog
          .listPartitionNames(t.identifier)
          .map(partitionValues)
          .filter(values => filters.forall { case (k, v) => values.get(k).contains(v) })
          .flatMap(_.get(column))
          .distinct
          .sorted
    }
  )

  private def partitionValues(name: String): Map[String, String] =
    name.split('/').map(_.split("=", 2)).collect { case Array(key, value) =>
      ExternalCatalogUtils.unescapePathName(key) -> ExternalCatalogUtils.unescapePathName(value)
    }.toMap

  private def partitionsOfView(view: String, filters: Map[String, String], column: String): Seq[String] = {
    val conditions = filters.map { case (k, v) => s"(${Sql.name(k)} = ${Sql.text(v)})" }
    val where = if (conditions.isEmpty) "" else conditions.mkString(" WHERE ", " AND ", "")
    spark.sql(s"SELECT DISTINCT CAST(${Sql.name(column)} AS STRING) FROM $view$where")
      .collect().toSeq.flatMap(row => Option(row.getString(0))).sorted
  }

  def firstPartition(table: TableReference, column: String): Option[String] =
    partitions(table.table, table.filters, column).headOption

  def lastPartition(table: TableReference, column: String): Option[String] =
    partitions(table.table, table.filters, column).lastOption

  /** Ranges of `output` still to be computed; see [[Holes.find]]. */
  def unfilledRanges(
      output: String,
      wanted: PartitionRange,
      inputs: Seq[(TableReference, String)],
      inputToOutputShift: Int = 0,
      skipFirstHole: Boolean = true
  ): Seq[PartitionRange] = {
    val offered = inputs.map { case (reference, column) =>
      val days = partitions(reference.table, reference.filters, column)
      Holes.Input(
        reference.table,
        if (inputToOutputShift == 0) days else days.map(partitionSpec.shift(_, inputToOutputShift))
      )
    }
    val plan = Holes.find(output, wanted, partitions(output), offered, skipFirstHole)
    if (plan.skipped > 0)
      log.warn(
        s"$output: ${plan.skipped} partitions before its earliest one are left alone; --run-first-hole fills them"
      )
    plan.ranges
  }

  def properties(table: String): Map[String, String] = find(table).map(_.properties).getOrElse(Map.empty)

  /** Sets those of `properties` that the table does not have with that value, and drops the mark of an archived table. */
  def setProperties(table: String, properties: Map[String, String]): Unit = {
    val current = this.properties(table)
    val changed = properties.filterNot { case (k, v) => current.get(k).contains(v) }
    if (changed.nonEmpty) {
      sql(s"ALTER TABLE $table SET TBLPROPERTIES (${propertyList(changed)})")
      forget(table)
    }
    if (current.contains(TableUtils.Archived)) {
      sql(s"ALTER TABLE $table UNSET TBLPROPERTIES IF EXISTS (${Sql.text(TableUtils.Archived)})")
      forget(table)
    }
  }

  /** Writes a frame over the partitions that it has rows for; see [[TableWriter]]. */
  def insertPartitions(
      frame: DataFrame,
      table: String,
      properties: Map[String, String],
      partitionColumns: Seq[String] = Seq(partitionColumn),
      autoExpand: Boolean = false
  ): WriteResult =
    new TableWriter(this).insertPartitions(frame, table, properties, partitionColumns, autoExpand)

  /** Makes a table that is not partitioned hold the rows of a frame; see [[TableWriter]]. */
  def replace(frame: DataFrame, table: String, properties: Map[String, String]): Unit =
    new TableWriter(this).replace(frame, table, properties)

  /** Renames a table to `<table>_<yyyyMMddHHmmss, UTC>`; nothing is deleted.
    *
    * @return the new name, `None` if there is no such table
    */
  def archive(table: String, now: Date = new Date()): Option[String] = find(table).map { _ =>
    val format = new SimpleDateFormat("yyyyMMddHHmmss")
    format.setTimeZone(TimeZone.getTimeZone("UTC"))
    val target = s"${table}_${format.format(now)}"
    log.info(s"archiving $table as $target")
    sql(s"ALTER TABLE $table RENAME TO $target")
    forget(table)
    forget(target)
    sql(s"ALTER TABLE $target SET TBLPROPERTIES (${propertyList(Map(TableUtils.Archived -> "true"))})")
    target
  }

  /** Drops the given values of the partition column, within the sub-partition given by `filters`. */
  def dropPartitions(
      table: String,
      days: Seq[String],
      column: String = partitionColumn,
      filters: Map[String, String] = Map.empty
  ): Unit = if (days.nonEmpty && exists(table)) {
    val specs = days.map { day =>
      ((column -> day) +: filters.toSeq).map { case (k, v) => s"${Sql.name(k)} = ${Sql.text(v)}" }.mkString(
        "PARTITION (",
        ", ",
        ")"
      )
    }
    sql(s"ALTER TABLE $table DROP IF EXISTS ${specs.mkString(", ")}")
    forget(table)
  }

  /** Runs a statement. */
  def sql(statement: String): DataFrame = {
    log.debug(statement)
    spark.sql(statement)
  }

  /** Where the files of a table are. */
  private[catalog] def location(table: String): URI =
    find(table).map(_.location).getOrElse(throw new IllegalArgumentException(s"there is no table $table"))

  /** Points a table to other files and gives it properties, in one step of the catalog. No statement of SQL does both, and each is
    * planned, and looks at the table, before and after. Statistics of the old files are dropped, if there are any.
    */
  private[catalog] def move(table: String, folder: URI, properties: Map[String, String]): Unit = {
    val catalog = spark.sessionState.catalog
    val current = catalog.getTableMetadata(identifier(table))
    if (current.stats.isDefined) catalog.alterTableStats(current.identifier, None)
    catalog.alterTable(current.copy(
      storage = current.storage.copy(locationUri = Some(folder)),
      properties = current.properties - TableUtils.Archived ++ properties
    ))
    forget(table)
    spark.catalog.refreshTable(table)
  }

  /** Drops what is remembered about a table. */
  private[catalog] def forget(table: String): Unit = {
    known.remove(table)
    schemas.remove(table)
    forgetPartitions(table)
  }

  /** Drops what is remembered about a table's partitions. */
  private[catalog] def forgetPartitions(table: String): Unit =
    listed.keys.filter(_._1 == table).toSeq.foreach(listed.remove)

  private[catalog] def propertyList(properties: Map[String, String]): String =
    properties.toSeq.sortBy(_._1).map { case (k, v) => s"${Sql.text(k)} = ${Sql.text(v)}" }.mkString(", ")

  private def identifier(table: String): TableIdentifier =
    spark.sessionState.sqlParser.parseTableIdentifier(table)
}

object TableUtils {

  /** Property of a table that was renamed away. */
  val Archived: String = Constants.chrononArchiveFlag

  /** Property of a table that gained a column after its creation. */
  val Dynamic: String = Constants.ChrononDynamicTable

  def apply(spark: SparkSession): TableUtils = new TableUtils(spark)
}
