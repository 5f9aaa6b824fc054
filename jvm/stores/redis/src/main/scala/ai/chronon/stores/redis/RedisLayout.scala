package ai.chronon.stores.redis

import ai.chronon.online.Dataset
import ai.chronon.online.KVStore.{GetRequest, PutRequest, TimedValue}

import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util.Base64

/** Where values lie. Both dialects: `<prefix>{<dataset>:<base64 of the key>}` holds eight bytes of time and the newest value of
  * a batch or metadata key. Streaming values lie in one sorted set per key and day, and statistics in one per key: score is the time,
  * member the eight bytes of the time and the value. All keys of an entity share a slot of a cluster.
  */
private[redis] final class RedisLayout(settings: RedisSettings) {
  import RedisLayout._

  /** The key, and the time, of a value to store. */
  def place(put: PutRequest, now: Long): (Array[Byte], Long) = {
    val millis = put.tsMillis.getOrElse(now)
    Dataset.of(put.dataset) match {
      case Dataset.Streaming if settings.zipline =>
        val tile = TileKey.of(put.keyBytes)
        (
          text(s"${tag(put.dataset, tile.key)}:${dayOf(millis)}:${tile.sizeMillis}"),
          tile.start.getOrElse(millis)
        )
      case Dataset.Streaming => (text(s"${tag(put.dataset, put.keyBytes)}:${dayOf(millis)}"), millis)
      case Dataset.Series    => (text(s"${tag(put.dataset, put.keyBytes)}:series"), millis)
      case _                 => (text(tag(put.dataset, put.keyBytes)), millis)
    }
  }

  /** The keys of the sorted sets that hold a key's values since a time, in ascending time; none if it is a single value. */
  def sets(request: GetRequest, now: Long): Seq[Array[Byte]] = Dataset.of(request.dataset) match {
    case Dataset.Series    => Seq(text(s"${tag(request.dataset, request.keyBytes)}:series"))
    case Dataset.Streaming =>
      val (key, suffix) =
        if (settings.zipline) {
          val tile = TileKey.of(request.keyBytes)
          (tile.key, s":${tile.sizeMillis}")
        } else (request.keyBytes, "")
      // Older days have expired; the clocks of writers may be a little ahead of ours.
      val first =
        math.max(dayOf(request.afterTsMillis.getOrElse(0L)), dayOf(now - settings.ttlSeconds * 1000) - Day)
      (first to (dayOf(now) + Day) by Day).map(day => text(s"${tag(request.dataset, key)}:$day$suffix"))
    case _ => Nil
  }

  def single(request: GetRequest): Array[Byte] = text(tag(request.dataset, request.keyBytes))

  /** How long a value lives; 0 for ever. */
  def ttlSeconds(dataset: String, key: Array[Byte]): Long =
    if (!Dataset.of(dataset).expires || key.sameElements(ServingInfo)) 0 else settings.ttlSeconds

  private def tag(dataset: String, key: Array[Byte]): String =
    s"${settings.prefix}{$dataset:${Base64.getEncoder.encodeToString(key)}}"
}

private[redis] object RedisLayout {
  private val Day = 24L * 3600 * 1000
  private val ServingInfo = text(Dataset.ServingInfoKey)

  def text(of: String): Array[Byte] = of.getBytes(UTF_8)

  /** Time in front of the value. */
  def stored(value: Array[Byte], millis: Long): Array[Byte] =
    ByteBuffer.allocate(8 + value.length).putLong(millis).put(value).array

  /** @throws java.lang.IllegalStateException if something else wrote the bytes */
  def timed(bytes: Array[Byte]): TimedValue =
    if (bytes.length < 8)
      throw new IllegalStateException(s"store redis: a value of ${bytes.length} bytes has no time in front")
    else TimedValue(bytes.drop(8), ByteBuffer.wrap(bytes).getLong)

  private def dayOf(millis: Long): Long = Math.floorDiv(millis, Day) * Day
}
