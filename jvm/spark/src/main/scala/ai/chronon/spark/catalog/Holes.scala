package ai.chronon.spark.catalog

/** Which partitions of an output are still to be computed: a pure function of partition lists. */
object Holes {

  /** What an input table offers, already shifted to output partitions. */
  final case class Input(table: String, partitions: Seq[String])

  /** @param wanted         what the run asks for; an open start begins at the first partition of any input
    * @param existing       partitions that the output has
    * @param inputs         only days that at least one of them has are computed; none at all: every wanted day
    * @param skipFirstHole  leave alone what lies before the earliest existing partition
    * @return consecutive ranges in ascending order
    */
  def find(
      output: String,
      wanted: PartitionRange,
      existing: Seq[String],
      inputs: Seq[Input],
      skipFirstHole: Boolean
  ): Plan = {
    val offered = inputs.flatMap(_.partitions).toSet
    val start = wanted.start.getOrElse {
      require(
        offered.nonEmpty,
        s"$output has no start partition, and its inputs have no partitions either: ${inputs.map(_.table).mkString(", ")}"
      )
      offered.min
    }
    val range = wanted.copy(start = Some(start))
    if (!range.wellDefined) Plan(Nil, 0)
    else {
      val candidates = range.partitions
      val cutoff = existing.reduceOption((a, b) => if (a <= b) a else b).filter(_ > start).getOrElse(start)
      val (early, rest) = candidates.partition(day => skipFirstHole && day < cutoff)
      val missing = rest.filterNot(existing.toSet)
      val possible = if (inputs.isEmpty) missing else missing.filter(offered)
      Plan(PartitionRange.consecutive(possible, wanted.spec), early.length)
    }
  }

  /** @param ranges  to be computed, in order
    * @param skipped partitions left alone because they precede the earliest existing one
    */
  final case class Plan(ranges: Seq[PartitionRange], skipped: Int)
}
