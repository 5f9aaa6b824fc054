package ai.chronon.spark.job

import org.scalatest.funsuite.AnyFunSuite

class SemanticChangeSuite extends AnyFunSuite {
  private val base = Map("left_source" -> "l", "o_a" -> "a", "o_b" -> "b", "o_bootstrap" -> "1B2M2Y8Asg")

  private val cases: Seq[(String, Seq[String], Map[String, String], Map[String, String])] = Seq(
    ("nothing changed", Nil, base, base),
    (
      "another left makes everything worthless",
      Seq("o_a", "o_b", "o_bootstrap", "o"),
      base,
      base + ("left_source" -> "m")
    ),
    ("other bootstrap parts too", Seq("o_a", "o_b", "o_bootstrap", "o"), base, base + ("o_bootstrap" -> "x")),
    ("a changed part takes its table and the output", Seq("o_a", "o"), base, base + ("o_a" -> "c")),
    ("a removed part as well", Seq("o_b", "o"), base, base - "o_b"),
    ("an added part only the output", Seq("o"), base, base + ("o_c" -> "c")),
    ("derivations added", Seq("o"), base, base + ("derived" -> "d")),
    ("derivations changed", Seq("o"), base + ("derived" -> "d"), base + ("derived" -> "e")),
    ("derivations removed", Seq("o"), base + ("derived" -> "d"), base),
    ("a bootstrap key that appears without parts is no change", Nil, base - "o_bootstrap", base),
    ("a bootstrap key that appears with parts", Seq("o"), base - "o_bootstrap", base + ("o_bootstrap" -> "x"))
  )

  cases.foreach { case (name, expected, stored, now) =>
    test(name)(assert(SemanticChange.tablesToArchive("o", stored, now) == expected))
  }
}
