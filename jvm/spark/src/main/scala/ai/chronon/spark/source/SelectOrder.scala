package ai.chronon.spark.source

/** The order in which a projection's columns stand in stored tables: that of an immutable map of Scala 2.12, in which the
  * reference keeps them. Up to four entries keep the order in which they were put in; more follow a trie over the hash
  * of the name. Written out here because Scala 2.13 orders its maps differently, and tables must not depend on that.
  */
object SelectOrder {
  private val InsertionOrderLimit = 4
  private val BitsPerLevel = 5
  private val Levels = 7

  /** @param names distinct, in the order in which they are put into the map */
  def of(names: Seq[String]): Seq[String] =
    if (names.length <= InsertionOrderLimit) names
    else names.sortBy(name => path(mixed(name.hashCode)))(pathOrdering)

  private def mixed(hash: Int): Int = {
    var h = hash + ~(hash << 9)
    h = h ^ (h >>> 14)
    h = h + (h << 4)
    h ^ (h >>> 10)
  }

  /** Branch taken at each level of the trie, five bits at a time from the low end. */
  private def path(hash: Int): Seq[Int] = (0 until Levels).map(level =>
    (hash >>> (level * BitsPerLevel)) & 31
  )

  private val pathOrdering: Ordering[Seq[Int]] = new Ordering[Seq[Int]] {
    override def compare(a: Seq[Int], b: Seq[Int]): Int =
      a.zip(b).collectFirst { case (x, y) if x != y => Integer.compare(x, y) }.getOrElse(0)
  }
}
