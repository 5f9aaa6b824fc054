package ai.chronon.spark.pit

import org.apache.spark.sql.catalyst.expressions.UnsafeRow

import scala.collection.mutable.ArrayBuffer

/** Numbers the keys of a partition and decides which right rows a batch of left rows has to see.
  *
  * Both sides come in [[PackedOrder]]: buckets ascending, times ascending inside a bucket. Nearly every bucket holds one
  * key. Only the last bucket of a batch can go on in the next one; its numbers are carried over, and a right row in it
  * that lies before the batch's last query is due now whatever its key, because every later query of the bucket sees it.
  */
private[pit] final class Groups {
  // one entry per bucket of the batch, ascending: its number and the position of its first group
  private val buckets = new ArrayBuffer[Int]
  private val starts = new ArrayBuffer[Int]
  // one entry per group of the batch, by bucket: key, number, lane, latest query time in this batch
  private val keys = new ArrayBuffer[UnsafeRow]
  private val numbers = new ArrayBuffer[Int]
  private val lanes = new ArrayBuffer[Int]
  private val lastQuery = new ArrayBuffer[Long]

  private var next = 0 // the next unused number
  private var limit = Long.MinValue // time of the batch's last query
  private var at = 0 // the bucket of the right side's cursor
  private var matched = -1 // position of the group that the last right row belonged to

  /** The group that the right row last asked about belongs to; -1 where no query can see it. */
  var current: Int = -1

  /** A key's number: unique in the partition, ascending with first appearance in a lane. */
  def number(group: Int): Int = numbers(group)

  /** The place of a group among those of its bucket. */
  def lane(group: Int): Int = lanes(group)

  /** Starts a batch; the last bucket of the one before stays open. */
  def nextBatch(): Unit = {
    if (buckets.nonEmpty) {
      val from = starts.last
      buckets.remove(0, buckets.length - 1)
      starts.clear()
      starts += 0
      Seq(keys, numbers, lanes, lastQuery).foreach(_.remove(0, from))
      lastQuery.indices.foreach(lastQuery(_) = Long.MinValue)
    }
    limit = Long.MinValue
    at = 0
    matched = -1
  }

  /** The group of a left row; `key` is copied when it is new. */
  def query(bucket: Int, key: UnsafeRow, millis: Long): Int = {
    if (buckets.isEmpty || buckets.last != bucket) {
      buckets += bucket
      starts += keys.length
    }
    limit = millis
    var i = keys.length - 1
    while (i >= starts.last && !keys(i).equals(key)) i -= 1
    if (i < starts.last) i = add(key)
    lastQuery(i) = millis
    i
  }

  /** Whether the right row belongs to this batch rather than to a later one; sets `current`.
    *
    * @param bucketOf     the row's bucket, computed only where the key is not that of the row before
    * @param bucketGoesOn whether more left rows may follow this batch
    */
  def reaches(key: UnsafeRow, bucketOf: () => Int, millis: Long, bucketGoesOn: Boolean): Boolean = {
    if (matched < 0 || !keys(matched).equals(key)) {
      val bucket = bucketOf()
      while (at < buckets.length && buckets(at) < bucket) at += 1
      if (at == buckets.length) return false
      matched = if (buckets(at) == bucket) find(key) else -1
      if (matched < 0) {
        current = -1
        val last = at == buckets.length - 1 && buckets(at) == bucket
        if (!last || !bucketGoesOn) return true
        if (millis >= limit) return false
        matched = add(key) // its first query may stand in a later batch
      }
    }
    if (at == buckets.length - 1) {
      current = if (millis < limit) matched else -1
      millis < limit || !bucketGoesOn
    } else {
      current = if (millis < lastQuery(matched)) matched else -1
      true
    }
  }

  private def find(key: UnsafeRow): Int = {
    val end = if (at + 1 < starts.length) starts(at + 1) else keys.length
    var i = starts(at)
    while (i < end && !keys(i).equals(key)) i += 1
    if (i < end) i else -1
  }

  /** Adds a group to the last bucket. */
  private def add(key: UnsafeRow): Int = {
    keys += key.copy()
    numbers += next
    lanes += keys.length - 1 - starts.last
    lastQuery += Long.MinValue
    next += 1
    keys.length - 1
  }
}
