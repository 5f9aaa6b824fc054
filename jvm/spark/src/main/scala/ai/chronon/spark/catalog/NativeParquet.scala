package ai.chronon.spark.catalog

import ai.chronon.jni.{NativeErrorCode, NativeException, ParquetFile}
import ai.chronon.spark.Settings
import ai.chronon.spark.kernel.TypeNames
import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.mapreduce.{Job, TaskAttemptContext}
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.datasources.{
  InsertIntoHadoopFsRelationCommand,
  OutputWriter,
  OutputWriterFactory
}
import org.apache.spark.sql.execution.datasources.parquet.{ParquetFileFormat, ParquetOptions}
import org.apache.spark.sql.types.{DataType, DateType, StructType}
import org.slf4j.LoggerFactory

import scala.collection.JavaConverters._

/** Spark's Parquet format, written by the kernel.
  *
  * The files are what Spark's own writer would have made of the same settings, but for the choice of pages and row groups:
  * schema, types, codec and metadata are the same, so any reader of the one reads the other. Where a column or a setting is
  * not known here, Spark's writer does the work, and the log says why.
  */
private[catalog] final class NativeParquet extends ParquetFileFormat {

  override def prepareWrite(
      spark: SparkSession,
      job: Job,
      options: Map[String, String],
      columns: StructType
  ): OutputWriterFactory = {
    val conf = job.getConfiguration
    val codec = new ParquetOptions(options, spark.sessionState.conf).compressionCodecClassName
    // before Spark adds what its own writer needs
    val refusal = NativeParquet.refusal(spark, conf, columns, codec)
    val sparks = super.prepareWrite(spark, job, options, columns)
    refusal match {
      case Some(reason) => NativeParquet.leave(reason, sparks)
      case None         =>
        val file = NativeParquet.fileOptions(spark, conf, columns, codec)
        try {
          ParquetFile.open(file).close()
          new NativeParquetFactory(sparks, columns, file)
        } catch {
          case e: NativeException if e.code == NativeErrorCode.UNSUPPORTED =>
            NativeParquet.leave(e.getMessage, sparks)
        }
    }
  }
}

private[catalog] object NativeParquet {
  private val log = LoggerFactory.getLogger(getClass)
  private val json = new ObjectMapper()

  val BlockBytes = "parquet.block.size"
  val PoolRatio = "parquet.memory.pool.ratio"
  private val PageBytes = "parquet.page.size"
  private val Dictionary = "parquet.enable.dictionary"

  /** Those of `parquet.*` that are obeyed here. */
  private val known = Set(BlockBytes, PoolRatio, PageBytes, Dictionary, "parquet.compression")
  private val codecs = Set("SNAPPY", "UNCOMPRESSED")

  /** Name of the format in which a frame is saved as Parquet: this one, unless the settings say that Spark writes. */
  def format(spark: SparkSession): String =
    if (Settings.NativeParquet.read(spark)) classOf[NativeParquet].getName else "parquet"

  /** Runs an INSERT statement as Spark would, with the kernel as the writer of a Parquet table's files. */
  def run(spark: SparkSession, statement: String): DataFrame = {
    val insert = spark.sessionState.executePlan(spark.sessionState.sqlParser.parsePlan(statement)).analyzed
    val native = Settings.NativeParquet.read(spark)
    SparkInternals.frame(
      spark,
      insert match {
        case command: InsertIntoHadoopFsRelationCommand
            if native && command.fileFormat.getClass == classOf[ParquetFileFormat] =>
          command.copy(fileFormat = new NativeParquet)
        case other => other
      }
    )
  }

  /** Why the settings or columns are not for the kernel, if so. */
  private def refusal(
      spark: SparkSession,
      conf: Configuration,
      columns: StructType,
      codec: String
  ): Option[String] = {
    val session = spark.sessionState.conf
    val settings = conf.iterator().asScala.map(_.getKey).filter(_.startsWith("parquet.")).toSeq
    val rebased = session.getConfString("spark.sql.parquet.datetimeRebaseModeInWrite", "EXCEPTION") !=
      "CORRECTED"
    settings.find(key => !known(key) && !key.startsWith(s"$Dictionary#")).map(key => s"the setting $key")
      .orElse(if (codecs(codec)) None else Some(s"the codec $codec"))
      .orElse(
        if (session.writeLegacyParquetFormat) Some("spark.sql.parquet.writeLegacyFormat") else None
      )
      .orElse(columns.fields.find(_.metadata.contains("parquet.field.id")).map(f =>
        s"the field id of column ${f.name}"
      ))
      .orElse(columns.fields.find(f => rebased && SparkInternals.contains(f.dataType, DateType)).map(f =>
        s"the calendar of column ${f.name} (spark.sql.parquet.datetimeRebaseModeInWrite is not CORRECTED)"
      ))
      .orElse(columns.fields.find(f => TypeNames.of(f.dataType).isEmpty).map(f =>
        s"column ${f.name} of type ${f.dataType.catalogString}"
      ))
  }

  private def leave(reason: String, sparks: OutputWriterFactory): OutputWriterFactory = {
    log.info(s"Spark's own writer is used for Parquet: $reason is not for the kernel")
    sparks
  }

  /** What the kernel is told about a file. */
  private def fileOptions(
      spark: SparkSession,
      conf: Configuration,
      columns: StructType,
      codec: String
  ): String = {
    val options = json.createObjectNode()
    val described = options.putArray("columns")
    val dictionary = options.putArray("dictionary")
    val byDefault = conf.getBoolean(Dictionary, true)
    columns.fields.foreach { f =>
      described.addObject().put("name", f.name).put("type", TypeNames.of(f.dataType).get)
      if (conf.getBoolean(s"$Dictionary#${f.name}", byDefault)) dictionary.add(f.name)
    }
    options.put("compression", codec.toLowerCase)
    options.put("page_bytes", conf.getInt(PageBytes, 1 << 20))
    options.putObject("metadata")
      .put("org.apache.spark.version", spark.version)
      .put("org.apache.spark.sql.parquet.row.metadata", columns.json)
    options.toString
  }
}

/** Makes the writers of one job; travels to the executors. */
private final class NativeParquetFactory(sparks: OutputWriterFactory, columns: StructType, options: String)
    extends OutputWriterFactory {

  override def getFileExtension(context: TaskAttemptContext): String = sparks.getFileExtension(context)

  override def newInstance(path: String, schema: StructType, context: TaskAttemptContext): OutputWriter =
    new NativeParquetWriter(path, columns.fields.map(_.dataType: DataType), options, context.getConfiguration)
}
