package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.jni.{PartitionUpload, Plan}
import ai.chronon.online.KernelTypes
import ai.chronon.online.derive.CatalystEngine
import com.fasterxml.jackson.databind.node.JsonNodeFactory
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.catalyst.CatalystTypeConverters
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{UnsafeProjection, UnsafeRow}

import java.nio.{ByteBuffer, ByteOrder}
import java.util
import scala.collection.JavaConverters._

/** What our upload job stores of a key, by the operator that the job runs on each partition. */
private[online] object KernelUpload {
  private val nodes = JsonNodeFactory.instance

  /** @param keys     values of the key columns
    * @param keyBytes what the fetcher's own encoder makes of them
    * @param rows     time and written columns of the key's rows
    * @throws java.lang.AssertionError if the upload stores it under another key
    */
  def value(
      data: StoredData,
      keys: Seq[AnyRef],
      keyBytes: Array[Byte],
      rows: Seq[(Long, Array[Any])]
  ): Array[Byte] = {
    val keyTypes = KernelTypes.columns(data.keyFields.toArray)
    val upload =
      if (data.kind == "no_aggregation") {
        val options = nodes.objectNode().put("definition", data.groupBy.getMetaData.getName)
        options.set[JsonNode]("keys", keyTypes)
        options.set[JsonNode]("columns", KernelTypes.columns(data.writtenFields.toArray))
        PartitionUpload.ofColumns(options.toString)
      } else {
        val options = nodes.objectNode().put("end", RandomDefinitions.BatchEnd)
          .put("stored", if (data.kind == "snapshot") "outputs" else "batch_ir")
        options.set[JsonNode]("keys", keyTypes)
        val plan = open(data.groupBy, data.writtenFields)
        try PartitionUpload.open(plan, options.toString)
        finally plan.close()
      }
    try {
      val times = if (data.kind == "no_aggregation") Nil else Seq(StructField("ts", LongType))
      val project = projection(data.keyFields ++ times ++ data.writtenFields)
      rows.foreach { case (millis, values) =>
        val record = frame(project(keys ++ times.map(_ => millis) ++ values))
        upload.put(record, record.limit())
      }
      val stored = upload.next().order(ByteOrder.LITTLE_ENDIAN)
      val row = new UnsafeRow(2)
      val bytes = new Array[Byte](stored.getLong().toInt)
      stored.get(bytes)
      row.pointTo(bytes, bytes.length)
      assert(util.Arrays.equals(row.getBinary(0), keyBytes), "the upload and the fetcher write another key")
      row.getBinary(1)
    } finally upload.close()
  }

  /** The plan of a group-by over these columns. */
  def open(groupBy: GroupBy, columns: Seq[StructField]): Plan = {
    val options =
      nodes.objectNode().put("dialect", "airbnb").put("resolution", "five_minute").put("strict", true)
    options.set[JsonNode]("columns", KernelTypes.columns(columns.toArray))
    val plan = Plan.open(ThriftBytes.Binary.write(groupBy), options.toString)
    val inputs =
      new ObjectMapper().readTree(plan.describe()).get("inputs").elements.asScala.map(_.get("name").asText)
    assert(inputs.toSeq == columns.map(_.name), s"the plan reads other columns than ${columns.map(_.name)}")
    plan
  }

  /** Values as a row in Spark's layout. */
  def projection(fields: Seq[StructField]): Seq[Any] => UnsafeRow = {
    val types = fields.map(field => CatalystEngine.toSpark(field.fieldType)).toArray
    val project = UnsafeProjection.create(types)
    val converters = types.map(CatalystTypeConverters.createToCatalystConverter)
    values =>
      project(InternalRow.fromSeq(values.zip(converters).map { case (value, to) => to(scalaValue(value)) }))
  }

  /** A record of a row without anything behind its head. */
  def frame(row: UnsafeRow): ByteBuffer = {
    val bytes = row.getBytes
    val result = ByteBuffer.allocateDirect(8 + bytes.length).order(ByteOrder.LITTLE_ENDIAN)
    result.putInt(bytes.length).putInt(0).put(bytes)
    result.flip()
    result
  }

  private def scalaValue(value: Any): Any = value match {
    case all: util.List[_]   => all.asScala.map(scalaValue).toSeq
    case map: util.Map[_, _] => map.asScala.map { case (k, v) => k -> scalaValue(v) }.toMap
    case other               => other
  }
}
