package ai.chronon.online.streaming.kafka

import org.apache.kafka.clients.admin.{Admin, NewTopic}
import org.apache.kafka.clients.producer.{KafkaProducer, ProducerRecord}
import org.apache.kafka.common.serialization.ByteArraySerializer

import java.io.File
import java.net.{InetAddress, ServerSocket}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.Files
import java.util.{Collections, Properties}
import scala.reflect.io.Directory
import scala.sys.process.{Process, ProcessLogger}

/** A real broker on a free loopback port, by scripts/kafka. */
final class KafkaBroker private (folder: File, val address: String) extends AutoCloseable {
  private val settings = new Properties
  settings.setProperty("bootstrap.servers", address)
  private val producer = new KafkaProducer(settings, new ByteArraySerializer, new ByteArraySerializer)
  private val admin = Admin.create(settings)

  def create(topic: String, partitions: Int = 1): Unit = {
    admin.createTopics(Collections.singleton(new NewTopic(topic, partitions, 1.toShort))).all.get
    ()
  }

  /** Returns when the broker has all of them. */
  def send(topic: String, messages: String*): Unit = {
    val sent = messages.map { message =>
      producer.send(new ProducerRecord[Array[Byte], Array[Byte]](topic, message.getBytes(UTF_8)))
    }
    sent.foreach(_.get)
  }

  /** Deletes what a group has committed. */
  def forget(group: String): Unit = { admin.deleteConsumerGroups(Collections.singleton(group)).all.get; () }

  override def close(): Unit = {
    producer.close()
    admin.close()
    KafkaBroker.script("stop", "--data", folder.getPath)
    new Directory(folder).deleteRecursively()
    ()
  }
}

object KafkaBroker {

  /** A broker, or why there can be none here. */
  def start(): Either[String, KafkaBroker] = {
    val folder = Files.createTempDirectory("kafka").toFile
    val (code, output) = script("start", "--data", folder.getPath, "--port", freePort().toString)
    if (code == 0) Right(new KafkaBroker(folder, output.linesIterator.find(_.startsWith("127.0.0.1:")).get))
    else if (output.contains("could not fetch") || output.contains("mvn: "))
      Left(s"Kafka's jars cannot be fetched here: $output")
    else throw new IllegalStateException(s"scripts/kafka start ended with $code: $output")
  }

  private def script(arguments: String*): (Int, String) = {
    val output = new StringBuilder
    val log = ProcessLogger { line => output.synchronized(output.append(line).append('\n')); () }
    val code = Process("scripts/kafka" +: arguments).!(log)
    (code, output.toString)
  }

  /** The port after it is taken as well, by the controller. */
  private def freePort(): Int = Iterator.continually {
    val first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress)
    try {
      new ServerSocket(first.getLocalPort + 1, 1, InetAddress.getLoopbackAddress).close()
      Some(first.getLocalPort)
    } catch { case _: java.io.IOException | _: IllegalArgumentException => None }
    finally first.close()
  }.flatten.next()
}
