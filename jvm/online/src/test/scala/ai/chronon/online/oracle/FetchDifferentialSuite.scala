package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.OracleJars
import org.scalatest.funsuite.AnyFunSuite

import java.util
import scala.collection.JavaConverters._
import scala.util.Random

/** Random definitions, stored data and requests: the reference's fetcher and ours read the same bytes and answer the same. */
class FetchDifferentialSuite extends AnyFunSuite {
  import RandomDefinitions._

  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240317L)
  private val rounds = sys.env.get("CHRONON_TEST_ROUNDS").map(_.toInt).getOrElse(12)

  private def differential(name: String)(body: (Random, Sides) => Unit): Unit = test(name) {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    for (round <- 1 to rounds) withClue(s"CHRONON_TEST_SEED=$seed, round $round: ") {
      val sides = new Sides(OracleLoader.world(), new FetchWorld)
      try body(new Random(seed * 1000 + round), sides)
      finally sides.both("close")
    }
  }

  for (kind <- Kinds)
    differential(s"group-by, $kind: the same features") { (random, sides) =>
      val data = new StoredData(random, kind, "team.features.v1", ours = false)
      data.store(sides)
      sides.compare("fetchGroupBys", data.requests("team/features.v1", 40))
    }

  differential("join of four kinds of parts, prefixes and renamed keys: the same features") {
    (random, sides) =>
      val parts =
        Seq("temporal_events", "temporal_mutations", "snapshot", "no_aggregation").zipWithIndex.map {
          case (kind, i) =>
            new StoredData(random, kind, s"team.part_$i.v1", ours = false)
        }
      parts.foreach(_.store(sides))
      val join = RandomDefinitions.join("team.all.v1", parts.map(p => part(p.groupBy, random)))
      sides.both("join", ThriftJsonCodec.toJsonStr(join))
      sides.compare("fetchJoin", joinRequests(random, "team/all.v1", 40))
  }

  differential("derivations and logging of joins: the same values, the same bytes of keys") {
    (random, sides) =>
      val data = new StoredData(random, "temporal_events", "team.features.v1", ours = false)
      data.store(sides)
      val prefix = "team_features_v1_"
      val join = RandomDefinitions.join("team.derived.v1", Seq(part(data.groupBy, random, prefixed = false)))
      val column = prefix +
        ColumnNames.values(data.groupBy)(random.nextInt(ColumnNames.values(data.groupBy).size))
      val derivations =
        Seq(derivation("renamed", column), derivation("when", "ts"), derivation("day", "ds")) ++
          (if (random.nextBoolean()) Seq(derivation("*", "*")) else Nil)
      join.setDerivations(list(derivations))
      join.getMetaData.setSamplePercent(100)
      sides.both("join", ThriftJsonCodec.toJsonStr(join))
      sides.compare("fetchJoin", joinRequests(random, "team/derived.v1", 20))
      val Seq(theirs, ours) = Seq(sides.theirs, sides.ours).map(side =>
        side("logged", Array()).asInstanceOf[util.List[Array[AnyRef]]].asScala.filter(_(4) != null)
          .map(event => (event(0).asInstanceOf[Array[Byte]].toSeq, event(2), event(3))).sortBy(_.toString)
      )
      assert(ours == theirs)
  }

  differential("a derivation of a column that is not there: the same exceptions, and the same that is left") {
    (random, sides) =>
      val data = new StoredData(random, "no_aggregation", "team.features.v1", ours = false)
      data.store(sides)
      val join = RandomDefinitions.join("team.derived.v1", Seq(part(data.groupBy, random, prefixed = false)))
      join.setDerivations(list(Seq(
        derivation("renamed", "team_features_v1_amount"),
        derivation("wrong", "team_features_v1_nosuch + 1")
      ) ++ (if (random.nextBoolean()) Seq(derivation("*", "*")) else Nil)))
      sides.both("join", ThriftJsonCodec.toJsonStr(join))
      sides.compare("fetchJoin", joinRequests(random, "team/derived.v1", 5))
  }

  differential("a derivation of a group-by that fails: the same exceptions, and the same that is left") {
    (random, sides) =>
      val data = new StoredData(random, "no_aggregation", "team.features.v1", ours = false)
      data.groupBy.setDerivations(list(Seq(
        derivation("renamed", "amount"),
        derivation("wrong", "nosuch + 1")
      )))
      data.store(sides)
      sides.compare("fetchGroupBys", data.requests("team/features.v1", 5))
  }

  for (
    (what, derivations) <- Seq(
      "renames" -> Seq(derivation("*", "*"), derivation("renamed", "team_here_v1_amount")),
      "expressions of what is there" ->
        Seq(derivation("more", "team_here_v1_amount + 1"), derivation("*", "*")),
      "expressions of what is not" -> Seq(derivation("more", "team_gone_v1_amount + 1"))
    )
  )
    differential(s"a part without a batch upload, and $what: the same exceptions") { (random, sides) =>
      val data = new StoredData(random, "no_aggregation", "team.here.v1", ours = false)
      val gone = new StoredData(random, "no_aggregation", "team.gone.v1", ours = false)
      data.store(sides)
      val parts = Seq(data, gone).map(d => part(d.groupBy, random, prefixed = false))
      val join = RandomDefinitions.join("team.derived.v1", parts)
      join.setDerivations(list(derivations))
      sides.both("join", ThriftJsonCodec.toJsonStr(join))
      sides.compare("fetchJoin", joinRequests(random, "team/derived.v1", 5))
    }
}
