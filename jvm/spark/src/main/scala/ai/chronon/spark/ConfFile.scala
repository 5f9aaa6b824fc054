package ai.chronon.spark

import ai.chronon.api.{InvalidDefinitionException, ThriftJsonCodec}
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path
import org.apache.thrift.TBase

import java.io.IOException
import java.nio.charset.StandardCharsets.UTF_8

/** Compiled definitions from a local path, or from any address that the Hadoop on the class path can read. */
object ConfFile {
  private val address = "^[a-zA-Z][a-zA-Z0-9+.-]*://.*".r

  /** @param check whether a file that was changed after it was compiled is refused
    * @throws InvalidDefinitionException naming the path when there is no such file, it is not a definition, or it was
    *                                    changed
    */
  def read[T <: TBase[_, _]](path: String, kind: Class[T], check: Boolean = true): T =
    try ThriftJsonCodec.fromJsonStr[T](text(path), check, kind)(Manifest.classType(kind))
    catch {
      case e: InvalidDefinitionException => throw new InvalidDefinitionException(s"$path: ${e.getMessage}", e)
      case e: IOException                =>
        throw new InvalidDefinitionException(s"$path: cannot be read: ${e.getMessage}", e)
    }

  private def text(path: String): String = {
    val location =
      new Path(if (address.findFirstIn(path).isDefined) path else new java.io.File(path).toURI.toString)
    val files = location.getFileSystem(new Configuration())
    val in = files.open(location)
    try {
      val bytes = new java.io.ByteArrayOutputStream()
      org.apache.hadoop.io.IOUtils.copyBytes(in, bytes, 1 << 16)
      new String(bytes.toByteArray, UTF_8)
    } finally in.close()
  }
}
