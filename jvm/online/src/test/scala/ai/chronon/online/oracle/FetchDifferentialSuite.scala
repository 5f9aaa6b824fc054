package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.serde.AvroConversions
import org.scalatest.funsuite.AnyFunSuite

import java.util
import scala.collection.JavaConverters._
import scala.util.Random

/** Random definitions, stored data and requests: the reference's fetcher and ours read the same bytes and answer the same. */
class FetchDifferentialSuite extends AnyFunSuite {
  import Definitions._

  private val seed = sys.env.get("CHRONON_TEST_SEED").map(_.toLong).getOrElse(20240317L)
  private val rounds = sys.env.get("CHRONON_TEST_ROUNDS").map(_.toInt).getOrElse(12)

  private def differential(name: String)(body: (Random, Sides) => Unit): Unit = test(name) {
    OracleLoader.absent.foreach(cancel(_))
    for (round <- 1 to rounds) withClue(s"CHRONON_TEST_SEED=$seed, round $round: ") {
      body(new Random(seed * 1000 + round), new Sides(OracleLoader.world(), new FetchWorld))
    }
  }

  for (kind <- Seq("temporal_events", "temporal_mutations", "snapshot", "no_aggregation"))
    differential(s"group-by, $kind: the same features") { (random, sides) =>
      val data = new Data(random, kind, "team.features.v1")
      data.store(sides)
      sides.compare("fetchGroupBys", data.requests("team/features.v1", 40))
    }

  differential("join of four kinds of parts, prefixes and renamed keys: the same features") { (random, sides) =>
    val parts = Seq("temporal_events", "temporal_mutations", "snapshot", "no_aggregation").zipWithIndex.map { case (kind, i) =>
      new Data(random, kind, s"team.part_$i.v1")
    }
    parts.foreach(_.store(sides))
    val join = Definitions.join("team.all.v1", parts.map(p => part(p.groupBy, random)))
    sides.both("join", ThriftJsonCodec.toJsonStr(join))
    sides.compare("fetchJoin", joinRequests(random, "team/all.v1", 40))
  }

  differential("derivations and logging of joins: the same values, the same bytes of keys") { (random, sides) =>
    val data = new Data(random, "temporal_events", "team.features.v1")
    data.store(sides)
    val prefix = "team_features_v1_"
    val join = Definitions.join("team.derived.v1", Seq(part(data.groupBy, random, prefixed = false)))
    val column = prefix + ColumnNames.values(data.groupBy)(random.nextInt(ColumnNames.values(data.groupBy).size))
    val derivations = Seq(derivation("renamed", column), derivation("when", "ts"), derivation("day", "ds")) ++
      (if (random.nextBoolean()) Seq(derivation("*", "*")) else Nil)
    join.setDerivations(new util.ArrayList(derivations.asJava))
    join.getMetaData.setSamplePercent(100)
    sides.both("join", ThriftJsonCodec.toJsonStr(join))
    sides.compare("fetchJoin", joinRequests(random, "team/derived.v1", 20))
    val Seq(theirs, ours) = Seq(sides.theirs, sides.ours).map(side =>
      side("logged", Array()).asInstanceOf[util.List[Array[AnyRef]]].asScala.filter(_(4) != null)
        .map(event => (event(0).asInstanceOf[Array[Byte]].toSeq, event(2), event(3))).sortBy(_.toString)
    )
    assert(ours == theirs)
  }
}

