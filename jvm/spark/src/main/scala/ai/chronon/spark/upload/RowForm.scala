package ai.chronon.spark.upload

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.catalyst.expressions.{Attribute, AttributeReference, UnsafeRow}
import org.apache.spark.sql.catalyst.expressions.codegen.UnsafeRowWriter
import org.apache.spark.sql.types.{BinaryType, StringType}
import org.apache.spark.unsafe.types.UTF8String

import java.nio.charset.StandardCharsets.UTF_8

/** What the rows of an upload have: key and value as bytes, never null, as JSON, which only some rows have, and the partition.
  *
  * @param partitionColumn name of the last column, which is the same in all rows
  * @param info            text of the row that tells what the others are
  */
private[spark] final case class RowForm(
    partitionColumn: String,
    partition: String,
    info: String,
    json: JsonSample
) {

  /** Columns of a plan that gives such rows. */
  def attributes: Seq[Attribute] = {
    val bytes = Seq("key_bytes", "value_bytes").map(AttributeReference(_, BinaryType, nullable = false)())
    val texts = Seq("key_json", "value_json").map(AttributeReference(_, StringType)())
    bytes ++ texts :+ AttributeReference(partitionColumn, StringType, nullable = false)()
  }

  /** The row of [[info]]: written by hand, because the code of a projection is compiled. */
  def infoRow: UnsafeRow = {
    val row = new UnsafeRowWriter(5)
    row.reset()
    row.zeroOutNullBytes()
    row.write(0, ServingInfo.Key.getBytes(UTF_8))
    row.write(1, info.getBytes(UTF_8))
    row.write(2, UTF8String.fromString(ServingInfo.Key))
    row.write(3, UTF8String.fromString(info))
    row.write(4, UTF8String.fromString(partition))
    row.getRow
  }

  /** The other rows, as the kernel takes them. */
  def options: JsonNode = {
    val options = new ObjectMapper().createObjectNode().put("day", partition)
    options.putObject("json").put("share", json.share)
      .put("key_schema", json.keySchema).put("value_schema", json.valueSchema)
    options
  }

  /** What a query plan shows. */
  override def toString: String = s"JSON of ${json.share} in 10000, $partitionColumn = $partition"
}

/** Which rows of an upload are there as JSON too; that is a matter of their keys, so that the same data gives the same table.
  *
  * @param share of ten thousand rows
  */
private[spark] final case class JsonSample(share: Long, keySchema: String, valueSchema: String)
