package ai.chronon.stores.redis

import java.io.File
import java.net.{InetAddress, ServerSocket}
import java.nio.file.Files
import scala.io.Source
import scala.reflect.io.Directory

/** A real server on a free loopback port, without a file on disk.
  *
  * @param cluster whether it is a node of a cluster, which `RedisCluster` then makes; the others answer where one is down
  */
final class RedisServer(cluster: Boolean) extends AutoCloseable {
  private val folder = Files.createTempDirectory("redis").toFile
  val port: Int = freePort()

  /** Where nodes talk to each other. */
  val busPort: Int = freePort()

  private val process = {
    val clusterOptions =
      if (cluster)
        Seq("--cluster-enabled", "yes", "--cluster-port", busPort.toString) ++
          Seq("--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000")
      else Nil
    val options =
      Seq("--port", port.toString, "--bind", "127.0.0.1", "--save", "", "--dir", folder.getPath) ++
        clusterOptions
    val builder =
      new ProcessBuilder((RedisServer.Binary.get.getPath +: options): _*).redirectErrorStream(true)
    builder.start()
  }

  // The server says on its output when it takes connections; reading on keeps the pipe from filling up.
  private val lines = Source.fromInputStream(process.getInputStream).getLines()
  if (!lines.exists(_.contains("Ready to accept connections")))
    throw new IllegalStateException("redis-server did not start")
  private val drain = new Thread(() => lines.foreach(_ => ()))
  drain.setDaemon(true)
  drain.start()

  /** Ends it as a power cut does. Closing it afterwards is still needed. */
  def kill(): Unit = {
    process.destroyForcibly()
    process.waitFor()
    ()
  }

  /** Stops it in the middle of whatever it does: connections stay open, and nothing is answered until `resume`. */
  def suspend(): Unit = signal("STOP")

  def resume(): Unit = signal("CONT")

  private def signal(name: String): Unit = {
    val done = new ProcessBuilder("kill", s"-$name", process.pid.toString).inheritIO().start().waitFor()
    if (done != 0) throw new IllegalStateException(s"kill -$name ended with $done")
  }

  override def close(): Unit = {
    process.destroyForcibly()
    process.waitFor()
    new Directory(folder).deleteRecursively()
    ()
  }

  private def freePort(): Int = {
    val socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress)
    try socket.getLocalPort
    finally socket.close()
  }
}

object RedisServer {
  val Binary: Option[File] =
    sys.env.getOrElse(
      "PATH",
      ""
    ).split(File.pathSeparator).map(new File(_, "redis-server")).find(_.canExecute)
}
