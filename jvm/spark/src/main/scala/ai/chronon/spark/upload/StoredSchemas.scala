package ai.chronon.spark.upload

import ai.chronon.jni.{AvroSchemas, NativeException}
import ai.chronon.spark.DefinitionException
import ai.chronon.spark.kernel.TypeNames
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.avro.Schema
import org.apache.spark.sql.types.StructField

import scala.collection.JavaConverters._

/** Avro schemas of what is stored. The kernel owns their rules; here Spark's columns are described to it. */
private[spark] object StoredSchemas {
  private val json = new ObjectMapper()

  /** The schema of a record.
    *
    * @param owner definition, for messages
    * @throws DefinitionException naming a column of a type that the kernel does not know
    * @throws ai.chronon.jni.NativeException naming a column of a type that cannot be stored
    */
  def record(owner: String, name: String, fields: Seq[StructField]): Schema = {
    fields.find(field => TypeNames.json(field.name, field.dataType).isEmpty).foreach { field =>
      throw DefinitionException.of(
        owner,
        field.name,
        field.dataType.catalogString,
        "a column of this type cannot be stored; cast it in the selects"
      )
    }
    val record = json.createObjectNode().put("dialect", "airbnb").put("name", name)
      .set[JsonNode]("members", TypeNames.describe(fields))
    val schema =
      try AvroSchemas.record(record.toString)
      catch {
        case e: NativeException =>
          // around the method's own name stand the members, innermost first
          throw new DefinitionException(owner, e.context.asScala.init.lastOption, None, e.detail, e)
      }
    new Schema.Parser().parse(schema)
  }
}
