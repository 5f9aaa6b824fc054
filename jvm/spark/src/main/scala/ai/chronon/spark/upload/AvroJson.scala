package ai.chronon.spark.upload

import org.apache.avro.Schema
import org.apache.avro.generic.{GenericDatumReader, GenericDatumWriter, GenericRecord}
import org.apache.avro.io.{DecoderFactory, EncoderFactory}

import java.io.ByteArrayOutputStream

/** Stored records as Avro's own JSON, for people to look at; goes to executors.
  *
  * @param schema the schema's text
  */
private[upload] final class AvroJson(schema: String) extends Serializable {
  @transient private lazy val parsed = new Schema.Parser().parse(schema)
  @transient private lazy val reader = new GenericDatumReader[GenericRecord](parsed)
  @transient private lazy val writer = new GenericDatumWriter[GenericRecord](parsed)
  // one for all records, because each derives a grammar from the schema, which takes longer than a record
  @transient private lazy val encoder = EncoderFactory.get.jsonEncoder(parsed, new ByteArrayOutputStream())

  /** The record as UTF-8. */
  def apply(record: Array[Byte]): Array[Byte] = {
    val value = reader.read(null, DecoderFactory.get.binaryDecoder(record, null))
    val out = new ByteArrayOutputStream()
    encoder.configure(out)
    writer.write(value, encoder)
    encoder.flush()
    out.toByteArray
  }
}
