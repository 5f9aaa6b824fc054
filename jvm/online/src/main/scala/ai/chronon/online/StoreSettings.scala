package ai.chronon.online

import ai.chronon.online.streaming.StreamSettings

/** The settings of one store out of the text map that a user gives (`-Zkey=value`). Each is asked for by name; at the end
  * `refuseOthers` turns a misspelt key into an error instead of a default.
  *
  * @param store  the store's name, for messages
  * @param known every key with its meaning
  */
final class StoreSettings(store: String, settings: Map[String, String], known: Seq[(String, String)]) {

  def text(key: String): Option[String] = value(key)

  def required(key: String): String =
    value(key).getOrElse(fail(s"setting `$key` is missing: ${meaning(key)}"))

  def number(key: String, default: Long, least: Long, most: Long): Long = value(key) match {
    case None       => default
    case Some(text) =>
      scala.util.Try(text.trim.toLong).toOption.filter(n => n >= least && n <= most).getOrElse(
        fail(s"setting `$key` is `$text`, and must be a whole number from $least to $most: ${meaning(key)}")
      )
  }

  def choice(key: String, default: String, choices: Seq[String]): String = value(key) match {
    case None       => default
    case Some(text) => choices.find(_ == text.trim).getOrElse(
        fail(s"setting `$key` is `$text`, and must be one of ${choices.mkString(", ")}: ${meaning(key)}")
      )
  }

  def refuseOthers(): Unit = {
    // Those of streams go to the same constructor, whatever the store.
    val unknown = (settings.keySet -- known.map(_._1)).filterNot(StreamSettings.isOne)
    if (unknown.nonEmpty) fail(
      s"unknown setting ${unknown.toSeq.sorted.map(key => s"`$key`").mkString(", ")}; there are: " +
        (known ++ StreamSettings.keys).map { case (key, meaning) => s"$key ($meaning)" }.mkString(", ")
    )
  }

  def fail(message: String): Nothing = throw new IllegalArgumentException(s"store $store: $message")

  private def value(key: String): Option[String] =
    settings.get(key).filter(text => text != null && text.trim.nonEmpty)

  private def meaning(key: String): String =
    known.collectFirst { case (name, text) if name == key => text }
      .getOrElse(throw new IllegalStateException(s"setting $key of store $store is not declared"))
}
