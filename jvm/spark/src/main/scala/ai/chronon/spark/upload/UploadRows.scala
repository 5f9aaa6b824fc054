package ai.chronon.spark.upload

import ai.chronon.spark.Settings
import ai.chronon.spark.blocks.{KeyBlocksNode, KeyBlocksStrategy}
import org.apache.avro.Schema
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.util.LongAccumulator

import java.nio.charset.StandardCharsets.UTF_8
import java.util.Collections

/** The rows of an upload: key and value as bytes, and of some of them as JSON.
  *
  * @param frame  the rows
  * @param totals filled when they are computed
  */
private[spark] final case class UploadRows(frame: DataFrame, totals: UploadTotals) {

  /** The rows, and the one that tells what they are. */
  def withServingInfo(info: String): DataFrame = {
    val row = Row(ServingInfo.Key.getBytes(UTF_8), info.getBytes(UTF_8), ServingInfo.Key, info)
    // rows with a schema: for a range, Spark would derive the type of its numbers with Scala's reflection
    frame.union(frame.sparkSession.createDataFrame(Collections.singletonList(row), frame.schema))
  }
}

/** What an upload stored. */
private[spark] final case class UploadTotals(
    rows: LongAccumulator,
    keyBytes: LongAccumulator,
    valueBytes: LongAccumulator
)

private[spark] object UploadRows {

  /** What `plan` stores of the rows of `frame`, whose first columns are the keys. */
  def apply(frame: DataFrame, plan: UploadPlan, keys: Int, key: Schema, value: Schema): UploadRows = {
    val spark = frame.sparkSession
    UploadStrategy.install(spark)
    KeyBlocksStrategy.install(spark)
    val input = frame.queryExecution.analyzed
    val child = plan match {
      case _: UploadPlan.Columns             => input
      case aggregated: UploadPlan.Aggregated => KeyBlocksNode.over(input, aggregated.definition, keys)
    }
    val json = new JsonSample((Settings.UploadJsonPercent.read(spark) * 100).round, key, value)
    val totals = totalsOf(spark)
    UploadRows(SparkInternals.frame(spark, UploadNode.over(child, plan, json, totals)), totals)
  }

  private def totalsOf(spark: SparkSession): UploadTotals = {
    def total(name: String) = spark.sparkContext.longAccumulator(s"upload: $name")
    UploadTotals(total("rows"), total("bytes of keys"), total("bytes of values"))
  }
}
