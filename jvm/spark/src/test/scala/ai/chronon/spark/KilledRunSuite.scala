package ai.chronon.spark

import ai.chronon.api.ThriftJsonCodec
import org.apache.spark.sql.Row
import org.apache.spark.sql.types.StructType
import org.scalatest.funsuite.AnyFunSuite

import java.io.File
import java.lang.management.ManagementFactory
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}
import java.util.concurrent.TimeUnit
import scala.collection.JavaConverters._

/** A run that is killed while it writes, and the run after it, each in a JVM of its own over one metastore on disk. */
class KilledRunSuite extends AnyFunSuite {

  test("a run killed in mid-write leaves no partition; the next one fills them once") {
    val folder = Files.createTempDirectory("killed")
    val killed = start(folder, "hang")
    val written = waitFor(folder, killed)
    assert(written, s"no file was being written when the run ended: ${log(folder, "hang")}")
    killed.destroyForcibly().waitFor()
    assert(partitionFolders(folder).isEmpty, "a partition folder exists before its files are complete")

    val next = start(folder, "finish")
    assert(next.waitFor(5, TimeUnit.MINUTES) && next.exitValue() == 0, log(folder, "finish"))
    val results = log(folder, "finish").linesIterator.filter(_.startsWith("RESULT ")).toSeq
    assert(results == Seq(
      "RESULT before ",
      "RESULT after 2024-03-10,2024-03-11",
      "RESULT rows a|NL|2024-03-10,a|NL|2024-03-11,z|null|2024-03-11"
    ))
  }

  private def start(folder: Path, mode: String): Process = {
    val flags = ManagementFactory.getRuntimeMXBean.getInputArguments.asScala
      .filter(f => f.startsWith("--add-") || f.startsWith("-Djdk.") || f.startsWith("-Dspark."))
    val spark = Map(
      "spark.master" -> "local[1]",
      "spark.sql.warehouse.dir" -> folder.resolve("warehouse").toUri.toString,
      "spark.hadoop.javax.jdo.option.ConnectionURL" ->
        s"jdbc:derby:;databaseName=$folder/metastore;create=true"
    ).map { case (k, v) => s"-D$k=$v" }
    val java = new File(System.getProperty("java.home"), "bin/java").getPath
    val command = Seq(java, "-Xmx1g") ++ flags ++ spark ++
      Seq("-cp", System.getProperty("java.class.path"), "ai.chronon.spark.KilledRun", folder.toString, mode)
    val output = folder.resolve(s"$mode.log").toFile
    new ProcessBuilder(command.asJava).redirectErrorStream(true).redirectOutput(output).start()
  }

  /** Waits until a data file lies in the staging folder, or the process has ended. */
  private def waitFor(folder: Path, process: Process): Boolean = {
    val deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5)
    def staged: Boolean =
      filesBelow(outputFolder(folder)).exists(f => f.contains(".spark-staging") && f.endsWith(".parquet"))
    while (!staged && process.isAlive && System.nanoTime() < deadline)
      process.waitFor(100, TimeUnit.MILLISECONDS)
    staged && process.isAlive
  }

  private def partitionFolders(folder: Path): Seq[String] =
    Option(outputFolder(folder).toFile.list()).toSeq.flatten.filter(_.startsWith("ds="))

  private def outputFolder(folder: Path): Path = folder.resolve("warehouse").resolve("test_killed")

  private def filesBelow(folder: Path): Seq[String] =
    if (!Files.exists(folder)) Nil
    else {
      val files = Files.walk(folder)
      try files.iterator().asScala.map(_.toString).toList
      catch { case _: java.io.UncheckedIOException => Nil } // a folder went away while we looked
      finally files.close()
    }

  private def log(folder: Path, mode: String): String =
    new String(Files.readAllBytes(folder.resolve(s"$mode.log")), UTF_8)
}

/** The child: a join whose left hangs on its last row in mode `hang`, and runs through in mode `finish`. */
object KilledRun {
  import Confs._

  def main(args: Array[String]): Unit = {
    val (folder, mode) = (args(0), args(1))
    val spark = SessionFactory.session("killed")
    val hang = mode == "hang"
    spark.udf.register("slowly", (user: String) => { if (hang && user == "z") Thread.sleep(600000L); user })
    val tables = catalog.TableUtils(spark)
    if (hang) {
      def store(name: String, ddl: String, rows: Row*) =
        tables.insertPartitions(
          spark.createDataFrame(rows.asJava, StructType.fromDDL(ddl)).coalesce(1),
          name,
          Map.empty
        )
      val noon = 1710072000000L // 2024-03-10 12:00
      store(
        "default.users",
        "user STRING, country STRING, ds STRING",
        Row("a", "NL", "2024-03-09"),
        Row("a", "NL", "2024-03-10")
      )
      store(
        "default.views",
        "user STRING, at BIGINT, ds STRING",
        Row("a", noon, "2024-03-10"),
        Row("a", noon + 86400000L, "2024-03-11"),
        Row("z", noon + 86400000L, "2024-03-11")
      )
    }
    val definition = join(
      meta("test.killed", "default"),
      events("default.views", query(Seq("user" -> "slowly(user)"), "at")),
      part(groupBy(
        meta("test.g", "default"),
        Seq(entities("default.users", query(same("user", "country")))),
        Seq("user"),
        null
      ))
    )
    val conf = new File(folder, "conf").toPath
    Files.write(conf, ThriftJsonCodec.toJsonStr(definition).getBytes(UTF_8))
    println("RESULT before " + tables.partitions("default.test_killed").mkString(","))
    val status = Driver.run(Seq("join", "--conf-path", conf.toString, "--end-date", "2024-03-11"))
    println("RESULT after " + catalog.TableUtils(spark).partitions("default.test_killed").mkString(","))
    println("RESULT rows " +
      spark.table("default.test_killed").drop("ts").collect().map(_.mkString("|")).sorted.mkString(","))
    sys.exit(status)
  }
}
