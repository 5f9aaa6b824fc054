package ai.chronon.spark

import org.apache.spark.sql.SparkSession

/** One configuration key of ours: read on the driver when a run starts, never per row.
  *
  * @param parse text to value; throws on text that is out of bounds
  */
final case class Setting[T](key: String, default: T, doc: String, parse: String => T) {
  def read(spark: SparkSession): T = spark.conf.getOption(key) match {
    case None       => default
    case Some(text) =>
      try parse(text)
      catch {
        case e: RuntimeException =>
          throw new IllegalArgumentException(s"setting $key = $text: $doc (default $default)", e)
      }
  }
}

/** Every `spark.chronon.*` key that this module reads. */
object Settings {
  val PartitionColumn: Setting[String] = Setting(
    "spark.chronon.partition.column",
    "ds",
    "name of the partition column of all outputs, and of inputs that do not name their own",
    identity
  )

  val PartitionFormat: Setting[String] = Setting(
    "spark.chronon.partition.format",
    "yyyy-MM-dd",
    "format of partition values, a date pattern that sorts as text; always in UTC",
    text => { new java.text.SimpleDateFormat(text); text }
  )

  val TableWriteFormat: Setting[String] = Setting(
    "spark.chronon.table_write.format",
    "hive",
    "format of new tables; only hive (stored as Parquet) is built",
    text => { require(text == "hive"); text }
  )

  val OutputParallelism: Setting[Option[Int]] = Setting(
    "spark.chronon.outputParallelismOverride",
    None,
    "files per table partition, a positive number; unset leaves the number to Spark's adaptive execution",
    text => { val n = text.toInt; require(n > 0); Some(n) }
  )

  val NativeParquet: Setting[Boolean] = Setting(
    "spark.chronon.table_write.native_parquet",
    true,
    "true: the kernel writes Parquet where it knows all columns and settings; false: Spark always does",
    _.toBoolean
  )

  val UploadJsonPercent: Setting[Double] = Setting(
    "spark.chronon.upload.json_percent",
    1.0,
    "share of the rows of an upload that also hold key and value as JSON, for people to look at: 0 to 100",
    text => { val percent = text.toDouble; require(percent >= 0 && percent <= 100); percent }
  )

  val all: Seq[Setting[_]] =
    Seq(
      PartitionColumn,
      PartitionFormat,
      TableWriteFormat,
      OutputParallelism,
      NativeParquet,
      UploadJsonPercent
    )
}
