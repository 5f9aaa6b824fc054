package ai.chronon.spark

import ai.chronon.spark.catalog.{Sql, TableUtils}
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.functions.{col, unix_timestamp}
import org.apache.spark.sql.types.{LongType, StringType, TimestampType}
import org.slf4j.LoggerFactory

import java.io.File

/** Files as tables, and tables as files, for trying a definition on one machine without a warehouse. */
final class LocalTables(spark: SparkSession) {
  private val log = LoggerFactory.getLogger(getClass)
  private val partitionColumn = Settings.PartitionColumn.read(spark)

  /** Loads every csv, json and jsonl file below a file or folder. The namespace of a table is the folder names from the
    * root on, joined by `_`, and what precedes the last dot of the file's own name: `t.csv` in `data` is `data.t`,
    * `ns.t.csv` there is `data_ns.t`, a single file is `default.t`.
    */
  def loadAll(root: File): Unit = {
    if (!root.exists())
      throw new cli.UsageException(s"--local-data-path = $root: there is no such file or folder")
    if (root.isFile) load(root, Nil) else loadFolder(root, Seq(root.getName))
  }

  private def loadFolder(folder: File, names: Seq[String]): Unit =
    Option(folder.listFiles()).toSeq.flatten.sortBy(_.getName).foreach { entry =>
      if (entry.isDirectory) loadFolder(entry, names :+ entry.getName) else load(entry, names)
    }

  private def load(file: File, folders: Seq[String]): Unit = LocalTables.extension(file) match {
    case Some(_) =>
      val words = file.getName.split('.').toSeq.init
      val namespace = folders ++ words.init
      loadTable(file, if (namespace.isEmpty) "default" else namespace.mkString("_"), words.last)
    case None => log.warn(s"skipping $file: only ${LocalTables.Extensions.mkString(", ")} are read")
  }

  /** Loads one file as a table; one that exists is left as it is. */
  def loadTable(file: File, namespace: String, table: String): Unit = {
    spark.sql(s"CREATE DATABASE IF NOT EXISTS ${Sql.name(namespace)}")
    val name = s"$namespace.$table"
    if (!spark.catalog.tableExists(name)) {
      val frame = epochMillis(read(file))
      val writer = frame.write.format("parquet")
      (if (frame.columns.contains(partitionColumn)) writer.partitionBy(partitionColumn)
       else writer).saveAsTable(name)
    }
  }

  private def read(file: File): DataFrame = {
    val reader = spark.read.option("mode", "FAILFAST")
    LocalTables.extension(file) match {
      case Some("csv")  => reader.option("header", "true").option("inferSchema", "true").csv(file.getPath)
      case Some("json") => reader.option("multiLine", "true").json(file.getPath)
      case Some(_)      => reader.json(file.getPath)
      case None         =>
        throw new cli.UsageException(
          s"$file: only ${LocalTables.Extensions.mkString(", ")} files can be loaded"
        )
    }
  }

  /** A text `ts` becomes epoch millis; partition values stay the text that they were in the file. */
  private def epochMillis(frame: DataFrame): DataFrame = {
    val timed = frame.schema.fields.find(f => f.name == "ts" && f.dataType != LongType) match {
      case Some(field) if field.dataType == StringType =>
        frame.withColumn("ts", unix_timestamp(col("ts"), "yyyy-MM-dd HH:mm:ss") * 1000)
      case Some(field) if field.dataType == TimestampType =>
        frame.withColumn("ts", unix_timestamp(col("ts")) * 1000)
      case _ => frame
    }
    if (timed.columns.contains(partitionColumn))
      timed.withColumn(partitionColumn, col(partitionColumn).cast(StringType))
    else timed
  }

  /** Writes a whole table as one file `[prefix.]<namespace>.<table>.<format>`. */
  def exportTable(
      tables: TableUtils,
      table: String,
      folder: File,
      format: String,
      prefix: Option[String]
  ): File = {
    val target = new File(folder, (prefix.toSeq :+ table :+ format).mkString("."))
    val staging = new File(folder, s".${target.getName}.tmp")
    val writer = tables.spark.table(table).coalesce(1).write.mode("overwrite")
    format match {
      case "csv"     => writer.option("header", "true").csv(staging.getPath)
      case "json"    => writer.json(staging.getPath)
      case "parquet" => writer.parquet(staging.getPath)
    }
    val part = staging.listFiles().find(_.getName.startsWith("part-")).getOrElse(
      throw new IllegalStateException(s"exporting $table left no file in $staging")
    )
    java.nio.file.Files.move(part.toPath, target.toPath, java.nio.file.StandardCopyOption.REPLACE_EXISTING)
    staging.listFiles().foreach(_.delete())
    staging.delete()
    target
  }
}

object LocalTables {
  val Extensions: Seq[String] = Seq("csv", "json", "jsonl")
  val ExportFormats: Seq[String] = Seq("csv", "parquet", "json")

  private def extension(file: File): Option[String] =
    Some(file.getName.split('.').last.toLowerCase).filter(Extensions.contains)
}
