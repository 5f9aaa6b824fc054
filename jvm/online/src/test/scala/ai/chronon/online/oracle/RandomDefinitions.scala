package ai.chronon.online.oracle

import ai.chronon.api._

import java.util
import scala.collection.JavaConverters._
import scala.util.Random

/** Random group-bys of every kind that is served, with every operation and shape, and joins of them. */
private[online] object RandomDefinitions {
  import Operation._

  val Day: Long = 24L * 3600 * 1000
  val BatchDay = "2024-03-17"
  val BatchEnd: Long = PartitionSpec.Daily.epochMillis(BatchDay)
  val Users = 12

  /** What a group-by's stored values are. */
  val Kinds: Seq[String] =
    Seq("temporal_events", "temporal_mutations", "temporal_tiles", "snapshot", "no_aggregation")

  val Columns: Array[StructField] = Array(
    StructField("amount", DoubleType),
    StructField("count", LongType),
    StructField("item", StringType),
    StructField("size", IntType),
    StructField("score", FloatType),
    StructField("flag", BooleanType),
    StructField("tags", ListType(StringType)),
    StructField("nums", ListType(LongType)),
    StructField("counts", MapType(StringType, LongType))
  )

  private val ofNumbers =
    Seq(MIN, MAX, SUM, AVERAGE, COUNT, LAST, FIRST, LAST_K, FIRST_K, UNIQUE_COUNT, APPROX_UNIQUE_COUNT)
  private val ofWholeNumbers =
    ofNumbers ++ Seq(VARIANCE, SKEW, KURTOSIS, TOP_K, BOTTOM_K, APPROX_PERCENTILE, APPROX_HISTOGRAM_K)
  private val ofTexts =
    Seq(MIN, MAX, COUNT, LAST, FIRST, LAST_K, FIRST_K, UNIQUE_COUNT, APPROX_UNIQUE_COUNT, HISTOGRAM) ++
      Seq(TOP_K, BOTTOM_K, BOUNDED_UNIQUE_COUNT, APPROX_HISTOGRAM_K)

  /** The operations of each column. None is by position (`elementWise`), which the reference forgets where it merges (see
    * docs/divergences.md). A null inside of a list or map is not stored, nor does any column here have one.
    */
  val Operations: Map[String, Seq[Operation]] = Map(
    "amount" -> (ofNumbers :+ APPROX_PERCENTILE),
    "count" -> ofWholeNumbers,
    "size" -> ofWholeNumbers,
    "score" -> ofNumbers,
    "item" -> ofTexts,
    "flag" -> Seq(COUNT, LAST, FIRST, SUM, LAST_K),
    "tags" -> Seq(COUNT, UNIQUE_COUNT, HISTOGRAM, LAST, APPROX_UNIQUE_COUNT),
    "nums" -> Seq(SUM, AVERAGE, COUNT, MAX, LAST, BOTTOM_K),
    "counts" -> Seq(SUM, MAX, COUNT, AVERAGE, LAST)
  )

  def list[T](values: Seq[T]): util.List[T] = new util.ArrayList(values.asJava)
  def pick[T](random: Random, values: Seq[T]): T = values(random.nextInt(values.size))

  def metaData(name: String): MetaData = {
    val result = new MetaData()
    result.setName(name)
    result.setTeam("team")
    result.setOutputNamespace("ns")
    result
  }

  def source(kind: String): Source = {
    val query = new Query()
    query.setSelects((Columns.map(_.name) ++ Seq("user", "shop")).map(n => n -> n).toMap.asJava)
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
      if (kind.startsWith("temporal")) events.setTopic("topic")
      events.setQuery(query)
      Source.events(events)
    }
  }

  private def window(random: Random): Window = pick(
    random,
    Seq(1, 5, 12, 24, 48).map(new Window(_, TimeUnit.HOURS)) ++
      Seq(1, 2, 3, 7, 11, 12, 30).map(new Window(_, TimeUnit.DAYS))
  )

  private def aggregation(random: Random, column: String, operation: Operation): Aggregation = {
    val result = new Aggregation()
    result.setOperation(operation)
    result.setInputColumn(column)
    val args = new util.HashMap[String, String]
    if (Set(LAST_K, FIRST_K, TOP_K, BOTTOM_K)(operation)) args.put("k", (1 + random.nextInt(5)).toString)
    if (operation == APPROX_PERCENTILE && random.nextBoolean()) args.put("percentiles", "[0.1, 0.5, 0.9]")
    result.setArgMap(args)
    if (random.nextInt(4) > 0)
      result.setWindows(list(Seq.fill(1 + random.nextInt(3))(window(random)).distinct))
    // Maps are taken apart by their keys, which leaves no room for buckets.
    if (random.nextInt(5) == 0 && column != "counts") result.setBuckets(list(Seq("item")))
    result
  }

  /** Aggregations of different names. The reference fails at a deletion from a map column, if the operation has none. */
  private def aggregations(random: Random, kind: String): Seq[Aggregation] = {
    val columns = Columns.map(_.name).filter(name => kind != "temporal_mutations" || name != "counts")
    Seq.fill(2 + random.nextInt(5)) {
      val column = pick(random, columns)
      column -> pick(random, Operations(column))
    }.distinct.map { case (column, operation) => aggregation(random, column, operation) }
  }

  def keyColumns(random: Random): Seq[StructField] = {
    val user = StructField("user", LongType)
    if (random.nextInt(3) == 0) Seq(user, StructField("shop", StringType)) else Seq(user)
  }

  def groupBy(random: Random, kind: String, name: String, keys: Seq[StructField]): GroupBy = {
    val result = new GroupBy()
    result.setMetaData(metaData(name))
    result.setSources(list(Seq(source(kind))))
    result.setKeyColumns(list(keys.map(_.name)))
    result.setAccuracy(if (kind.startsWith("temporal")) Accuracy.TEMPORAL else Accuracy.SNAPSHOT)
    if (kind != "no_aggregation") result.setAggregations(list(aggregations(random, kind)))
    if (kind == "temporal_tiles") result.getMetaData.setCustomJson("{\"enable_tiling\": true}")
    result
  }

  /** Names of the features of a group-by: of one without aggregations the stored columns. */
  def features(groupBy: GroupBy): Seq[String] =
    if (groupBy.isSetAggregations) ColumnNames.values(groupBy) else Columns.map(_.name).toSeq

  /** Outputs of a group-by that are numbers. */
  def numbers(groupBy: GroupBy): Seq[String] =
    if (!groupBy.isSetAggregations) Seq("amount", "count", "size")
    else groupBy.getAggregations.asScala.filter(a =>
      Set(SUM, COUNT, AVERAGE)(a.getOperation) && !a.isSetBuckets && a.getInputColumn != "counts"
    ).flatMap { a =>
      val alone = new GroupBy()
      alone.setAggregations(list(Seq(a)))
      ColumnNames.values(alone)
    }.toList

  /** Derivations of features with these names, the last of which needs no Spark here and does in the reference. */
  def derivations(random: Random, all: Seq[String], numbers: Seq[String]): util.List[Derivation] = {
    val renamed = if (all.isEmpty) Nil else Seq(derivation("renamed", pick(random, all)))
    val time = Seq(derivation("when", "ts"), derivation("day", "ds")).take(random.nextInt(3))
    val computed =
      if (numbers.isEmpty || random.nextInt(3) > 0) Nil
      else Seq(derivation("computed", s"coalesce(`${pick(random, numbers)}`, 0) * 2 + 1"))
    val star = if (random.nextBoolean()) Seq(derivation("*", "*")) else Nil
    list(renamed ++ time ++ computed ++ star)
  }

  def derivation(name: String, expression: String): Derivation = {
    val result = new Derivation()
    result.setName(name)
    result.setExpression(expression)
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

  /** A moment of a request, up to a day and a half behind the batch's end. */
  def queryMillis(random: Random): Long = BatchEnd + (random.nextDouble() * 1.5 * Day).toLong

  private val shops = Seq("north", "été", "")

  /** Random values of a key, in their own types. */
  def keyValues(random: Random, keys: Seq[StructField]): Map[String, AnyRef] = keys.map { field =>
    field.name ->
      (if (field.name == "shop") pick(random, shops) else Long.box(random.nextInt(Users + 2).toLong))
  }.toMap

  /** Keys of join requests as requests give them: as a long, or as what JSON makes of it; null, or absent, once in a while. */
  def joinRequests(random: Random, name: String, count: Int): util.List[Array[AnyRef]] =
    list(Seq.fill(count) {
      val keys = new util.HashMap[String, AnyRef]
      keys.put("shop", pick(random, shops))
      if (random.nextBoolean()) keys.put("color", pick(random, Seq("red", "blue")))
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
}
