package chronon.bench

import org.apache.spark.scheduler.{SparkListener, SparkListenerTaskEnd}
import org.apache.spark.sql.SparkSession

import java.io.File
import java.util.concurrent.atomic.AtomicLong

/** Sums over all tasks, as Spark reports them. */
final class TaskTotals extends SparkListener {
  val tasks, cpuNs, runMs, gcMs, shuffleBytes, shuffleRecords, spillBytes = new AtomicLong

  override def onTaskEnd(end: SparkListenerTaskEnd): Unit = if (end.taskMetrics != null) {
    val m = end.taskMetrics
    tasks.incrementAndGet()
    cpuNs.addAndGet(m.executorCpuTime)
    runMs.addAndGet(m.executorRunTime)
    gcMs.addAndGet(m.jvmGCTime)
    shuffleBytes.addAndGet(m.shuffleWriteMetrics.bytesWritten)
    shuffleRecords.addAndGet(m.shuffleWriteMetrics.recordsWritten)
    spillBytes.addAndGet(m.diskBytesSpilled)
  }
}

/** Where one run finds its data and leaves its output: the arguments of every candidate's main. */
final case class Run(dataDir: String, sparkDir: String, startDs: String, endDs: String, parts: Int, parallelism: Int) {
  def tables(spark: SparkSession): Unit = {
    spark.sparkContext.setLogLevel("ERROR")
    spark.sql(s"CREATE DATABASE IF NOT EXISTS ${Run.Db}")
    for ((name, columns) <- Run.Columns) {
      spark.sql(s"DROP TABLE IF EXISTS ${Run.Db}.$name")
      spark.sql(s"CREATE EXTERNAL TABLE ${Run.Db}.$name ($columns) PARTITIONED BY (ds STRING) STORED AS PARQUET " +
        s"LOCATION '$dataDir/$name'")
      spark.sql(s"MSCK REPAIR TABLE ${Run.Db}.$name")
    }
  }

  /** Times `join` alone, then prints one `RESULT` line with the measurements and the check sums of `table`. */
  def measure(spark: SparkSession, table: String, prefix: String)(join: => Unit): Unit = {
    val totals = new TaskTotals
    spark.sparkContext.addSparkListener(totals)
    val cpu = java.lang.management.ManagementFactory.getOperatingSystemMXBean
      .asInstanceOf[com.sun.management.OperatingSystemMXBean]
    val (wall0, cpu0) = (System.nanoTime(), cpu.getProcessCpuTime)
    join
    val (wallS, cpuS) = ((System.nanoTime() - wall0) / 1e9, (cpu.getProcessCpuTime - cpu0) / 1e9)
    val rss = Run.statusMb("VmHWM")
    org.apache.spark.ListenerBusAccess.drain(spark.sparkContext)
    spark.sparkContext.removeSparkListener(totals)
    val out = spark.table(table)
    val c = out.selectExpr(
      "count(1)",
      s"sum(${prefix}amount_sum_7d)",
      s"sum(${prefix}amount_count_1d)",
      s"sum(${prefix}amount_last_1h)",
      s"sum(${prefix}item_approx_unique_count_7d)").head()
    val features = out.columns.count(n => n.startsWith(prefix.takeWhile(_ != '_')))
    println(
      s"""RESULT {"wall_s":$wallS,"task_cpu_s":${totals.cpuNs.get / 1e9},"join_process_cpu_s":$cpuS,""" +
        s""""task_run_s":${totals.runMs.get / 1e3},"gc_s":${totals.gcMs.get / 1e3},"tasks":${totals.tasks},""" +
        s""""shuffle_mb":${totals.shuffleBytes.get / 1e6},"shuffle_records":${totals.shuffleRecords},""" +
        s""""spill_mb":${totals.spillBytes.get / 1e6},"peak_rss_mb":$rss,"features":$features,""" +
        s""""check":{"rows":${c.get(0)},"sum_7d":${c.get(1)},"count_1d":${c.get(2)},"last_1h":${c.get(3)},"unique_7d":${c.get(4)}}}""")
    spark.stop()
  }
}

object Run {
  val Db = "oracle"
  val Columns = Seq(
    "left_events" -> "user BIGINT, ts BIGINT",
    "right_events" -> "user BIGINT, ts BIGINT, amount DOUBLE, item BIGINT")

  /** args: dataDir sparkDir startDs endDs parts parallelism */
  def parse(args: Array[String]): Run = Run(args(0), args(1), args(2), args(3), args(4).toInt, args(5).toInt)

  /** The settings of the published baselines. */
  def settings(sparkDir: String, parallelism: Int): Map[String, String] = Map(
    "spark.master" -> "local[2]",
    "spark.ui.enabled" -> "false",
    "spark.driver.bindAddress" -> "127.0.0.1",
    "spark.local.dir" -> s"$sparkDir/tmp",
    "spark.sql.warehouse.dir" -> s"$sparkDir/warehouse",
    "spark.hadoop.javax.jdo.option.ConnectionURL" -> "jdbc:derby:memory:metastore_db;create=true",
    "spark.hadoop.hive.exec.scratchdir" -> s"$sparkDir/hive-scratch",
    "spark.sql.adaptive.enabled" -> "true",
    "spark.chronon.backfill.validation.enabled" -> "false", // the data do not reach back one window, nor to today
    "spark.sql.shuffle.partitions" -> parallelism.toString,
    "spark.default.parallelism" -> parallelism.toString,
    "spark.chronon.group_by.parallelism" -> parallelism.toString
  )

  def statusMb(field: String): Long = {
    val status = new File("/proc/self/status")
    if (!status.exists()) -1L
    else {
      val source = scala.io.Source.fromFile(status)
      try source.getLines().find(_.startsWith(field)).fold(-1L)(_.replaceAll("[^0-9]", "").toLong / 1024)
      finally source.close()
    }
  }
}