/** The two sides of a comparison. */
private class Sides(
    val theirs: util.function.BiFunction[String, Array[AnyRef], AnyRef],
    val ours: util.function.BiFunction[String, Array[AnyRef], AnyRef]
) {
  def both(method: String, arguments: AnyRef*): Unit = {
    theirs(method, arguments.toArray)
    ours(method, arguments.toArray)
  }

  def compare(method: String, requests: util.List[Array[AnyRef]]): Unit = {
    val expected = theirs(method, Array(requests)).asInstanceOf[util.List[AnyRef]].asScala.map(Values.comparable)
    val answered = ours(method, Array(requests)).asInstanceOf[util.List[AnyRef]].asScala.map(Values.comparable)
    assert(answered.size == expected.size)
    answered.zip(expected).zipWithIndex.foreach { case ((ours, theirs), i) =>
      (ours, theirs) match {
        case (a: Map[_, _], b: Map[_, _]) =>
          val names = (a.keySet ++ b.keySet).asInstanceOf[Set[String]]
          names.foreach { name =>
            val (x, y) = (a.asInstanceOf[Map[String, Any]].get(name), b.asInstanceOf[Map[String, Any]].get(name))
            assert(Values.same(x, y), s"$name of request ${util.Arrays.toString(requests.get(i))}: ours $x, the reference's $y")
          }
        case _ => assert(ours == theirs, s"request ${util.Arrays.toString(requests.get(i))}")
      }
    }
  }

  private def assert(condition: Boolean, clue: => String = ""): Unit =
    if (!condition) throw new org.scalatest.exceptions.TestFailedException(clue, 2)
}

private object Values {

  /** Java's lists, maps and arrays as values that are equal when their elements are. */
  def comparable(value: Any): Any = value match {
    case map: util.Map[_, _]   => map.asScala.map { case (k, v) => k -> comparable(v) }.toMap
    case list: util.List[_]    => list.asScala.map(comparable).toList
    case bytes: Array[Byte]    => bytes.toSeq
    case struct: Array[_]      => ("struct", struct.map(comparable).toList)
    // A stack trace is of the classes that made it.
    case text: String if text.contains("\tat ") => text.linesIterator.next().takeWhile(_ != ':')
    case other                 => other
  }

  /** Floating sums of another fold order differ in their last bits; everything else is equal, class included. */
  def same(a: Any, b: Any): Boolean = (a, b) match {
    case (Some(x), Some(y))                               => same(x, y)
    case (x: java.lang.Double, y: java.lang.Double)       => x == y || math.abs(x - y) <= 1e-9 * math.max(math.abs(x), math.abs(y))
    case (x: java.lang.Float, y: java.lang.Float)         => x == y || math.abs(x - y) <= 1e-5 * math.max(math.abs(x), math.abs(y))
    case (x: List[_], y: List[_])                         => x.size == y.size && x.zip(y).forall { case (p, q) => same(p, q) }
    case (x: Map[_, _], y: Map[_, _])                     =>
      x.keySet == y.keySet && x.forall { case (k, v) => same(v, y.asInstanceOf[Map[Any, Any]](k)) }
    case (null, null)                                     => true
    case (x, y)                                           => x != null && y != null && x == y && x.getClass == y.getClass
  }
}

/** Random definitions and what is stored of them. */
private object Definitions {
  val Day: Long = 24L * 3600 * 1000
  val BatchDay = "2024-03-17"
  val BatchEnd: Long = PartitionSpec.Daily.epochMillis(BatchDay)
  private val columns =
    Array(StructField("amount", DoubleType), StructField("count", LongType), StructField("item", StringType), StructField("size", IntType))
  val Users = 12

  def list[T](values: Seq[T]): util.List[T] = new util.ArrayList(values.asJava)
  def pick[T](random: Random, values: Seq[T]): T = values(random.nextInt(values.size))

  def metaData(name: String): MetaData = {
    val result = new MetaData()
    result.setName(name)
    result.setTeam("team")
    result.setOutputNamespace("ns")
    result
  }

  private def source(kind: String): Source = {
    val query = new Query()
    query.setSelects((columns.map(_.name) :+ "user").map(n => n -> n).toMap.asJava)
    query.setTimeColumn("ts")
    query.setSetups(new util.ArrayList[String])
    if (kind == "temporal_mutations") {
      val entities = new EntitySource()
      entities.setSnapshotTable("db.entities")
      entities.setMutationTable("db.mutations")
      entities.setMutationTopic("topic")
      entities.setQuery(query)
      Source.entities(entities)
    } else {
      val events = new EventSource()
      events.setTable("db.events")
      if (kind == "temporal_events") events.setTopic("topic")
      events.setQuery(query)
      Source.events(events)
    }
  }

