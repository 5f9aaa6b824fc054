package ai.chronon.spark.job

import ai.chronon.spark.job.ColumnOrder.{Part, TimeKeys}
import org.scalatest.funsuite.AnyFunSuite

class ColumnOrderSuite extends AnyFunSuite {
  private val snapshot = TimeKeys.snapshotOfEvents
  private val temporal = TimeKeys.temporal("ds")
  private val entities = TimeKeys.entities("ds")

  private val cases: Seq[(String, String, String, Boolean, Seq[Part])] = Seq(
    (
      "the worked example: SNAPSHOT A, TEMPORAL B, both keyed by user",
      "user ts request_id A1 A2 B1 ds",
      "ds ts user request_id",
      true,
      Seq(Part("user" +: snapshot, Seq("A1", "A2")), Part("user" +: temporal, Seq("B1")))
    ),
    (
      "no parts: the left as it is, partition last",
      "ts user request_id ds",
      "ds ts user request_id",
      true,
      Nil
    ),
    (
      "the keys of the last part lead",
      "item user ts A B ds",
      "ds ts user item",
      true,
      Seq(Part("user" +: snapshot, Seq("A")), Part("item" +: snapshot, Seq("B")))
    ),
    (
      "a TEMPORAL part takes time to the front",
      "item ts user A B ds",
      "ds ts user item",
      true,
      Seq(Part("user" +: snapshot, Seq("A")), Part("item" +: temporal, Seq("B")))
    ),
    (
      "a SNAPSHOT part after a TEMPORAL one moves its key only",
      "item user ts A B ds",
      "ds ts user item",
      true,
      Seq(Part("user" +: temporal, Seq("A")), Part("item" +: snapshot, Seq("B")))
    ),
    (
      "several keys keep the order of the group-by",
      "item user ts note A ds",
      "ds ts note user item",
      true,
      Seq(Part(Seq("item", "user") ++ temporal, Seq("A")))
    ),
    ("entity left", "user note A ds", "ds note user", false, Seq(Part("user" +: entities, Seq("A"))))
  )

  cases.foreach { case (name, expected, left, isEvents, parts) =>
    test(name)(assert(ColumnOrder.of(left.split(' ').toSeq, isEvents, "ds", parts).mkString(" ") == expected))
  }
}
