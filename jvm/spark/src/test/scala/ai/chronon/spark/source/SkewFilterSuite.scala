package ai.chronon.spark.source

import org.scalatest.funsuite.AnyFunSuite

class SkewFilterSuite extends AnyFunSuite {
  private val same = Seq("user" -> "user", "item" -> "item")

  private val cases: Seq[(String, Option[String], Map[String, Seq[String]], Seq[(String, String)])] = Seq(
    ("no skewed key", None, Map.empty, same),
    ("none of these keys is listed", None, Map("shop" -> Seq("1")), same),
    ("values stand as written", Some("(`user` NOT IN ('a', 2))"), Map("user" -> Seq("'a'", "2")), same),
    (
      "several keys are joined by OR",
      Some("(`user` NOT IN (1)) OR (`item` NOT IN (2))"),
      Map("user" -> Seq("1"), "item" -> Seq("2")),
      same
    ),
    (
      "null among the values",
      Some("(`user` IS NOT NULL AND `user` NOT IN (1))"),
      Map("user" -> Seq("null", "1")),
      same
    ),
    ("nulls only", Some("(`user` IS NOT NULL)"), Map("user" -> Seq("NULL")), same),
    ("an empty list is no filter", None, Map("user" -> Nil), same),
    ("the name on the right", Some("(`u` NOT IN (1))"), Map("user" -> Seq("1")), Seq("user" -> "u"))
  )

  cases.foreach { case (name, expected, skew, keys) =>
    test(name)(assert(SkewFilter.sql(skew, keys) == expected))
  }
}
