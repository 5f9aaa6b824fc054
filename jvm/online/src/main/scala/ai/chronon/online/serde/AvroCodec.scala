package ai.chronon.online.serde

import org.apache.avro.Schema
import org.apache.avro.generic.{GenericData, GenericDatumWriter, GenericRecord}
import org.apache.avro.io.EncoderFactory

import java.io.ByteArrayOutputStream

/** Records of one schema to Avro's binary form. */
class AvroCodec(val schemaStr: String) extends Serializable {
  @transient private lazy val schema = new Schema.Parser().parse(schemaStr)

  def encode(values: Map[String, AnyRef]): Array[Byte] = {
    val record = new GenericData.Record(schema)
    schema.getFields.forEach(field => record.put(field.pos, values.get(field.name).orNull))
    val bytes = new ByteArrayOutputStream
    val encoder = EncoderFactory.get.binaryEncoder(bytes, null)
    new GenericDatumWriter[GenericRecord](schema).write(record, encoder)
    encoder.flush()
    bytes.toByteArray
  }
}

object AvroCodec {
  def of(schemaStr: String): AvroCodec = new AvroCodec(schemaStr)
}
