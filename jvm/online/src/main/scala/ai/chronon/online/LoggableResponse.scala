package ai.chronon.online

/** What a fetch of a join hands to `Api.logResponse`: keys and features as Avro bytes, or once per schema its publication.
  *
  * @param schemaHash names the schemas of both byte arrays; null when this is the publication of a schema
  */
case class LoggableResponse(
    keyBytes: Array[Byte],
    valueBytes: Array[Byte],
    joinName: String,
    tsMillis: Long,
    schemaHash: String
)

/** The same with its bytes as Base64 text, the form in which log tables keep them. */
case class LoggableResponseBase64(
    keyBase64: String,
    valueBase64: String,
    name: String,
    tsMillis: Long,
    schemaHash: String
)
