package ai.chronon.spark.upload

import ai.chronon.api.{Constants, PartitionSpec}
import ai.chronon.online.{UploadRow, UploadTable, UploadWriter}
import ai.chronon.spark.catalog.TableUtils
import org.apache.spark.sql.functions.{col, lit}
import org.apache.spark.sql.types.{BinaryType, LongType, StringType}
import org.apache.spark.sql.{DataFrame, Row, SparkSession}

import scala.collection.JavaConverters._

/** Upload tables of the warehouse for the bulk loads of stores; found through `META-INF/services`.
  *
  * A row's version is its `ts` where the table has that column, else the end of the day in its partition column: the fetcher takes a
  * batch value only from there on.
  */
final class SparkUploadTable extends UploadTable {

  /** Fetches one partition of the table after the other, so that one of them is in memory. */
  override def rows(table: String, partition: Option[String]): Iterator[UploadRow] = {
    val (frame, reader) = open(table, partition)
    frame.toLocalIterator().asScala.map(reader.read)
  }

  /** A share is a partition of Spark's: the writer goes to the task that reads it, and again to each new attempt of that task. */
  override def foreachShare(table: String, partition: Option[String])(writer: UploadWriter): Unit = {
    val (frame, reader) = open(table, partition)
    frame.rdd.foreachPartition(rows => if (rows.hasNext) writer.write(rows.map(reader.read)))
  }

  private def open(table: String, partition: Option[String]): (DataFrame, UploadRowReader) = {
    val spark = SparkSession.getActiveSession.orElse(SparkSession.getDefaultSession).getOrElse(
      throw new IllegalStateException(s"table $table: there is no Spark session to read it with")
    )
    val tables = TableUtils(spark)
    if (!tables.exists(table))
      throw new IllegalArgumentException(s"table $table: there is no such table; run group-by-upload first")
    val types = tables.schema(table).fields.map(field => field.name -> field.dataType).toMap
    def require(column: String, wanted: org.apache.spark.sql.types.DataType): Unit =
      if (!types.get(column).contains(wanted)) throw new IllegalArgumentException(
        s"table $table: an upload has the column `$column` of type ${wanted.sql}, and this table has " +
          types.get(
            column
          ).map(found => s"it as ${found.sql}").getOrElse(s"only ${types.keys.toSeq.sorted.mkString(", ")}")
      )
    require("key_bytes", BinaryType)
    require("value_bytes", BinaryType)
    val timed = types.contains(Constants.TimeColumn)
    if (timed) require(Constants.TimeColumn, LongType)
    if (!timed || partition.isDefined) require(tables.partitionColumn, StringType)
    val all = tables.spark.table(table)
    val chosen = partition.fold(all)(day => all.where(col(tables.partitionColumn) === lit(day)))
    if (chosen.isEmpty)
      throw new IllegalArgumentException(
        s"table $table: it has no row" + partition.map(day =>
          s" with ${tables.partitionColumn} = $day; it has ${daysOf(all, tables.partitionColumn)}"
        ).getOrElse("")
      )
    val time = if (timed) Constants.TimeColumn else tables.partitionColumn
    (chosen.select("key_bytes", "value_bytes", time), new UploadRowReader(table, tables.partitionSpec))
  }

  private def daysOf(table: DataFrame, column: String): String =
    table.select(column).distinct().sort(column).limit(10).collect().map(_.getString(0)).mkString(", ")
}

/** Rows of `key_bytes`, `value_bytes`, and either `ts` or the partition. */
private[upload] final class UploadRowReader(table: String, spec: PartitionSpec) extends Serializable {
  private var day: String = _
  private var endOfDay: Long = _

  def read(row: Row): UploadRow = {
    Seq("key_bytes", "value_bytes", "time").zipWithIndex.foreach { case (name, i) =>
      if (row.isNullAt(i)) throw new IllegalArgumentException(s"table $table: a row has no $name")
    }
    UploadRow(
      row.getAs[Array[Byte]](0),
      row.getAs[Array[Byte]](1),
      row.get(2) match {
        case millis: Long => millis
        case text: String => endOf(text)
      }
    )
  }

  private def endOf(text: String): Long = {
    if (text != day) {
      day = text
      endOfDay = spec.epochMillis(text) + spec.spanMillis
    }
    endOfDay
  }
}
