package ai.chronon.online.streaming

/** A message that is no row of its topic; says which column, what stands there, and what would be right. It is counted and left
  * out, the stream goes on.
  */
final class BadRecordException(message: String, cause: Throwable = null)
    extends RuntimeException(message, cause)

private[online] object BadRecordException {
  private val Shown = 100

  /** A value for a message: its class and its beginning. */
  def show(value: Any): String = {
    val text = String.valueOf(value)
    if (text.length <= Shown) text else text.take(Shown) + "…"
  }
}
