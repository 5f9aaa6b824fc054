package ai.chronon.spark

import org.apache.avro.Schema
import org.apache.avro.generic.{GenericDatumReader, GenericDatumWriter, GenericRecord}
import org.apache.avro.io.{DecoderFactory, EncoderFactory}

import java.io.ByteArrayOutputStream
import java.nio.charset.StandardCharsets.UTF_8

/** What Avro's own library makes of stored records as JSON. */
object AvroJson {

  def apply(schema: String, record: Array[Byte]): String = {
    val parsed = new Schema.Parser().parse(schema)
    val decoder = DecoderFactory.get.binaryDecoder(record, null)
    val value = new GenericDatumReader[GenericRecord](parsed).read(null, decoder)
    val out = new ByteArrayOutputStream()
    val encoder = EncoderFactory.get.jsonEncoder(parsed, out)
    new GenericDatumWriter[GenericRecord](parsed).write(value, encoder)
    encoder.flush()
    new String(out.toByteArray, UTF_8)
  }
}
