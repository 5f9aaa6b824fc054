package ai.chronon.stores.mongo

import ai.chronon.online.StoreSettings
import com.mongodb.ConnectionString

import java.net.URLEncoder
import scala.util.control.NonFatal

/** @param uri           how to reach the server, credentials included
  * @param database      in which every dataset is a collection
  * @param ttlSeconds    life of streaming and batch values; metadata and statistics have none
  * @param timeoutMillis how long to wait for a server and for an answer
  */
final case class MongoSettings(
    uri: String,
    database: String = "chronon",
    ttlSeconds: Long = 432000,
    timeoutMillis: Long = 5000
) {
  // Credentials are nobody's business in a log.
  override def toString: String = s"mongo ${new ConnectionString(uri).getHosts}, database $database"
}

object MongoSettings {
  private val keys = Seq(
    "uri" -> "mongodb://… as the driver reads it, in place of the next four",
    "host" -> "the server",
    "port" -> "its port, 27017 unless set",
    "user" -> "none unless set",
    "password" -> "of the user",
    "database" -> "chronon unless set",
    "ttl_seconds" -> "life of batch and streaming values, 432000 unless set",
    "timeout_ms" -> "how long to wait for a server and for an answer, 5000 unless set"
  )

  /** @throws java.lang.IllegalArgumentException naming the first setting that is missing, unknown or wrong */
  def of(userConf: Map[String, String]): MongoSettings = {
    val settings = new StoreSettings("mongo", userConf, keys)
    settings.refuseOthers()
    val uri = settings.text("uri") match {
      case Some(text) =>
        val both = Seq("host", "port", "user", "password").filter(settings.text(_).isDefined)
        if (both.nonEmpty)
          settings.fail(s"settings `uri` and `${both.head}` say the same thing: give one of them")
        text
      case None =>
        val login = (settings.text("user"), settings.text("password")) match {
          case (Some(user), Some(password)) => s"${encoded(user)}:${encoded(password)}@"
          case (None, None)                 => ""
          case _                            => settings.fail("settings `user` and `password` go together")
        }
        s"mongodb://$login${settings.required("host")}:${settings.number("port", 27017, 1, 65535)}"
    }
    try new ConnectionString(uri)
    catch {
      // Its message quotes no credentials; the text itself would.
      case NonFatal(error) =>
        settings.fail(s"setting `uri` or `host` is no address of a server: ${error.getMessage}")
    }
    MongoSettings(
      uri,
      settings.text("database").getOrElse("chronon"),
      settings.number("ttl_seconds", 432000, 1, Int.MaxValue.toLong),
      settings.number("timeout_ms", 5000, 1, 3600000)
    )
  }

  private def encoded(text: String): String = URLEncoder.encode(text, "UTF-8").replace("+", "%20")
}
