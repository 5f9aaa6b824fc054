package ai.chronon.online

import ai.chronon.api.GroupBy
import com.github.benmanes.caffeine.cache.{Cache, Caffeine}

import java.nio.ByteBuffer

/** Batch values of group-bys that ask for it, kept in memory: they change once a day, and reading them is most of a fetch. */
trait FetcherCache {
  import FetcherCache._

  val batchIrCacheName = "batch_cache"

  /** There is one only where `ai.chronon.fetcher.batch_ir_cache_size_elements` says how large it may grow. */
  val maybeBatchIrCache: Option[BatchIrCache] = Option(System.getProperty(SizeProperty)).map { text =>
    val size = scala.util.Try(text.trim.toInt).filter(_ > 0).getOrElse(
      throw new IllegalArgumentException(s"$SizeProperty = $text: a number of entries above zero is needed")
    )
    new BatchIrCache(batchIrCacheName, size)
  }

  protected val caffeineMetricsContext: Metrics.Context = Metrics.Context(Metrics.Environment.JoinFetching)

  def isCacheSizeConfigured: Boolean = maybeBatchIrCache.isDefined

  /** Whether batch values of the group-by are kept. */
  def isCachingEnabled(groupBy: GroupBy): Boolean
}

object FetcherCache {
  val SizeProperty = "ai.chronon.fetcher.batch_ir_cache_size_elements"

  /** Stored bytes by dataset, key and batch end: a new batch is a new entry, the old one falls out in time. */
  class BatchIrCache(val cacheName: String, maximumSize: Int) {
    val cache: Cache[BatchIrCache.Key, Array[Byte]] =
      Caffeine.newBuilder().maximumSize(maximumSize.toLong).recordStats().build[
        BatchIrCache.Key,
        Array[Byte]
      ]()

    /** How the cache does, as gauges. */
    def report(context: Metrics.Context): Unit = {
      val stats = cache.stats()
      val named = context.withSuffix(cacheName)
      named.gauge("hits", stats.hitCount)
      named.gauge("misses", stats.missCount)
      named.gauge("evictions", stats.evictionCount)
      named.gauge("loads", stats.loadCount)
      named.gauge("hit_rate", stats.hitRate)
      named.gauge("average_load_penalty", stats.averageLoadPenalty)
    }
  }

  object BatchIrCache {
    case class Key(dataset: String, keyBytes: ByteBuffer, batchEndTsMillis: Long)
  }
}
