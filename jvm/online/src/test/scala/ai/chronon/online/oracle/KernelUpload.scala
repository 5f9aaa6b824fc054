package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.jni.{PartitionUpload, Plan}
import ai.chronon.online.KernelTypes
import ai.chronon.online.derive.SparkTypes
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

  /** The rows of one tile. A tile is the IR of the aggregations without their windows, and whether it is complete: the first of these
    * is what an upload of the group-by without windows begins with, as nothing of that is in tail hops.
    */
  def tile(
      data: StoredData,
      keys: Seq[AnyRef],
      keyBytes: Array[Byte],
      rows: Seq[(Long, Array[Any])]
  ): Array[Byte] = {
    val plain = data.groupBy.deepCopy()
    plain.getAggregations.asScala.foreach(_.unsetWindows())
    val dayAfter = RandomDefinitions.BatchEnd + 2 * RandomDefinitions.Day
    val upload = value(data, plain, dayAfter, keys, keyBytes, rows)
    assert(upload.endsWith(NoHops), s"what are the last bytes of ${upload.mkString(" ")}?")
    upload.dropRight(NoHops.length) ++ Complete
  }

  /** Tail hops of an upload without windows: in a union's second branch a list of three lists, one per size of hop, without elements. */
  private val NoHops = Array[Byte](2, 6, 0, 0, 0, 0)

  /** A union's second branch and `true`. */
  private val Complete = Array[Byte](2, 1)

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
  ): Array[Byte] = value(data, data.groupBy, RandomDefinitions.BatchEnd, keys, keyBytes, rows)

  private def value(
      data: StoredData,
      groupBy: GroupBy,
      end: Long,
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
        options.putObject("rows").put("day", "of no interest")
        PartitionUpload.ofColumns(options.toString)
      } else {
        val options = nodes.objectNode().put("end", end)
          .put("stored", if (data.kind == "snapshot") "outputs" else "batch_ir")
        options.set[JsonNode]("keys", keyTypes)
        options.putObject("rows").put("day", "of no interest")
        val plan = open(groupBy, data.writtenFields)
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
      val row = new UnsafeRow(5)
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
    val types = fields.map(field => SparkTypes.toSpark(field.fieldType)).toArray
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
