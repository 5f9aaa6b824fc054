package ai.chronon.spark

import ai.chronon.spark.catalog.TableUtils
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.types.StructType
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

import java.nio.file.Files
import scala.collection.JavaConverters._
import scala.collection.mutable.ArrayBuffer

/** A suite with a local session, an in-memory metastore, and a database of its own. */
abstract class SparkSuite extends AnyFunSuite with BeforeAndAfterAll {

  /** Database of this suite. */
  val db: String = "t_" + getClass.getSimpleName.toLowerCase

  protected lazy val spark: SparkSession = {
    val folder = Files.createTempDirectory("chronon-spark").toFile
    val session = SessionFactory.session(db, Some(folder))
    session.sql(s"DROP DATABASE IF EXISTS $db CASCADE")
    session.sql(s"CREATE DATABASE $db LOCATION '${new java.io.File(folder, db).toURI}'")
    session
  }

  /** A fresh view of the catalog, as a new run has it. */
  protected def tables: TableUtils = TableUtils(spark)

  protected def frame(ddl: String, rows: Row*): DataFrame =
    spark.createDataFrame(rows.asJava, StructType.fromDDL(ddl))

  /** Stores rows as a Hive table partitioned by the last column. */
  protected def table(name: String, ddl: String, rows: Row*): String = {
    val data = frame(ddl, rows: _*)
    val partition = data.columns.last
    tables.insertPartitions(data, s"$db.$name", Map.empty, Seq(partition))
    s"$db.$name"
  }

  /** Rows as text, in the order of their text: what a table holds, whatever its files. */
  protected def rowsOf(data: DataFrame): Seq[String] = data.collect().map(_.mkString("|")).sorted.toSeq

  /** Runs a command line on the session of this suite, which the driver finds: exit code, and lines of output and of errors. */
  protected def driver(args: String*): (Int, Seq[String], Seq[String]) = {
    spark
    val (out, err) = (ArrayBuffer.empty[String], ArrayBuffer.empty[String])
    val status = Driver.run(args, out += _, err += _)
    (status, out.toSeq, err.toSeq)
  }

  protected val Day: Long = 86400000L
  protected val Hour: Long = 3600000L

  /** Epoch millis of a UTC time, for example `2024-03-10 01:30`. */
  protected def at(text: String): Long =
    java.time.LocalDateTime.parse(text.replace(' ', 'T')).toInstant(java.time.ZoneOffset.UTC).toEpochMilli
}
