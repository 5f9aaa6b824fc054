package ai.chronon.spark.source

import ai.chronon.spark.catalog.Sql

/** The filter that a join's `skewKeys` ask for.
  *
  * Several keys are joined by OR: a row is dropped only if all of its keys are skewed. Values stand as the author wrote
  * them, so strings bring their own quotes. The word `null` among them drops null keys; without it they are dropped all the same,
  * because `NOT IN` is not true for them.
  */
object SkewFilter {
  private val nulls = Set("null", "Null", "NULL")

  /** @param keys     name on this side of each key that the frame has, by its name in `skewKeys`
    * @return no filter when none of the keys is listed
    */
  def sql(skewKeys: Map[String, Seq[String]], keys: Seq[(String, String)]): Option[String] = {
    val clauses = keys.flatMap { case (listed, here) =>
      skewKeys.get(listed).filter(_.nonEmpty).map { values =>
        val name = Sql.name(here)
        val plain = values.filterNot(nulls)
        val notNull = if (plain.length < values.length) Seq(s"$name IS NOT NULL") else Nil
        val notIn = if (plain.isEmpty) Nil else Seq(s"$name NOT IN (${plain.mkString(", ")})")
        (notNull ++ notIn).mkString("(", " AND ", ")")
      }
    }
    if (clauses.isEmpty) None else Some(clauses.mkString(" OR "))
  }
}
