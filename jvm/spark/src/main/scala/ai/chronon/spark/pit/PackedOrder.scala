package ai.chronon.spark.pit

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.types.LongType

/** The order in which both sides arrive: one long that holds 22 bits of a hash of the keys above 42 bits of time.
  *
  * Spark's sort compares the first eight bytes of a row without touching it; sorting by the keys first would make nearly
  * every comparison a look into two rows. Rows of a key then stand in time order inside a **bucket**, the rows whose
  * 22 bits agree; keys that share a bucket are interleaved, and the evaluator takes them apart again.
  */
private[pit] object PackedOrder {
  private val TimeBits = 42 // milliseconds up to the year 2109
  private val LastTime = (1L << TimeBits) - 1

  // not the seed that Spark partitions by: its low bits are equal for all rows of a task
  private val Seed = 7

  /** Hash of `keys` above `time`; times outside 42 bits are clamped, so the order of times needs `time` as well. */
  def apply(keys: Seq[Expression], time: Expression): Expression = {
    val known = Coalesce(Seq(time, Literal(0L)))
    val clamped = Least(Seq(Greatest(Seq(known, Literal(0L))), Literal(LastTime)))
    BitwiseOr(ShiftLeft(Cast(new Murmur3Hash(keys, Seed), LongType), Literal(TimeBits)), clamped)
  }

  /** The bucket of a packed value; ascends with it. */
  def bucket(packed: Long): Int = (packed >> TimeBits).toInt
}
