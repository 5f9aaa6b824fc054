package chronon.bench

import org.apache.spark.scheduler.{SparkListener, SparkListenerStageCompleted, SparkListenerStageSubmitted}
import org.apache.spark.sql.SparkSession

import java.io.File
import java.lang.management.ManagementFactory

/** The time during which some stage ran; the rest of an upload is the driver's. To be read when the listeners have caught up. */
final class StageTime extends SparkListener {
  private var running = 0
  private var since, total = 0L

  def seconds: Double = synchronized(total / 1e3)

  override def onStageSubmitted(event: SparkListenerStageSubmitted): Unit = synchronized {
    if (running == 0) since = event.stageInfo.submissionTime.get
    running += 1
  }

  override def onStageCompleted(event: SparkListenerStageCompleted): Unit = synchronized {
    running -= 1
    if (running == 0) total += event.stageInfo.completionTime.get - since
  }
}

/** Where one run finds its data: the arguments of both mains. */
final case class UploadRun(dataDir: String, sparkDir: String, endDs: String, parallelism: Int, rows: Long, keys: Long, days: Int, again: Int) {
  def conf: String = s"$dataDir/group_by.json"

  /** Writes the data, once, and makes a table of it. Times of a key differ, so that which row is last is plain. */
  def table(spark: SparkSession): Unit = {
    spark.sparkContext.setLogLevel("ERROR")
    val done = new File(s"$dataDir/.done")
    val span = days * 86400000L
    val step = span / (rows / keys + 1)
    if (!done.exists()) {
      spark.range(rows).selectExpr(
        s"id % $keys AS user",
        s"1704067200000 + (id div $keys) * $step + pmod(xxhash64(id % $keys), $step) AS ts",
        "CAST(pmod(xxhash64(id, 1), 1000) AS DOUBLE) AS a",
        "pmod(xxhash64(id, 2), 100000) AS b",
        "concat('item ', pmod(xxhash64(id, 3), 500)) AS c"
      ).selectExpr("*", "date_format(timestamp_millis(ts), 'yyyy-MM-dd') AS ds")
        .repartition(days, new org.apache.spark.sql.ColumnName("ds"))
        .write.mode("overwrite").partitionBy("ds").parquet(s"$dataDir/events")
      done.createNewFile()
    }
    spark.sql("CREATE DATABASE IF NOT EXISTS bench")
    spark.sql("CREATE EXTERNAL TABLE bench.events (user BIGINT, ts BIGINT, a DOUBLE, b BIGINT, c STRING) " +
      s"PARTITIONED BY (ds STRING) STORED AS PARQUET LOCATION '$dataDir/events'")
    spark.sql("MSCK REPAIR TABLE bench.events")
  }

  /** Times `upload` alone (and what was before it, since the JVM began: `start_s`), then `again` more of the same process, and prints one
    * `RESULT` line with the measurements and the check sum of the table. All but `again_s` are of the first upload.
    */
  def measure(spark: SparkSession)(upload: => Unit): Unit = {
    val (totals, stages) = (new TaskTotals, new StageTime)
    spark.sparkContext.addSparkListener(totals)
    spark.sparkContext.addSparkListener(stages)
    val started = System.nanoTime()
    val startS = (System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean.getStartTime) / 1e3
    upload
    val wallS = (System.nanoTime() - started) / 1e9
    val rss = Run.statusMb("VmHWM")
    org.apache.spark.ListenerBusAccess.drain(spark.sparkContext)
    val (stagesS, taskCpuS, gcS, shuffleMb) =
      (stages.seconds, totals.cpuNs.get / 1e9, totals.gcMs.get / 1e3, totals.shuffleBytes.get / 1e6)
    val againS = Seq.fill(again) {
      spark.sql("DROP TABLE bench.bench_amounts_upload")
      val started = System.nanoTime()
      upload
      (System.nanoTime() - started) / 1e9
    }
    val check = spark.table("bench.bench_amounts_upload")
      .where("decode(key_bytes, 'UTF-8') <> 'group_by_serving_info'")
      .selectExpr("concat(count(1), ' rows, ', sum(CAST(xxhash64(key_bytes, value_bytes) AS DECIMAL(38, 0))))")
      .head().getString(0)
    println(s"""RESULT {"start_s":$startS,"wall_s":$wallS,"stages_s":$stagesS,"task_cpu_s":$taskCpuS,"gc_s":$gcS,""" +
      s""""shuffle_mb":$shuffleMb,"peak_rss_mb":$rss,"again_s":${againS.mkString("[", ",", "]")},"check":"$check"}""")
    spark.stop()
    System.exit(0) // the reference leaves threads behind
  }
}

object UploadRun {

  /** args: dataDir sparkDir endDs parallelism rows keys days again */
  def parse(args: Array[String]): UploadRun =
    UploadRun(args(0), args(1), args(2), args(3).toInt, args(4).toLong, args(5).toLong, args(6).toInt, args(7).toInt)
}
