package ai.chronon.spark.upload

import org.apache.avro.Schema
import org.apache.spark.sql.catalyst.expressions.XXH64
import org.apache.spark.unsafe.Platform

/** Which rows of an upload are there as JSON too. This is a matter of their keys, so that the same data gives the same table.
  *
  * @param share of ten thousand rows
  */
private[spark] final class JsonSample(share: Long, keySchema: Schema, valueSchema: Schema)
    extends Serializable {
  val key = new AvroJson(keySchema.toString)
  val value = new AvroJson(valueSchema.toString)

  /** Whether the row with this key is one of them: by the hash that Spark's `xxhash64` gives. */
  def takes(key: Array[Byte]): Boolean =
    Math.floorMod(XXH64.hashUnsafeBytes(key, Platform.BYTE_ARRAY_OFFSET, key.length, 42L), 10000L) < share

  /** What a query plan shows. */
  override def toString: String = s"JSON of $share in 10000"
}
