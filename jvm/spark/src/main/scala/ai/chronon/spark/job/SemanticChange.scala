package ai.chronon.spark.job

/** Which tables a changed definition makes worthless: a pure function of the hashes stored with the output table and those
  * of the definition now.
  *
  * Keys of both maps: `left_source`, one per part table, `<output>_bootstrap`, and `derived` if there are derivations.
  */
object SemanticChange {
  private val Left = "left_source"
  private val Derived = "derived"

  /** Hash of a definition without bootstrap parts: a key that appears with it changes nothing. */
  private val EmptyHash = "1B2M2Y8Asg"

  /** @return tables to archive, the output last; empty when nothing relevant changed */
  def tablesToArchive(output: String, stored: Map[String, String], now: Map[String, String]): Seq[String] = {
    val bootstrap = s"${output}_bootstrap"
    def parts(hashes: Map[String, String]) = hashes -- Seq(Left, Derived, bootstrap)
    val leftChanged = stored.get(Left) != now.get(Left)
    val bootstrapChanged = stored.contains(bootstrap) && stored.get(bootstrap) != now.get(bootstrap)
    val stale =
      parts(stored).collect { case (table, hash) if !now.get(table).contains(hash) => table }.toSeq.sorted
    val partAdded = parts(now).keys.exists(!stored.contains(_))
    val bootstrapAdded = !stored.contains(bootstrap) && now.get(bootstrap).exists(_ != EmptyHash)
    val derivedChanged = stored.get(Derived) != now.get(Derived)
    if (leftChanged || bootstrapChanged) parts(stored).keys.toSeq.sorted ++ Seq(bootstrap, output)
    else if (stale.nonEmpty) stale :+ output
    else if (partAdded || bootstrapAdded || derivedChanged) Seq(output)
    else Nil
  }
}
