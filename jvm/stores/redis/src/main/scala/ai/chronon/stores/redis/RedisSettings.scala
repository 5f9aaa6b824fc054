package ai.chronon.stores.redis

import ai.chronon.online.StoreSettings
import io.lettuce.core.RedisURI

import java.time.Duration

/** @param nodes         servers to connect to: the one server, or some of a cluster's
  * @param cluster       whether they are a cluster
  * @param password      null if none is asked for
  * @param prefix        what every key starts with, the colon included; may be empty
  * @param zipline       whether streaming keys are tile keys in the layout of the zipline dialect
  * @param ttlSeconds    life of streaming and batch values; metadata and statistics have none
  * @param timeoutMillis how long one command may take
  */
final case class RedisSettings(
    nodes: Seq[(String, Int)],
    cluster: Boolean = false,
    password: String = null,
    prefix: String = "chronon:",
    zipline: Boolean = false,
    ttlSeconds: Long = 432000,
    timeoutMillis: Long = 2000
) {

  private[redis] def uris: Seq[RedisURI] = nodes.map { case (host, port) =>
    val uri = RedisURI.builder().withHost(host).withPort(port).withTimeout(Duration.ofMillis(timeoutMillis))
    Option(password).foreach(secret => uri.withPassword(secret.toCharArray))
    uri.build()
  }

  // A password is nobody's business in a log.
  override def toString: String = s"redis ${nodes.map { case (host, port) => s"$host:$port" }.mkString(",")}"
}

object RedisSettings {
  private val keys = Seq(
    "nodes" -> "host:port of the server, or of some of a cluster's, with commas between",
    "mode" -> "standalone (the default) or cluster",
    "password" -> "none unless set",
    "key_prefix" -> "what every key starts with, chronon unless set; `-` for nothing",
    "dialect" -> "airbnb (the default) or zipline: how streaming keys are laid out",
    "ttl_seconds" -> "life of batch and streaming values, 432000 unless set",
    "timeout_ms" -> "how long one command may take, 2000 unless set"
  )
  private val DefaultPort = 6379

  /** @throws java.lang.IllegalArgumentException naming the first setting that is missing, unknown or wrong */
  def of(userConf: Map[String, String]): RedisSettings = {
    val settings = new StoreSettings("redis", userConf, keys)
    settings.refuseOthers()
    val mode = settings.choice("mode", "standalone", Seq("standalone", "cluster"))
    val nodes = settings.required("nodes").split(",").toSeq.map(_.trim).map { node =>
      node.split(":").toSeq match {
        case Seq(host) if host.nonEmpty                                      => (host, DefaultPort)
        case Seq(host, port) if host.nonEmpty && port.matches("""\d{1,5}""") => (host, port.toInt)
        case _ => settings.fail(s"setting `nodes` holds `$node`, and must be host:port,host:port")
      }
    }
    if (mode == "standalone" && nodes.size > 1)
      settings.fail(s"setting `nodes` names ${nodes.size} servers, which needs `mode` = cluster")
    RedisSettings(
      nodes,
      cluster = mode == "cluster",
      password = settings.text("password").orNull,
      prefix = settings.text("key_prefix").map(p => if (p == "-") "" else s"$p:").getOrElse("chronon:"),
      zipline = settings.choice("dialect", "airbnb", Seq("airbnb", "zipline")) == "zipline",
      ttlSeconds = settings.number("ttl_seconds", 432000, 1, Int.MaxValue.toLong),
      timeoutMillis = settings.number("timeout_ms", 2000, 1, 3600000)
    )
  }
}
