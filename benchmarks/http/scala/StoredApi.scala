package chronon.bench

import ai.chronon.api.{Constants, Join, ThriftJsonCodec}
import ai.chronon.online.KVStore.TimedValue
import ai.chronon.online._

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8

/** The integrator's class that the service is started with: the stored bytes of the fetch benchmark, in maps of the service's process.
  *
  * `online.api.props`: `file`, what `FetchPrepare` wrote.
  */
final class StoredApi(settings: Map[String, String]) extends Api(settings) {
  override def genKvStore: KVStore = {
    val store = new FetchStore
    FetchFile.read(new File(settings("file")), store).foreach { join =>
      val key = "joins/" + join.getMetaData.getName.replaceFirst("\\.", "/")
      store.load(Constants.ChrononMetadataKey, key.getBytes(UTF_8), Vector(TimedValue(text(join), 1L)))
    }
    store
  }

  private def text(join: Join): Array[Byte] = ThriftJsonCodec.toJsonStr(join).getBytes(UTF_8)

  override def streamDecoder(info: GroupByServingInfoParsed): StreamDecoder =
    throw new UnsupportedOperationException("nothing streams here")
  override def externalRegistry: ExternalSourceRegistry = new ExternalSourceRegistry
  override def logResponse(response: LoggableResponse): Unit = ()
}
