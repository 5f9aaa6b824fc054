package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.OracleJars
import ai.chronon.online.testkit.Served
import org.scalatest.funsuite.AnyFunSuite

import scala.collection.JavaConverters._
import scala.util.Random

/** Values that one of the two wrote are read by both: the reference's fetcher and ours give equal maps, request by request.
  *
  * Every round makes up a world of its own: a group-by, or a join of several with external parts and derivations, and what
  * is stored of them; `CHRONON_FETCH_REQUESTS` says how many requests are compared in all.
  */
class MixedReadersSuite extends AnyFunSuite {
  import RandomDefinitions._

  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240317L)
  private val wanted = sys.env.get("CHRONON_FETCH_REQUESTS").map(_.toInt).getOrElse(600)
  private val PerRound = 25

  test(s"equal maps for $wanted requests, half of the values written by each side") {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val sides = new Sides(OracleLoader.world(), new FetchWorld)
    try {
      val rounds = (wanted + PerRound - 1) / PerRound
      for (round <- 0 until rounds) withClue(s"CHRONON_TEST_SEED=$seed, round $round: ") {
        val random = new Random(seed * 100003 + round)
        if (round % 3 == 2) joined(sides, random, round) else alone(sides, random, round)
      }
      info(s"seed $seed: $rounds rounds, ${sides.summary}")
    } finally sides.both("close")
  }

  test("a moment before the batch's end: the same failures, and the same nulls for keys that have nothing") {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val sides = new Sides(OracleLoader.world(), new FetchWorld)
    try Kinds.zipWithIndex.foreach { case (kind, i) =>
        val data = new StoredData(new Random(seed + i), kind, s"team.early_$i.v1", ours = false)
        data.store(sides)
        val requests = data.everyKeyAt(s"team/early_$i.v1", BatchEnd - 1)
        withClue(s"$kind: ")(sides.compare("fetchGroupBys", requests))
      }
    finally sides.both("close")
  }

  private def alone(sides: Sides, random: Random, round: Int): Unit = {
    val data = new StoredData(
      random,
      Kinds((round / 3 * 2 + round % 3) % Kinds.size),
      s"team.alone_$round.v1",
      random.nextBoolean()
    )
    if (random.nextInt(4) == 0) derive(data.groupBy, random)
    withClue(s"${data.kind}, ${ThriftJsonCodec.toJsonStr(data.groupBy)}: ") {
      data.store(sides)
      sides.compare("fetchGroupBys", data.requests(s"team/alone_$round.v1", PerRound))
    }
  }

  private def derive(groupBy: GroupBy, random: Random): Unit = {
    val all = RandomDefinitions.features(groupBy)
    groupBy.setDerivations(derivations(random, all, numbers(groupBy)))
    ()
  }

  private def joined(sides: Sides, random: Random, round: Int): Unit = {
    val all = random.shuffle(Kinds).take(1 + random.nextInt(4)).zipWithIndex.map { case (kind, i) =>
      new StoredData(random, kind, s"team.part_${round}_$i.v1", random.nextBoolean())
    }
    all.foreach(data => if (random.nextInt(4) == 0) derive(data.groupBy, random))
    all.foreach(_.store(sides))
    val conf = join(s"team.all_$round.v1", all.map(data => part(data.groupBy, random)))
    if (random.nextBoolean()) conf.setOnlineExternalParts(list(Seq(
      Served.external("echo", "user", "echoed", Map.empty),
      Served.external("contextual", "color", "color", Map.empty, dataType = StringType)
    )))
    if (random.nextBoolean()) {
      def prefixed(names: GroupBy => Seq[String]): Seq[String] =
        conf.getJoinParts.asScala.toList.filterNot(_.getGroupBy.isSetDerivations).flatMap(part =>
          names(part.getGroupBy).map(name => s"${ColumnNames.fullPrefix(part)}_$name")
        )
      conf.setDerivations(derivations(random, prefixed(RandomDefinitions.features), prefixed(numbers)))
    }
    withClue(s"${all.map(_.kind)}, ${ThriftJsonCodec.toJsonStr(conf)}: ") {
      sides.both("join", ThriftJsonCodec.toJsonStr(conf))
      sides.compare("fetchJoin", joinRequests(random, s"team/all_$round.v1", PerRound))
    }
  }
}
