package ai.chronon.online.serde

import ai.chronon.api._
import org.apache.avro.Schema
import org.apache.avro.generic.{GenericData, GenericDatumReader, GenericDatumWriter, GenericRecord}
import org.apache.avro.io.{DecoderFactory, Encoder, EncoderFactory}

import java.io.ByteArrayOutputStream
import java.nio.charset.StandardCharsets.UTF_8
import java.util.concurrent.ConcurrentHashMap
import scala.collection.JavaConverters._

/** Records of one schema to and from Avro's plain binary form: no header, no schema. Safe for many threads. */
class AvroCodec(val schemaStr: String) extends Serializable {
  @transient lazy val schema: Schema = new Schema.Parser().parse(schemaStr)
  @transient lazy val schemaElems: Array[Schema.Field] = schema.getFields.asScala.toArray
  @transient lazy val fieldNames: Array[String] = schemaElems.map(_.name)
  @transient lazy val chrononSchema: DataType = AvroConversions.toChrononSchema(schema)

  /** The schema under the names that columns had before they were made unique. */
  @transient lazy val chrononSchemaClean: DataType = AvroConversions.toChrononSchema(schema, clean = true)

  @transient private lazy val struct: StructType = chrononSchema.asInstanceOf[StructType]
  @transient private lazy val writer = new GenericDatumWriter[GenericRecord](schema)
  @transient private lazy val readers: ThreadLocal[GenericDatumReader[GenericRecord]] =
    ThreadLocal.withInitial(() => new GenericDatumReader[GenericRecord](schema))

  /** Encodes values by name; what is not there becomes null. */
  def encode(valueMap: Map[String, AnyRef]): Array[Byte] =
    record(i => valueMap.getOrElse(fieldNames(i), null))

  def encode(row: Row): Array[Byte] = record(i => row.get(i).asInstanceOf[AnyRef])

  /** Encodes values by position. */
  def encodeArray(values: Array[Any]): Array[Byte] = record(i => values(i).asInstanceOf[AnyRef])

  private def record(value: Int => AnyRef): Array[Byte] = {
    val result = new GenericData.Record(schema)
    var i = 0
    while (i < schemaElems.length) {
      result.put(i, AvroConversions.toAvroValue(value(i), schemaElems(i).schema))
      i += 1
    }
    encodeBinary(result)
  }

  def encodeBinary(record: GenericRecord): Array[Byte] = {
    val bytes = new ByteArrayOutputStream(64)
    encodeRecord(record, bytes, EncoderFactory.get.directBinaryEncoder(bytes, null))
  }

  def encodeJson(record: GenericRecord): String = {
    val bytes = new ByteArrayOutputStream(64)
    new String(encodeRecord(record, bytes, EncoderFactory.get.jsonEncoder(schema, bytes)), UTF_8)
  }

  private def encodeRecord(
      record: GenericRecord,
      bytes: ByteArrayOutputStream,
      encoder: Encoder
  ): Array[Byte] = {
    writer.write(record, encoder)
    encoder.flush()
    bytes.toByteArray
  }

  /** @throws java.io.IOException if the bytes end early or do not follow the schema */
  def decode(bytes: Array[Byte]): GenericRecord =
    readers.get.read(null, DecoderFactory.get.binaryDecoder(bytes, null))

  /** Values by position; null for null. */
  def decodeRow(bytes: Array[Byte]): Array[Any] =
    if (bytes == null) null
    else AvroConversions.toChrononRow(decode(bytes), struct).asInstanceOf[Array[Any]]

  def decodeRow(bytes: Array[Byte], millis: Long, mutation: Boolean = false): ArrayRow =
    new ArrayRow(decodeRow(bytes), millis, mutation)

  /** Values by name; null for null. */
  def decodeMap(bytes: Array[Byte]): Map[String, AnyRef] =
    if (bytes == null) null
    else fieldNames.iterator.zip(decodeRow(bytes).iterator.map(_.asInstanceOf[AnyRef])).toMap

  /** Values by name, structs under the names of their members; null for null. */
  def decodeStructured(bytes: Array[Byte]): FeatureRecord =
    FeatureRecord.fromValueMap(struct, decodeMap(bytes))
}

object AvroCodec {
  private val codecs = new ConcurrentHashMap[String, AvroCodec]

  /** The codec of a schema, parsed once per process. */
  def of(schemaStr: String): AvroCodec = codecs.computeIfAbsent(schemaStr, text => new AvroCodec(text))
}

/** A decoded row of a stream.
  *
  * @param millis   time of the event, or of the mutation
  * @param mutation whether its own time and whether it takes a row back stand in its last two places
  */
class ArrayRow(override val values: Array[Any], millis: Long, mutation: Boolean = false) extends Row {
  override def get(index: Int): Any = values(index)
  override val length: Int = values.length
  override def ts: Long = if (mutation) values(length - 2).asInstanceOf[Long] else millis
  override def isBefore: Boolean = mutation && values(length - 1).asInstanceOf[Boolean]
  override def mutationTs: Long = millis
}
