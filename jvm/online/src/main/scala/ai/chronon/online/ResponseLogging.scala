package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.ResponseWithContext
import ai.chronon.online.serde.AvroConversions
import org.apache.avro.generic.GenericRecord
import org.slf4j.Logger

import java.nio.charset.StandardCharsets.UTF_8
import java.util.function.Consumer
import scala.util.control.NonFatal

/** Hands a sample of the responses of joins, and the schemas they are written in, to whoever keeps them.
  *
  * @param logFunc   takes them; it must not block
  * @param logsAll   whether every response of a join that logs at all is logged
  */
private[online] final class ResponseLogging(logFunc: Consumer[LoggableResponse], logsAll: Boolean)(implicit
    logger: Logger
) {
  import ResponseLogging._

  /** Publishes the schemas of a codec under their hash. Schemas that cannot be made (a derivation does not compile) are counted as
    * a failure of logging: fetches have their own way to report it.
    */
  def publish(codec: JoinCodec): Unit = if (logFunc != null) {
    try
      logFunc.accept(LoggableResponse(
        codec.loggingSchemaHash.getBytes(UTF_8),
        codec.loggingSchema.getBytes(UTF_8),
        Constants.SchemaPublishEvent,
        System.currentTimeMillis(),
        null
      ))
    catch {
      case NonFatal(cause) =>
        Metrics.Context(Metrics.Environment.JoinFetching, codec.conf.join)
          .withSuffix("logging_request").incrementException(cause)
    }
  }

  /** Logs the response if its keys are in the sample. What goes wrong is counted, and never reaches the caller.
    *
    * @return whether it went well
    */
  def log(response: ResponseWithContext): Boolean = {
    val context = response.ctx.withSuffix("logging_request")
    try {
      response.joinCodec.foreach { codec =>
        val meta = codec.conf.join.getMetaData
        val percent = if (meta.isSetSamplePercent) meta.getSamplePercent else 0.0
        if (logFunc != null && percent > 0) {
          val start = System.currentTimeMillis()
          // By position: a name that had to be made unique in the Avro schema is still looked up as itself.
          val keys = codec.keys.map(response.request.keys.getOrElse(_, null): Any)
          val keyBytes = encode(codec.keySchema, codec.keyCodec, keys)
          if (logsAll || isSampled(keyBytes, percent)) {
            val valueBytes = encode(codec.valueSchema, codec.valueCodec, codec.loggedRow(response))
            logFunc.accept(LoggableResponse(
              keyBytes,
              valueBytes,
              response.request.name,
              response.request.atMillis.getOrElse(response.requestStartTs),
              codec.loggingSchemaHash
            ))
            context.increment("count")
            // Written once, and not read back as a check.
            context.gauge("encode_key.tries", 1L)
            context.gauge("encode_value.tries", 1L)
            context.distribution("latency.millis", System.currentTimeMillis() - start)
            context.distribution(
              "overall.latency.millis",
              System.currentTimeMillis() - response.requestStartTs
            )
          }
        }
      }
      true
    } catch {
      case NonFatal(cause) =>
        context.incrementException(cause)
        false
    }
  }

  private def encode(schema: StructType, codec: serde.AvroCodec, row: Array[Any]): Array[Byte] =
    codec.encodeBinary(AvroConversions.fromChrononRow(row, schema, codec.schema).asInstanceOf[GenericRecord])
}

private[online] object ResponseLogging {
  private val Buckets = 100000

  /** Whether keys are in the sample: decided by the keys alone, so that all requests of a key are logged or none is. The bucket on
    * the border counts, and the two digests without a positive value never do: flags, dashboards and stored logs agree on that.
    */
  def isSampled(keyBytes: Array[Byte], percent: Double): Boolean = {
    val digest = HashUtils.md5Long(keyBytes)
    digest > 0 && digest % Buckets <= percent * (Buckets / 100)
  }
}
