package ai.chronon.spark

import ai.chronon.jni.NativeLibrary
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.FileSystem
import org.apache.spark.SparkConf
import org.apache.spark.sql.SparkSession

import java.io.File
import scala.util.Try

/** Spark sessions with the settings that batch jobs rely on. */
object SessionFactory {

  private val always: Seq[(String, String)] = Seq(
    "spark.sql.session.timeZone" -> "UTC",
    "spark.sql.sources.partitionOverwriteMode" -> "dynamic",
    "hive.exec.dynamic.partition" -> "true",
    "hive.exec.dynamic.partition.mode" -> "nonstrict",
    "spark.sql.catalogImplementation" -> "hive",
    "spark.hadoop.hive.exec.max.dynamic.partitions" -> "30000",
    "spark.sql.legacy.timeParserPolicy" -> "LEGACY"
  )

  /** Left to the user where set. The first two save the sort before a write that spans a step's partitions, with the
    * memory of the open files bounded to a fifth of the heap; the third saves the metastore a listing of every
    * partition's files.
    */
  private val unlessSet: Seq[(String, String)] = Seq(
    "spark.sql.maxConcurrentOutputFileWriters" -> "40",
    "spark.hadoop.parquet.memory.pool.ratio" -> "0.2",
    "spark.hadoop.hive.stats.autogather" -> "false"
  )

  /** Unset, Spark lists a table with a task per partition: on one machine a second for each hundred days. */
  private val ListingTasks = "spark.sql.sources.parallelPartitionDiscovery.parallelism"

  private val FileSystemOf = "spark.hadoop.fs.file.impl"

  private def localOnly(warehouse: File): Seq[(String, String)] = Seq(
    "spark.master" -> "local[*]",
    "spark.driver.host" -> "127.0.0.1",
    "spark.ui.enabled" -> "false",
    "spark.sql.shuffle.partitions" -> "2",
    "spark.default.parallelism" -> "2",
    "spark.sql.adaptive.enabled" -> "true",
    "spark.sql.warehouse.dir" -> new File(warehouse, "data").getAbsolutePath,
    "spark.hadoop.javax.jdo.option.ConnectionURL" ->
      s"jdbc:derby:;databaseName=${new File(warehouse, "metastore_db").getAbsolutePath};create=true"
  )

  /** @param localWarehouse set in local mode: one process at a time, tables and their metastore in this folder */
  def session(appName: String, localWarehouse: Option[File] = None): SparkSession = {
    val builder = SparkSession.builder().appName(appName).enableHiveSupport()
    localWarehouse.toSeq.flatMap(localOnly).foreach { case (k, v) => builder.config(k, v) }
    always.foreach { case (k, v) => builder.config(k, v) }
    val submitted = new SparkConf()
    unlessSet.filterNot { case (k, _) => submitted.contains(k) }.foreach { case (k, v) =>
      builder.config(k, v)
    }
    // Hive's classes from elsewhere would not see ours, and an open session keeps the files that it has
    val free = SparkSession.getDefaultSession.isEmpty &&
      !Seq(FileSystemOf, "spark.sql.hive.metastore.jars").exists(submitted.contains)
    if (free && isLocal(submitted, localWarehouse)) useLocalFiles(builder)
    loadNatives()
    val spark = builder.getOrCreate()
    if (spark.sparkContext.isLocal && !submitted.contains(ListingTasks))
      spark.conf.set(ListingTasks, spark.sparkContext.defaultParallelism.toString)
    spark
  }

  /** Spark takes seconds to start, and the library a few tenths of one. Where it does not load, its first user is told. */
  private def loadNatives(): Unit = {
    val loader = new Thread(() => Try(NativeLibrary.load()), "chronon-natives")
    loader.setDaemon(true)
    loader.start()
  }

  private def isLocal(submitted: SparkConf, localWarehouse: Option[File]): Boolean =
    localWarehouse.isDefined || submitted.getOption("spark.master").exists(_.startsWith("local"))

  private def useLocalFiles(builder: SparkSession.Builder): Unit = {
    // What spark-submit has opened would go on being used, whatever the setting says.
    FileSystem.getLocal(new Configuration()).close()
    builder.config(FileSystemOf, classOf[LocalFiles].getName)
    ()
  }
}
