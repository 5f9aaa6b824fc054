package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.TableNames
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.cli.{CommandLine, Flags, UsageException}
import ai.chronon.spark.metadata.MetadataExportCommand
import ai.chronon.spark.serving.{FetchCommand, MetadataUpload, OnlineSide, StreamingCommand}
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.functions.col
import org.slf4j.LoggerFactory

import java.io.File
import java.time.{LocalDate, ZoneOffset}
import scala.util.control.NonFatal

/** The command line of batch jobs: `ai.chronon.spark.Driver <subcommand> --flags`.
  *
  * A failure ends with one line that says what is wrong, and exit status 1; the log has the stack trace.
  */
object Driver {
  private val log = LoggerFactory.getLogger(getClass)

  def main(args: Array[String]): Unit = {
    val status = run(args.toSeq)
    SparkSession.getDefaultSession.foreach(_.stop())
    // an integrator's classes may have left threads that would keep the process
    val online = args.exists(_.startsWith("--online-class"))
    if (status != 0 || online) sys.exit(status)
  }

  /** Runs one command in this JVM.
    *
    * @return exit status
    */
  def run(
      args: Seq[String],
      out: String => Unit = Console.out.println(_),
      err: String => Unit = Console.err.println(_)
  ): Int =
    if (args.headOption.exists(a => a == "--help" || a == "help")) {
      out(Flags.help)
      0
    } else if (args.tail.contains("--help")) {
      out(Flags.subcommands.find(command => command.built && args.headOption.contains(command.name))
        .fold(Flags.help)(Flags.help))
      0
    } else
      try {
        execute(CommandLine.parse(args), out)
        0
      } catch {
        case e: UsageException =>
          err(s"error: ${e.getMessage}")
          1
        case NonFatal(e) =>
          // what a definition or a table says wrong needs no stack trace
          if (DefinitionException.isOurs(e)) log.debug("refused", e) else log.error("failed", e)
          err(s"error: ${DefinitionException.explain(e)}")
          1
      }

  private def execute(line: CommandLine, out: String => Unit): Unit = line.subcommand match {
    case "join"                      => join(line, out)
    case "group-by-backfill"         => groupByBackfill(line, out)
    case "group-by-upload"           => groupByUpload(line, out)
    case "group-by-upload-bulk-load" => bulkLoad(line, out)
    case "metadata-export"           => metadataExport(line, out)
    case "metadata-upload"           => new MetadataUpload(OnlineSide.api(line)).run(line, out)
    case "fetch"                     => new FetchCommand(OnlineSide.api(line)).run(line, out)
    case "group-by-streaming"        => new StreamingCommand(OnlineSide.api(line)).run(line, out)
  }

  private def join(line: CommandLine, out: String => Unit): Unit = {
    val conf = ConfFile.read(line.required("conf-path"), classOf[api.Join])
    withTables(line, s"join_${TableNames.name(conf.getMetaData)}") { tables =>
      val job = new Join(
        conf,
        endDate(line, tables),
        tables,
        skipFirstHole = !line.has("run-first-hole"),
        unsetSemanticHash = line.has("unset-semantic-hash"),
        show = out
      )
      val result =
        job.computeJoin(line.positive("step-days"), partition(line, tables, "start-partition-override"))
      val output = TableNames.output(conf.getMetaData)
      lastPartition(tables, output, result).show(3, truncate = 0, vertical = true)
      output
    }
  }

  private def groupByBackfill(line: CommandLine, out: String => Unit): Unit = {
    val conf = ConfFile.read(line.required("conf-path"), classOf[api.GroupBy])
    withTables(line, s"groupBy_${TableNames.name(conf.getMetaData)}_backfill") { tables =>
      val job = new GroupBy(
        conf,
        endDate(line, tables),
        tables,
        skipFirstHole = !line.has("run-first-hole"),
        show = out
      )
      job.computeBackfill(line.positive("step-days"), partition(line, tables, "start-partition-override"))
      TableNames.output(conf.getMetaData)
    }
  }

