package ai.chronon.api

import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.security.MessageDigest
import java.util.Base64

/** Digests that stored names and samples are taken by. */
object HashUtils {
  private val Length = 10

  /** First ten characters of the Base64 of the MD5. */
  def md5Base64(text: String): String = md5Base64(text.getBytes(UTF_8))

  def md5Base64(bytes: Array[Byte]): String = Base64.getEncoder.encodeToString(md5Bytes(bytes)).take(Length)

  def md5Bytes(bytes: Array[Byte]): Array[Byte] = MessageDigest.getInstance("MD5").digest(bytes)

  /** The absolute value of the digest's first eight bytes, read as a big-endian number (negative only for the one
    * number that has none).
    */
  def md5Long(bytes: Array[Byte]): Long = math.abs(ByteBuffer.wrap(md5Bytes(bytes)).getLong)
}
