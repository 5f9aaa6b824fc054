package ai.chronon.api

import ai.chronon.api.Samples._
import org.scalatest.funsuite.AnyFunSuite

class SourcesSuite extends AnyFunSuite {
  private val upstream = join("up", events("db.left/region=eu", topic = "clicks/host=h"))

  Seq(
    (DataModel.Events, events("db.t")),
    (DataModel.Entities, entities("db.t")),
    (DataModel.Events, ofJoin(upstream)),
    (DataModel.Entities, ofJoin(join("top", ofJoin(join("up", entities("db.t"))))))
  ).zipWithIndex.foreach { case ((expected, source), i) =>
    test(s"model $i: $expected")(assert(expected == Sources.dataModel(source)))
  }

  Seq(
    (Accuracy.SNAPSHOT, Seq(events("db.t")), None, "no topic"),
    (Accuracy.TEMPORAL, Seq(events("db.t"), events("db.u", topic = "t")), None, "any topic"),
    (Accuracy.TEMPORAL, Seq(entities("db.t", mutationTopic = "m")), None, "a mutation topic"),
    (Accuracy.TEMPORAL, Seq(ofJoin(upstream)), None, "the topic of an upstream join's left"),
    (Accuracy.SNAPSHOT, Seq(events("db.t", topic = "t")), Some(Accuracy.SNAPSHOT), "stated")
  ).foreach { case (expected, sources, stated, name) =>
    test(s"accuracy: $name") {
      val definition = groupBy("g", sources)
      stated.foreach(definition.setAccuracy)
      assert(expected == Sources.accuracy(definition))
    }
  }

  test("a table's sub-partition filters are apart from its name") {
    val source = events("db.t/region=eu/kind=a=b")
    assert("db.t" == Sources.table(source))
    assert(Map("region" -> "eu", "kind" -> "a=b") == Sources.subPartitionFilters(source))
  }

  test("a join source reads its join's table, and no topic that exists") {
    assert("ns.up" == Sources.table(ofJoin(upstream)))
    assert(Some("clicks/host=h_invalid") == Sources.topic(ofJoin(upstream)))
  }

  test("sources of two kinds are refused by the group-by's name") {
    val mixed = groupBy("team.mixed", Seq(events("db.t"), entities("db.u")))
    val message = intercept[InvalidDefinitionException](Sources.dataModel(mixed)).getMessage
    assert(message == "group-by team.mixed: sources = Events, Entities: all must be of one kind")
  }

  test("a source without an arm is refused") {
    assert(
      intercept[InvalidDefinitionException](Sources.kind(new Source())).getMessage.contains("none of events")
    )
  }
}
