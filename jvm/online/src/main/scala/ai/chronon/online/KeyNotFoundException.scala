package ai.chronon.online

import scala.util.control.NoStackTrace

/** A store has no value for a key. Absent keys are everyday answers, so it takes no stack trace. */
final class KeyNotFoundException(request: KVStore.GetRequest)
    extends NoSuchElementException(KeyNotFoundException.text(request)) with NoStackTrace

object KeyNotFoundException {
  private val MostBytes = 64

  private def text(request: KVStore.GetRequest): String = {
    val shown = request.keyBytes.take(MostBytes).map(byte => f"$byte%02x").mkString
    val rest = if (request.keyBytes.length > MostBytes) s"... (${request.keyBytes.length} bytes)" else ""
    val since = request.afterTsMillis.map(after => s" at or after $after").getOrElse("")
    s"no value in dataset ${request.dataset} for key $shown$rest$since"
  }
}
