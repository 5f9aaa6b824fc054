package ai.chronon.online

import ai.chronon.api.StructType

/** One change of a row: an insert has only `after`, a delete only `before`, an update both.
  *
  * Values stand in the order of the schema, boxed, null where there is none; lists are `java.util.List`, maps
  * `java.util.Map`, structs arrays.
  */
case class Mutation(schema: StructType = null, before: Array[Any] = null, after: Array[Any] = null)

/** Turns the bytes of a topic's messages into rows. Integrators implement it for their formats. */
abstract class StreamDecoder extends Serializable {

  /** The change that a message tells, or null if the message is to be left out. */
  def decode(bytes: Array[Byte]): Mutation

  /** The columns of decoded rows: `ts` (milliseconds) among them; for entities also `is_before` and, unless it is `ts`,
    * `mutation_ts`.
    */
  def schema: StructType
}
