package ai.chronon.spark.upload

import ai.chronon.spark.blocks.{KeyBlocksNode, KeyBlocksStrategy}
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.util.LongAccumulator

/** The rows of an upload.
  *
  * @param totals filled when they are computed
  */
private[spark] final case class UploadRows(frame: DataFrame, totals: UploadTotals)

/** What an upload stored, besides the row that tells what it is. */
private[spark] final case class UploadTotals(
    rows: LongAccumulator,
    keyBytes: LongAccumulator,
    valueBytes: LongAccumulator
)

private[spark] object UploadRows {

  /** What `plan` stores of the rows of `frame`, whose first columns are the keys. */
  def apply(frame: DataFrame, plan: UploadPlan, keys: Int, form: RowForm): UploadRows = {
    val spark = frame.sparkSession
    UploadStrategy.install(spark)
    KeyBlocksStrategy.install(spark)
    val input = frame.queryExecution.analyzed
    val child = plan match {
      case _: UploadPlan.Columns             => input
      case aggregated: UploadPlan.Aggregated => KeyBlocksNode.over(input, aggregated.definition, keys)
    }
    val totals = totalsOf(spark)
    UploadRows(SparkInternals.frame(spark, UploadNode(plan, form, totals, form.attributes, child)), totals)
  }

  private def totalsOf(spark: SparkSession): UploadTotals = {
    def total(name: String) = spark.sparkContext.longAccumulator(s"upload: $name")
    UploadTotals(total("rows"), total("bytes of keys"), total("bytes of values"))
  }
}
