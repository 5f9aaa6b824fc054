package ai.chronon.spark.upload

import org.apache.avro.Schema
import org.apache.avro.generic.{GenericDatumReader, GenericDatumWriter, GenericRecord}
import org.apache.avro.io.{DecoderFactory, EncoderFactory}
import org.apache.spark.sql.api.java.UDF1

import java.io.ByteArrayOutputStream
import java.nio.charset.StandardCharsets.UTF_8

/** Stored records as Avro's own JSON, for people to look at; goes to executors.
  *
  * A function by Spark's interface for Java: for a Scala function, Spark derives the types with Scala's reflection, whose first use
  * takes a second.
  *
  * @param schema the schema's text
  */
private[upload] final class AvroJson(schema: String) extends UDF1[Array[Byte], String] {
  @transient private lazy val parsed = new Schema.Parser().parse(schema)
  @transient private lazy val reader = new GenericDatumReader[GenericRecord](parsed)
  @transient private lazy val writer = new GenericDatumWriter[GenericRecord](parsed)

  override def call(record: Array[Byte]): String = {
    val value = reader.read(null, DecoderFactory.get.binaryDecoder(record, null))
    val out = new ByteArrayOutputStream()
    val encoder = EncoderFactory.get.jsonEncoder(parsed, out)
    writer.write(value, encoder)
    encoder.flush()
    new String(out.toByteArray, UTF_8)
  }
}