  private def aggregation(random: Random, mutations: Boolean): Aggregation = {
    import Operation._
    val result = new Aggregation()
    val numeric = Seq(SUM, COUNT, AVERAGE) ++ (if (mutations) Nil else Seq(MIN, MAX, LAST, FIRST, VARIANCE, LAST_K))
    result.setOperation(pick(random, numeric))
    result.setInputColumn(
      if (Set(COUNT, LAST, FIRST, LAST_K)(result.getOperation)) pick(random, columns.map(_.name)) else pick(random, Seq("amount", "count", "size"))
    )
    val args = new util.HashMap[String, String]
    if (result.getOperation == LAST_K) args.put("k", "3")
    result.setArgMap(args)
    if (random.nextInt(4) > 0) result.setWindows(list(random.shuffle(Seq(
      new Window(1, TimeUnit.HOURS),
      new Window(1, TimeUnit.DAYS),
      new Window(7, TimeUnit.DAYS),
      new Window(30, TimeUnit.DAYS)
    )).take(1 + random.nextInt(3))))
    if (random.nextInt(5) == 0 && result.getOperation != LAST_K) result.setBuckets(list(Seq("item")))
    result
  }

  def groupBy(random: Random, kind: String, name: String): GroupBy = {
    val result = new GroupBy()
    result.setMetaData(metaData(name))
    result.setSources(list(Seq(source(kind))))
    result.setKeyColumns(list(Seq("user")))
    result.setAccuracy(if (kind.startsWith("temporal")) Accuracy.TEMPORAL else Accuracy.SNAPSHOT)
    if (kind != "no_aggregation") {
      val mutations = kind == "temporal_mutations"
      // One aggregation for each input and operation, or column names would clash.
      val all = Seq.fill(2 + random.nextInt(4))(aggregation(random, mutations))
      val different = all.groupBy(a => (a.getInputColumn, a.getOperation)).values.map(_.head).toSeq
      result.setAggregations(list(different.sortBy(a => (a.getInputColumn, a.getOperation.getValue))))
    }
    result
  }

  def part(groupBy: GroupBy, random: Random, prefixed: Boolean = true): JoinPart = {
    val result = new JoinPart()
    result.setGroupBy(groupBy)
    if (prefixed && random.nextBoolean()) result.setPrefix("p" + random.nextInt(3))
    if (prefixed && random.nextBoolean()) result.setKeyMapping(Map("left_user" -> "user").asJava)
    result
  }

  def join(name: String, parts: Seq[JoinPart]): Join = {
    val result = new Join()
    result.setMetaData(metaData(name))
    result.setLeft(source("snapshot"))
    result.setJoinParts(list(parts))
    result
  }

  def derivation(name: String, expression: String): Derivation = {
    val result = new Derivation()
    result.setName(name)
    result.setExpression(expression)
    result
  }

  /** A user as requests give it: as a long, or as what JSON makes of it; null, or absent, once in a while. */
  def joinRequests(random: Random, name: String, count: Int): util.List[Array[AnyRef]] = list(Seq.fill(count) {
    val keys = new util.HashMap[String, AnyRef]
    Seq("user", "left_user").foreach { key =>
      val user = random.nextInt(Users + 2)
      random.nextInt(8) match {
        case 0 => if (random.nextInt(3) == 0) keys.put(key, null)
        case 1 => keys.put(key, Int.box(user))
        case 2 => keys.put(key, user.toString)
        case _ => keys.put(key, Long.box(user.toLong))
      }
    }
    Array[AnyRef](name, keys, Long.box(queryMillis(random)))
  })

