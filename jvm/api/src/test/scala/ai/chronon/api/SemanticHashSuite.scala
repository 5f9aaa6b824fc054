package ai.chronon.api

import ai.chronon.api.Samples._
import org.scalatest.funsuite.AnyFunSuite

class SemanticHashSuite extends AnyFunSuite {
  private def clicks(topic: String) =
    groupBy("g.a", Seq(events("a.b", topic)), aggregation("x", Operation.SUM, Seq(Windows.Day)))
  private def sample(topic: String = "t") =
    join("a/b.j", events("a.left", topic), part(clicks(topic), "pre"), part(clicks(topic)))

  test("a hash for the left, each part's table and the bootstrap table") {
    assert(Set("left_source", "ns.a_b_j_pre_g_a", "ns.a_b_j_g_a", "ns.a_b_j_bootstrap") ==
      SemanticHash.of(sample(), true).keySet)
    assert("1B2M2Y8Asg" == SemanticHash.of(sample(), true)("ns.a_b_j_bootstrap"))
  }

  test("derivations are hashed in the order written, and only if the field is set") {
    val derived = sample()
    derived.setDerivations(list(Seq(derivation("n", "a+b"), derivation("*", "*"))))
    assert("a42119ce" == SemanticHash.of(derived, true)("derived"))
    assert(!SemanticHash.of(sample(), true).contains("derived"))
  }

  test("a topic matters only to the old form") {
    assert(SemanticHash.of(sample("t"), true) == SemanticHash.of(sample("u"), true))
    assert(SemanticHash.of(sample("t"), false) != SemanticHash.of(sample("u"), false))
    val chained =
      (topic: String) => join("top", ofJoin(sample(topic)), part(groupBy("g", Seq(ofJoin(sample(topic))))))
    assert(SemanticHash.of(chained("t"), true) == SemanticHash.of(chained("u"), true))
  }

  test("hashing leaves the definition as it was") {
    val definition = sample()
    SemanticHash.of(definition, true)
    assert(sample() == definition)
  }

  private val base = SemanticHash.of(sample(), true)
  private def changed(change: Join => Unit): Set[String] = {
    val definition = sample()
    change(definition)
    val now = SemanticHash.of(definition, true)
    (base.keySet ++ now.keySet).filter(key => base.get(key) != now.get(key))
  }

  Seq[(Set[String], String, Join => Unit)](
    (Set("left_source"), "the left's start", _.getLeft.getEvents.getQuery.setStartPartition("2024-01-01")),
    (
      Set("ns.a_b_j_pre_g_a"),
      "one part's window",
      _.getJoinParts.get(0).getGroupBy.getAggregations.get(0).setWindows(list(Seq(Windows.Hour)))
    ),
    (Set.empty, "a group-by's metadata", _.getJoinParts.get(0).getGroupBy.getMetaData.setOnline(true)),
    (Set.empty, "a key mapping", _.getJoinParts.get(0).setKeyMapping(new java.util.HashMap())),
    (Set.empty, "row ids", _.setRowIds(list(Seq("id")))),
    (Set("ns.a_b_j_bootstrap"), "bootstrap parts", _.setBootstrapParts(list(Seq(new BootstrapPart()))))
  ).foreach { case (expected, name, change) =>
    test(s"what a change of $name touches")(assert(expected == changed(change)))
  }
}
