package chronon.differential

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import com.fasterxml.jackson.databind.node.JsonNodeFactory
import org.apache.spark.sql.{DataFrame, Row, SparkSession}

import java.io.PrintWriter
import java.nio.file.{Files, Path, Paths, StandardCopyOption}
import java.util.concurrent.Executors
import scala.collection.JavaConverters._

/** What one side does with a compiled definition. */
trait JoinSide {
  def session(settings: Map[String, String]): SparkSession
  def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame
}

/** Loads the tables of a run, computes every join of it in one session, and dumps each output as lines of JSON: first
  * the columns, then one array per row. A failure is dumped as `{"error": …}`.
  */
object JoinSuite {
  private val mapper = new ObjectMapper
  private val nodes = JsonNodeFactory.instance

  /** args: runDir outDir */
  def run(side: JoinSide, args: Array[String]): Unit = {
    val (runDir, outDir) = (Paths.get(args(0)), Paths.get(args(1)))
    Files.createDirectories(outDir)
    val scratch = outDir.resolve("spark").toString
    val spark = side.session(Map(
      "spark.master" -> "local[2]",
      "spark.ui.enabled" -> "false",
      "spark.driver.host" -> "127.0.0.1",
      "spark.driver.bindAddress" -> "127.0.0.1",
      "spark.local.dir" -> s"$scratch/tmp",
      "spark.sql.warehouse.dir" -> s"$scratch/warehouse",
      "spark.hadoop.javax.jdo.option.ConnectionURL" -> "jdbc:derby:memory:metastore_db;create=true",
      "spark.hadoop.hive.exec.scratchdir" -> s"$scratch/hive-scratch",
      "spark.hadoop.fs.file.impl" -> classOf[PlainLocalFiles].getName,
      "spark.hadoop.hive.warehouse.subdir.inherit.perms" -> "false", // or it starts an `ls` and a `chgrp` per partition
      "spark.sql.adaptive.enabled" -> "false", // tiny data: planning again costs more than it saves
      "spark.sql.shuffle.partitions" -> "2",
      "spark.default.parallelism" -> "2",
      "spark.chronon.group_by.parallelism" -> "2",
      "spark.chronon.outputParallelismOverride" -> "1",
      "spark.chronon.backfill.validation.enabled" -> "false", // the data do not reach back one window, nor to today
      "spark.sql.session.timeZone" -> "UTC",
      "hive.exec.dynamic.partition.mode" -> "nonstrict"))
    spark.sparkContext.setLogLevel("ERROR")
    spark.sql("CREATE DATABASE IF NOT EXISTS diff")
    mapper.readTree(runDir.resolve("tables.json").toFile).fields.asScala.foreach { t => load(spark, runDir, t.getKey, t.getValue.asText) }
    // two at a time: the driver's own work on one leaves a core idle
    val threads = Executors.newFixedThreadPool(2)
    val jobs = mapper.readTree(runDir.resolve("jobs.json").toFile).asScala.toVector // all at once: toSeq would be lazy
      .filterNot(job => Files.exists(outDir.resolve(s"${job.get("name").asText}.jsonl"))) // of a run that was stopped
    val running = jobs.map(job => threads.submit(new Runnable { override def run(): Unit = one(side, spark, runDir, outDir, job) }))
    running.foreach(_.get())
    spark.stop()
    System.exit(0) // the reference leaves threads behind
  }

  private def one(side: JoinSide, spark: SparkSession, runDir: Path, outDir: Path, job: JsonNode): Unit = {
    val name = job.get("name").asText
    val started = System.nanoTime()
    val unfinished = outDir.resolve(s"$name.unfinished")
    val out = new PrintWriter(unfinished.toFile, "UTF-8")
    try dump(side.compute(spark, runDir.resolve(s"$name.json"), job.get("end").asText, job.get("step_days").asInt), out)
    catch {
      case e: Throwable =>
        val chain = Iterator.iterate(e)(_.getCause).takeWhile(_ != null).take(4).map(_.toString).mkString(" <- ")
        out.println(mapper.writeValueAsString(nodes.objectNode().put("error", chain)))
        e.printStackTrace()
    } finally out.close()
    Files.move(unfinished, outDir.resolve(s"$name.jsonl"), StandardCopyOption.REPLACE_EXISTING)
    println(f"$name ${(System.nanoTime() - started) / 1e9}%.1f s")
  }

  private def load(spark: SparkSession, runDir: Path, table: String, columns: String): Unit = {
    spark.sql(s"CREATE TABLE diff.$table ($columns) PARTITIONED BY (ds STRING) STORED AS PARQUET")
    spark.read.schema(s"$columns, ds STRING").json(runDir.resolve(s"$table.jsonl").toString)
      .coalesce(1).write.insertInto(s"diff.$table")
  }

  private def dump(frame: DataFrame, out: PrintWriter): Unit = {
    val columns = nodes.arrayNode()
    frame.schema.foreach(f => columns.addArray().add(f.name).add(f.dataType.catalogString))
    out.println(mapper.writeValueAsString(columns))
    frame.collect().foreach { row =>
      val cells = nodes.arrayNode()
      row.toSeq.foreach(v => cells.add(json(v)))
      out.println(mapper.writeValueAsString(cells))
    }
  }

  private def json(value: Any): JsonNode = value match {
    case null                 => nodes.nullNode()
    case v: java.lang.Boolean => nodes.booleanNode(v)
    case v: java.lang.Double  => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v)
    case v: java.lang.Float   => if (v.isNaN || v.isInfinite) nodes.textNode(v.toString) else nodes.numberNode(v.doubleValue)
    case v: java.lang.Number  => nodes.numberNode(v.longValue)
    case v: String            => nodes.textNode(v)
    case v: Array[Byte]       => nodes.textNode(java.util.Base64.getEncoder.encodeToString(v))
    case v: Row               => json(v.toSeq)
    case v: scala.collection.Map[_, _] =>
      val map = nodes.objectNode()
      v.foreach { case (k, x) => map.set[JsonNode](String.valueOf(k), json(x)) }
      map
    case v: Seq[_] =>
      val array = nodes.arrayNode()
      v.foreach(x => array.add(json(x)))
      array
    case v => nodes.textNode(v.toString)
  }
}