  def queryMillis(random: Random): Long = BatchEnd + (random.nextDouble() * 1.5 * Day).toLong

  /** What is stored of one group-by. */
  final class Data(random: Random, kind: String, name: String) {
    val groupBy: GroupBy = Definitions.groupBy(random, kind, name)
    private val info: String = {
      val result = new GroupByServingInfo()
      result.setGroupBy(groupBy)
      result.setBatchEndDate(BatchDay)
      result.setKeyAvroSchema(AvroConversions.fromChrononSchema(StructType("Key", Array(StructField("user", LongType)))).toString(true))
      result.setSelectedAvroSchema(AvroConversions.fromChrononSchema(StructType("Value", columns)).toString(true))
      ThriftJsonCodec.toJsonStr(result)
    }
    private val batchDataset = TableNames.batchDataset(groupBy)

    private def values(names: Seq[String]): Array[Any] = names.map {
      case _ if random.nextInt(6) == 0 => null
      case "amount"                    => random.nextInt(10000) / 100.0
      case "count"                     => random.nextInt(100).toLong
      case "size"                      => random.nextInt(100)
      case _                           => "item_" + random.nextInt(4)
    }.toArray

    private def inputs: Seq[String] = Option(groupBy.getAggregations).toSeq.flatMap(_.asScala).flatMap(a =>
      Option(a.getBuckets).toSeq.flatMap(_.asScala) :+ a.getInputColumn
    ).distinct

    def store(sides: Sides): Unit = {
      def put(dataset: String, key: Array[Byte], value: AnyRef, millis: Long): Unit =
        sides.both("put", dataset, key, value, Long.box(millis))
      put(batchDataset, FetchWorld.text(Constants.GroupByServingInfoKey), FetchWorld.text(info), BatchEnd)
      for (user <- 0 until Users) {
        val keys = new util.HashMap[String, AnyRef](util.Collections.singletonMap("user", Long.box(user.toLong)))
        val key = sides.theirs("keyBytes", Array(info, keys)).asInstanceOf[Array[Byte]]
        if (random.nextInt(6) > 0) put(batchDataset, key, batch(sides), BatchEnd)
        if (kind.startsWith("temporal")) for (_ <- 0 until random.nextInt(20)) {
          val millis = BatchEnd + (random.nextDouble() * 1.5 * Day).toLong
          put(TableNames.streamingDataset(groupBy), key, streamed(sides, millis), millis)
        }
      }
    }

    private def streamed(sides: Sides, millis: Long): AnyRef =
      if (kind == "temporal_mutations") {
        val row = values(inputs) ++ Array[Any](millis - random.nextInt(Day.toInt), random.nextInt(3) == 0)
        sides.theirs("row", Array(info, row, Boolean.box(true)))
      } else sides.theirs("row", Array(info, values(inputs), Boolean.box(false)))

    private def batch(sides: Sides): AnyRef =
      if (kind == "no_aggregation") sides.theirs("selected", Array(info, values(columns.map(_.name))))
      else {
        val rows = list(Seq.fill(random.nextInt(40)) {
          val millis = BatchEnd - 1 - (random.nextDouble() * 40 * Day).toLong
          Array[AnyRef](Long.box(millis), values(columns.map(_.name)))
        }.sortBy(_(0).asInstanceOf[Long]))
        sides.theirs(if (kind == "snapshot") "snapshot" else "batchIr", Array(info, rows))
      }

    def requests(as: String, count: Int): util.List[Array[AnyRef]] = list(Seq.fill(count) {
      val user = random.nextInt(Users + 2)
      val keys = new util.HashMap[String, AnyRef]
      keys.put("user", if (random.nextInt(4) == 0) user.toString else Long.box(user.toLong))
      if (random.nextInt(10) == 0) keys.put("user", null)
      Array[AnyRef](as, keys, Long.box(queryMillis(random)))
    })
  }
}
