package ai.chronon.online

import ai.chronon.online.streaming.StreamSettings
import com.fasterxml.jackson.databind.ObjectMapper
import org.slf4j.LoggerFactory

import java.util.Base64

/** An `Api` of which only the store is special: what the stores of this repository are started with. Users with message formats,
  * external sources or a log of their own extend it.
  *
  * Messages of topics are JSON or Avro, as the settings of `StreamSettings` say.
  *
  * Sampled responses go to the logger `ai.chronon.online.responses`, one line of JSON each, whose appender decides where they end
  * up. Its fields are the columns of a raw log table: `name`, `key_base64`, `value_base64`, `ts_millis`, `schema_hash`.
  */
abstract class StoreApi(userConf: Map[String, String]) extends Api(userConf) {
  @transient private lazy val registry = new ExternalSourceRegistry

  override def externalRegistry: ExternalSourceRegistry = registry

  override def streamDecoder(groupByServingInfoParsed: GroupByServingInfoParsed): StreamDecoder =
    StreamSettings.decoder(groupByServingInfoParsed, userConf)

  override def logResponse(response: LoggableResponse): Unit = {
    val line = StoreApi.json.createObjectNode()
    line.put("name", response.joinName)
    line.put("key_base64", StoreApi.base64(response.keyBytes))
    line.put("value_base64", StoreApi.base64(response.valueBytes))
    line.put("ts_millis", response.tsMillis)
    line.put("schema_hash", response.schemaHash)
    StoreApi.responses.info(line.toString)
  }
}

private object StoreApi {
  private val json = new ObjectMapper
  private val responses = LoggerFactory.getLogger("ai.chronon.online.responses")

  private def base64(bytes: Array[Byte]): String = Option(bytes).map(Base64.getEncoder.encodeToString).orNull
}
