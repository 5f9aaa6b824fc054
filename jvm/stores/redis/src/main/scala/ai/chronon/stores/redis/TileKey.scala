package ai.chronon.stores.redis

import org.apache.thrift.TException
import org.apache.thrift.protocol.{TCompactProtocol, TProtocolUtil}
import org.apache.thrift.transport.TMemoryInputTransport

/** The key of a tile in the zipline dialect, which its writers and readers give as key bytes: a Thrift struct in the compact
  * protocol.
  *
  * @param start first moment of the tile; not set in keys that are read
  */
private[redis] final case class TileKey(key: Array[Byte], sizeMillis: Long, start: Option[Long])

private[redis] object TileKey {

  /** @throws java.lang.IllegalArgumentException if the bytes are not a tile key */
  def of(bytes: Array[Byte]): TileKey = {
    val in = new TCompactProtocol(new TMemoryInputTransport(bytes))
    var key: Option[Array[Byte]] = None
    var size: Option[Long] = None
    var start: Option[Long] = None
    try {
      in.readStructBegin()
      Iterator.continually(in.readFieldBegin()).takeWhile(_.`type` !=
        org.apache.thrift.protocol.TType.STOP).foreach { field =>
        field.id.toInt match {
          case 2 =>
            val list = in.readListBegin()
            if (list.size < 0 || list.size > bytes.length)
              throw new TException(s"a key of ${list.size} bytes")
            key = Some(Array.fill(list.size)(in.readByte()))
          case 3 => size = Some(in.readI64())
          case 4 => start = Some(in.readI64())
          case _ => TProtocolUtil.skip(in, field.`type`)
        }
        in.readFieldEnd()
      }
    } catch {
      case error: TException => throw refused(bytes, error)
    }
    (key, size) match {
      case (Some(inner), Some(millis)) => TileKey(inner, millis, start)
      case _                           => throw refused(bytes, null)
    }
  }

  private def refused(bytes: Array[Byte], cause: Throwable) = new IllegalArgumentException(
    s"store redis: the zipline dialect needs a TileKey with keyBytes and tileSizeMillis as streaming key, and got " +
      bytes.take(64).map(byte => f"$byte%02x").mkString,
    cause
  )
}
