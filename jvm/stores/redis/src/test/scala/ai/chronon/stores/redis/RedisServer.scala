package ai.chronon.stores.redis

import java.io.File
import java.net.{InetAddress, ServerSocket}
import java.nio.file.Files
import scala.io.Source
import scala.reflect.io.Directory

/** A real server on a free loopback port, without a file on disk. */
final class RedisServer(cluster: Boolean) extends AutoCloseable {
  private val folder = Files.createTempDirectory("redis").toFile
  val port: Int = freePort()

  private val process = {
    val clusterOptions =
      if (cluster) Seq("--cluster-enabled", "yes", "--cluster-port", freePort().toString) else Nil
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

  override def close(): Unit = {
    process.destroy()
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
