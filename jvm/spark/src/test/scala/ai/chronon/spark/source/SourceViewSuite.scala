package ai.chronon.spark.source

import ai.chronon.api.{EntitySource, Query, Source}
import org.scalatest.funsuite.AnyFunSuite

class SourceViewSuite extends AnyFunSuite {

  // what the reference's tables have for these selects, whatever their order in the definition
  Seq(
    Seq("city", "rating") -> Seq("rating", "city"),
    Seq("age", "rating", "user") -> Seq("rating", "user", "age")
  ).foreach { case (names, stored) =>
    test(s"the order of ${names.mkString(", ")} does not depend on the definition") {
      names.permutations.foreach { written =>
        val selects = new java.util.LinkedHashMap[String, String]
        written.foreach(name => selects.put(name, name))
        val entities = new EntitySource().setSnapshotTable("t").setQuery(new Query().setSelects(selects))
        val source = new Source()
        source.setEntities(entities)
        assert(SourceView.of(source).selects.map(_.map(_._1)).contains(stored))
      }
    }
  }
}
