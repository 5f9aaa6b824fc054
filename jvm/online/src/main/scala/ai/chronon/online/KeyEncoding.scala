package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request

import scala.util.control.NonFatal

/** Keys of a request as the key bytes of a group-by. */
private[online] object KeyEncoding {

  /** The keys of the group-by in the types of their columns.
    *
    * @throws ai.chronon.api.KeyMissingException if one is not in the request: written as null or zero it would be another key
    * @throws ai.chronon.api.EncodeKeyException  naming the column whose value has no form in its type
    */
  def cast(
      request: Request,
      info: GroupByServingInfoParsed,
      context: Metrics.Context
  ): Map[String, AnyRef] = {
    val columns = info.keyChrononSchema.fields
    val keys = request.keys
    if (keys == null) throw KeyMissingException(request.name, columns.map(_.name).toVector, Map.empty)
    def isThere(name: String) = keys.contains(name) || keys.contains(clean(name))
    if (!columns.forall(column => isThere(column.name))) {
      context.increment("fetch_missing_key_failure.count")
      throw KeyMissingException(request.name, columns.iterator.map(_.name).filterNot(isThere).toList, keys)
    }
    var result = Map.empty[String, AnyRef]
    columns.foreach { column =>
      val value = keys.getOrElse(column.name, keys(clean(column.name)))
      val cast =
        try KeyCast.castTo(value, column.fieldType)
        catch {
          case e: IllegalArgumentException =>
            context.increment("encode_group_by_key_failure.count")
            throw EncodeKeyException(request.name, s"key ${column.name}: ${e.getMessage}")
        }
      result = result.updated(column.name, cast)
    }
    result
  }

  /** A column whose name had to be made unique in the stored schema is asked for by its own name. */
  private def clean(name: String): String = serde.AvroConversions.cleanSuffix(name)

  def encode(
      store: KVStore,
      name: String,
      keys: Map[String, AnyRef],
      info: GroupByServingInfoParsed,
      dataset: String,
      context: Metrics.Context
  ): Array[Byte] =
    try store.createKeyBytes(keys, info, dataset)
    catch {
      case NonFatal(e) =>
        context.increment("encode_group_by_key_failure.count")
        throw EncodeKeyException(name, s"keys ${keys.mkString(", ")} for dataset $dataset: $e").initCause(e)
    }
}
