package ai.chronon.api

import org.apache.thrift.protocol.{TBinaryProtocol, TCompactProtocol, TProtocolFactory}
import org.apache.thrift.{TBase, TDeserializer, TException, TSerializer}

/** Definitions as bytes, in one of Thrift's two binary forms. */
sealed abstract class ThriftBytes(form: String, protocol: TProtocolFactory) {

  def write(definition: TBase[_, _]): Array[Byte] = new TSerializer(protocol).serialize(definition)

  /** Fills `empty` from bytes, and returns it.
    *
    * @throws InvalidDefinitionException if the bytes end early or are of another form
    */
  def read[T <: TBase[_, _]](empty: T, bytes: Array[Byte]): T = {
    try new TDeserializer(protocol).deserialize(empty, bytes)
    catch {
      // A length that bytes of another form happen to have can be negative or larger than memory.
      case e @ (_: TException | _: RuntimeException | _: OutOfMemoryError) =>
        throw new InvalidDefinitionException(
          s"${bytes.length} bytes are no ${empty.getClass.getSimpleName} in Thrift's $form form: ${e.getMessage}",
          e
        )
    }
    empty
  }
}

object ThriftBytes {

  /** What the native library reads. */
  object Binary extends ThriftBytes("binary", new TBinaryProtocol.Factory())

  /** The smaller form, for values that are stored. */
  object Compact extends ThriftBytes("compact", new TCompactProtocol.Factory())
}
