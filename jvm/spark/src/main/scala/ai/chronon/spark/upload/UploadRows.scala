package ai.chronon.spark.upload

import ai.chronon.spark.Settings
import org.apache.avro.Schema
import org.apache.spark.sql.{Column, DataFrame, Row}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.functions.{col, lit, pmod, udf, when, xxhash64}
import org.apache.spark.sql.types.StringType

import java.nio.charset.StandardCharsets.UTF_8
import java.util.Collections

/** The rows of an upload: key and value as bytes, and for some of them as JSON. */
private[spark] object UploadRows {
  private val Columns = Seq(UploadNode.KeyBytes, UploadNode.ValueBytes, "key_json", "value_json")

  /** What `plan` stores of the rows of `frame`, whose first columns are the keys. Which rows have JSON is a matter of their keys,
    * so that the same data gives the same table.
    */
  def apply(frame: DataFrame, plan: UploadPlan, keys: Int, key: Schema, value: Schema): DataFrame = {
    val spark = frame.sparkSession
    UploadStrategy.install(spark)
    val rows = SparkInternals.frame(spark, UploadNode.over(frame.queryExecution.analyzed, plan, keys))
    val share = (Settings.UploadJsonPercent.read(spark) * 100).round
    def json(column: String, schema: Schema): Column =
      when(
        pmod(xxhash64(col(UploadNode.KeyBytes)), lit(10000)) < share,
        udf(new AvroJson(schema.toString), StringType).apply(col(column))
      )
    rows
      .withColumn(Columns(2), json(UploadNode.KeyBytes, key))
      .withColumn(Columns(3), json(UploadNode.ValueBytes, value))
  }

  /** The rows, and the one that tells what they are. */
  def withServingInfo(rows: DataFrame, info: String): DataFrame = {
    val row = Row(ServingInfo.Key.getBytes(UTF_8), info.getBytes(UTF_8), ServingInfo.Key, info)
    // rows with a schema: for a range, Spark would derive the type of its numbers with Scala's reflection
    rows.union(rows.sparkSession.createDataFrame(Collections.singletonList(row), rows.schema))
  }
}