  private def groupByUpload(line: CommandLine, out: String => Unit): Unit = {
    val conf = ConfFile.read(line.required("conf-path"), classOf[api.GroupBy])
    withTables(line, s"groupBy_${TableNames.name(conf.getMetaData)}_upload") { tables =>
      new GroupByUpload(conf, endDate(line, tables), tables, show = out).run()
      TableNames.upload(conf.getMetaData)
    }
  }

  private def bulkLoad(line: CommandLine, out: String => Unit): Unit = {
    val conf = ConfFile.read(line.required("conf-path"), classOf[api.GroupBy])
    line.required("end-date")
    val uploader = line.one("uploader").map(name => "UPLOADER" -> name.toLowerCase)
    val online = OnlineSide.api(line, uploader.toMap)
    val name = TableNames.name(conf.getMetaData)
    withTables(line, s"groupBy_${name}_upload_bulk_load") { tables =>
      // tasks make the store's writers again, out of the same classes
      line.one("online-jar").foreach(tables.spark.sparkContext.addJar)
      val table = TableNames.upload(conf.getMetaData)
      val day = endDate(line, tables)
      OnlineSide.withStore(online)(_.bulkPut(table, name, day))
      out(s"$table of $day is loaded for $name")
      table
    }
  }

  private def metadataExport(line: CommandLine, out: String => Unit): Unit = {
    val command = new MetadataExportCommand(line)
    val tables = open(line, line.subcommand)
    command.run(tables, endDate(line, tables), out)
  }

  /** The rows of a table's last partition: a few of them are seen without listing all others. */
  private def lastPartition(tables: TableUtils, table: String, rows: DataFrame): DataFrame =
    tables.partitions(table).lastOption.fold(rows)(day => rows.where(col(tables.partitionColumn) === day))

  /** Runs the job in a session of its own, and exports the table that it names. */
  private def withTables(line: CommandLine, appName: String)(job: TableUtils => String): Unit = {
    val format = line.one("local-table-export-format").getOrElse("csv")
    if (!LocalTables.ExportFormats.contains(format))
      throw new UsageException(
        s"--local-table-export-format = $format: must be one of ${LocalTables.ExportFormats.mkString(", ")}"
      )
    val tables = open(line, appName)
    val output = job(tables)
    if (isLocal(line)) line.one("local-table-export-path").foreach { folder =>
      new LocalTables(tables.spark)
        .exportTable(tables, output, new File(folder), format, line.one("local-table-export-prefix"))
    }
  }

  private def isLocal(line: CommandLine): Boolean = line.has("local-table-mapping") ||
    line.has("local-data-path")

  /** Opens a session, and loads local files if that is asked for. */
  private def open(line: CommandLine, appName: String): TableUtils = {
    val mapping = line.many("local-table-mapping").map(tableAndFile)
    val warehouse = new File(line.one("local-warehouse-location").getOrElse("local_warehouse"))
    val spark = SessionFactory.session(appName, if (isLocal(line)) Some(warehouse) else None)
    val local = new LocalTables(spark)
    if (mapping.nonEmpty) mapping.foreach { case (namespace, table, file) =>
      local.loadTable(file, namespace, table)
    }
    else line.one("local-data-path").foreach(path => local.loadAll(new File(path)))
    TableUtils(spark)
  }

  private def tableAndFile(text: String): (String, String, File) = text.split("=", 2) match {
    case Array(name, path) if name.contains('.') && new File(path).isFile =>
      val (namespace, table) = name.splitAt(name.indexOf('.'))
      (namespace, table.drop(1), new File(path))
    case _ =>
      throw new UsageException(
        s"--local-table-mapping $text: write namespace.table=file, with a file that exists"
      )
  }

  private def endDate(line: CommandLine, tables: TableUtils): String =
    partition(line, tables, "end-date").getOrElse(
      tables.partitionSpec.at(
        LocalDate.now(ZoneOffset.UTC).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli
      )
    )

  /** A flag that holds a partition value, checked against the format. */
  private def partition(line: CommandLine, tables: TableUtils, flag: String): Option[String] =
    line.one(flag).map { text =>
      val spec = tables.partitionSpec
      val sameText = scala.util.Try(spec.at(spec.epochMillis(text))).toOption.contains(text)
      if (!sameText) throw new UsageException(s"--$flag = $text: must be a day written as ${spec.format}")
      text
    }
}
