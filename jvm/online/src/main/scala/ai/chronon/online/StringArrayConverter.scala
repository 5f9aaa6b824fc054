package ai.chronon.online

import org.slf4j.{Logger, LoggerFactory}

import java.nio.charset.StandardCharsets.UTF_8
import java.util.Base64
import scala.collection.Seq

/** Lists of texts as the bytes of one stored value: each text in Base64, joined by commas. */
object StringArrayConverter {
  @transient lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  def stringsToBytes(strings: Seq[String]): Array[Byte] =
    strings.map(text => Base64.getEncoder.encodeToString(text.getBytes(UTF_8))).mkString(",").getBytes(UTF_8)

  /** The texts in order. No bytes at all are a list of one empty text, as for the writer.
    *
    * @throws java.lang.IllegalArgumentException if the bytes are not what `stringsToBytes` writes
    */
  def bytesToStrings(bytes: Array[Byte]): Seq[String] =
    new String(bytes, UTF_8).split(",", -1).toSeq.map(part =>
      new String(Base64.getDecoder.decode(part), UTF_8)
    )
}
