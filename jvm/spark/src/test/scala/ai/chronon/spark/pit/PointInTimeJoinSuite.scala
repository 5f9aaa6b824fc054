package ai.chronon.spark.pit

import ai.chronon.api.{Aggregation, GroupBy, MetaData, Operation, TimeUnit, Window}
import ai.chronon.jni.{NativeException, NativeStats}
import ai.chronon.spark.kernel.KernelBudget
import org.apache.spark.memory.{MemoryConsumer, MemoryMode}
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.apache.spark.sql.catalyst.encoders.ExpressionEncoder
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.{SortExec, SparkPlan}
import org.apache.spark.sql.execution.adaptive.AdaptiveSparkPlanHelper
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec
import org.apache.spark.sql.functions.{col, expr, lit}
import org.apache.spark.sql.types._
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

import scala.collection.JavaConverters._
import scala.util.Random

/** The physical operator on small frames, against a recomputation row by row. */
class PointInTimeJoinSuite extends AnyFunSuite with BeforeAndAfterAll with AdaptiveSparkPlanHelper {
  private val Hour = 3600000L
  private val Day = 24 * Hour
  private val Start = 1704067200000L // 2024-01-01 00:00 UTC

  private lazy val spark = SparkSession
    .builder()
    .master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "3")
    .config("spark.sql.session.timeZone", "UTC")
    .getOrCreate()

  override protected def afterAll(): Unit = spark.stop()

  private val leftSchema = new StructType().add("id", LongType).add("user", StringType).add("ts", LongType)
  private val rightSchema =
    new StructType().add("user", StringType).add("time", LongType).add("amount", DoubleType)

  private def window(length: Int, unit: TimeUnit) = new Window(length, unit)

  private def aggregation(column: String, operation: Operation, windows: Window*): Aggregation = {
    val a =
      new Aggregation().setInputColumn(column).setOperation(operation).setArgMap(new java.util.HashMap())
    if (windows.nonEmpty) a.setWindows(windows.asJava)
    a
  }

  private def groupBy(aggregations: Aggregation*): GroupBy =
    new GroupBy().setMetaData(new MetaData().setName("test.amounts")).setAggregations(aggregations.asJava)

  private def spec(definition: GroupBy, resolution: PitResolution = PitResolution.FiveMinute) =
    PointInTimeSpec(definition, Seq("user"), Seq("user"), col("ts"), col("time"), resolution, "a_")

  private def frame(rows: Seq[Row], schema: StructType): DataFrame =
    spark.createDataFrame(rows.asJava, schema)

  private def random(seed: Int, leftRows: Int, rightRows: Int, keys: Int): (Seq[Row], Seq[Row]) = {
    val r = new Random(seed)
    def user() = if (r.nextInt(20) == 0) null else "u" + r.nextInt(keys)
    def time() = Start + r.nextInt(40) * Day / 2 + r.nextInt(3) * 1000L * 60 * r.nextInt(400)
    val left = Seq.tabulate(leftRows)(i => Row(i.toLong, user(), if (r.nextInt(30) == 0) null else time()))
    val right =
      Seq.fill(rightRows)(Row(user(), time(), if (r.nextInt(10) == 0) null else r.nextInt(1000).toDouble))
    (left, right)
  }

  /** Sum and count per left id, computed from the window rule alone. */
  private def naive(
      left: Seq[Row],
      right: Seq[Row],
      length: Long,
      hop: Long
  ): Map[Long, (Option[Double], Option[Long])] =
    left.map { l =>
      val seen =
        if (l.isNullAt(1) || l.isNullAt(2)) Nil
        else {
          val (from, to) = ((l.getLong(2) - length) / hop * hop, l.getLong(2))
          right.filter(r =>
            r.getAs[String](0) == l.getString(1) && !r.isNullAt(2) && r.getLong(1) >= from &&
              r.getLong(1) < to
          )
        }
      val amounts = seen.map(_.getDouble(2))
      l.getLong(0) ->
        ((
          if (amounts.isEmpty) None else Some(amounts.sum),
          if (amounts.isEmpty) None else Some(amounts.size.toLong)
        ))
    }.toMap

  private def results(out: DataFrame, suffix: String): Map[Long, (Option[Double], Option[Long])] =
    out.collect().map { r =>
      r.getAs[Long]("id") ->
        ((
          Option(r.getAs[Any](s"a_amount_sum_$suffix")).map(_.asInstanceOf[Double]),
          Option(r.getAs[Any](s"a_amount_count_$suffix")).map(_.asInstanceOf[Long])
        ))
    }.toMap

  private def messageOf(action: => Any): String = {
    val e = intercept[Exception](action)
    Iterator.iterate[Throwable](e)(_.getCause).takeWhile(_ != null).map(_.toString).mkString(" | ")
  }

  test("maps have a result per key, and lists one per position where that is asked for") {
    val schema = new StructType()
      .add("user", StringType)
      .add("time", LongType)
      .add("scores", MapType(StringType, LongType))
      .add("vector", ArrayType(DoubleType))
    def rows(vectors: Seq[Double]*) = frame(
      vectors.zipWithIndex.map { case (vector, i) =>
        Row("u", Start + i, Map("a" -> (i + 1L), s"only in $i" -> 1L), vector)
      },
      schema
    )
    val left = frame(Seq(Row(1L, "u", Start + Hour)), leftSchema)
    val definition = groupBy(
      aggregation("scores", Operation.SUM, window(1, TimeUnit.DAYS)),
      aggregation("vector", Operation.SUM, window(1, TimeUnit.DAYS)).setElementWise(true)
    )
    val out = PointInTimeJoin(left, rows(Seq(1.0, 2.0), Seq(10.0, 20.0)), spec(definition)).collect().head
    assert(out.getAs[Map[String, Long]]("a_scores_sum_1d") ==
      Map("a" -> 3L, "only in 0" -> 1L, "only in 1" -> 1L))
    assert(out.getAs[Seq[Double]]("a_vector_sum_1d") == Seq(11.0, 22.0))
    val uneven = messageOf(PointInTimeJoin(left, rows(Seq(1.0, 2.0), Seq(1.0)), spec(definition)).collect())
    assert(uneven.contains("vector") && uneven.contains("one length"), uneven)
  }

  test("structs are kept whole, alone and in lists") {
    val point =
      new StructType().add("x", DoubleType).add("tags", ArrayType(StringType)).add("label", StringType)
    val schema = new StructType()
      .add("user", StringType)
      .add("time", LongType)
      .add("point", point)
      .add("path", ArrayType(point))
    val points =
      Seq(Row(1.5, Seq("a", "b"), "first"), Row(null, null, null), Row(-2.0, Seq.empty, "a longer label"))
    val right = frame(
      points.zipWithIndex.map { case (p, i) => Row("u", Start + i, p, points.take(i)) } :+
        Row("u", Start + 9, null, null),
      schema
    )
    val left = frame(Seq(Row(1L, "u", Start + Hour)), leftSchema)
    val definition = groupBy(
      aggregation("point", Operation.LAST),
      aggregation("point", Operation.LAST_K, window(1, TimeUnit.DAYS)).setArgMap(Map("k" -> "2").asJava),
      aggregation("path", Operation.LAST),
      aggregation("path", Operation.COUNT)
    )
    val joined = PointInTimeJoin(left, right, spec(definition))
    assert(joined.schema("a_point_last").dataType == point)
    val out = joined.collect().head
    assert(out.getAs[Row]("a_point_last") == points(2))
    assert(out.getAs[Seq[Row]]("a_point_last2_1d") == Seq(points(2), points(1)))
    assert(out.getAs[Seq[Row]]("a_path_last") == points.take(2))
    assert(out.getAs[Long]("a_path_count") == 3)
  }

  test("estimates are the reference's unless better ones are asked for") {
    val schema = new StructType().add("user", StringType).add("time", LongType).add("word", StringType)
    // nine words for eight places: k0 once, k1 twice, and so on
    val words = (0 to 8).flatMap(i => Seq.fill(i + 1)(s"k$i"))
    val right = frame(words.zipWithIndex.map { case (word, i) => Row("u", Start + i, word) }, schema)
    val left = frame(Seq(Row(1L, "u", Start + Hour)), leftSchema)
    def counts: Map[String, Long] =
      PointInTimeJoin(left, right, spec(groupBy(aggregation("word", Operation.APPROX_HISTOGRAM_K))))
        .collect()
        .head
        .getAs[Map[String, Long]]("a_word_approx_histogram_k")
    def withStrict[T](value: String)(body: => T): T = {
      spark.conf.set(PointInTimeJoin.Strict, value)
      try body
      finally spark.conf.unset(PointInTimeJoin.Strict)
    }
    assert(counts == Map("k8" -> 15L))
    assert(withStrict("false")(counts) == (1 to 8).map(i => s"k$i" -> (i + 1L)).toMap)
    val message = messageOf(withStrict("maybe")(counts))
    assert(message.contains("spark.chronon.aggregation.strict is `maybe`; use true or false"), message)
  }

  private val sumAndCount = groupBy(
    aggregation(
      "amount",
      Operation.SUM,
      window(1, TimeUnit.HOURS),
      window(1, TimeUnit.DAYS),
      window(15, TimeUnit.DAYS)
    ),
    aggregation(
      "amount",
      Operation.COUNT,
      window(1, TimeUnit.HOURS),
      window(1, TimeUnit.DAYS),
      window(15, TimeUnit.DAYS)
    )
  )

  for (seed <- 1 to 4) test(s"equals the window rule, seed $seed") {
    val (left, right) = random(seed, 400, 1500, 12)
    val out = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount)).cache()
    assert(results(out, "1h") == naive(left, right, Hour, 5 * 60000L))
    assert(results(out, "1d") == naive(left, right, Day, Hour))
    assert(results(out, "15d") == naive(left, right, 15 * Day, Day))
    assert(out.columns.take(3).toSeq == Seq("id", "user", "ts"))
    out.unpersist()
  }

  test("one hot key streams through many batches") {
    val left = Seq.tabulate(30000)(i => Row(i.toLong, "hot", Start + i * 37000L))
    val right = Seq.tabulate(50000)(i => Row("hot", Start + i * 21000L, 1.0))
    val out = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount))
    val expected = left.map { l =>
      val (from, to) = ((l.getLong(2) - Day) / Hour * Hour, l.getLong(2))
      // times are Start + 21 s * i: count by arithmetic
      def before(t: Long) = Math.min(50000L, Math.max(0L, (t - Start + 20999) / 21000))
      val n = before(to) - before(from)
      l.getLong(0) -> (if (n == 0) None else Some(n))
    }.toMap
    assert(results(out, "1d").map { case (k, v) => k -> v._2 } == expected)
  }

  test("many keys in one partition") {
    val r = new Random(11)
    val keys = 40000
    val left =
      Seq.tabulate(3 * keys)(i => Row(i.toLong, "u" + r.nextInt(keys), Start + r.nextInt(3000) * 60000L))
    val right = Seq.fill(3 * keys)(Row(
      "u" + r.nextInt(keys),
      Start + r.nextInt(3000) * 60000L,
      r.nextInt(100).toDouble
    ))
    val bothSides = PointInTimeJoin(
      frame(left, leftSchema).coalesce(1),
      frame(right, rightSchema).coalesce(1),
      spec(sumAndCount)
    )
    val byUser = right.groupBy(_.getString(0))
    val expected = left.flatMap { l =>
      naive(Seq(l), byUser.getOrElse(l.getString(1), Nil), Day, Hour)
    }.toMap
    assert(results(bothSides, "1d") == expected)
  }

  test("times before 1970 follow the window rule") {
    val r = new Random(21)
    def time() = (r.nextInt(40 * 24 * 60) - 30 * 24 * 60) * 60000L
    val left = Seq.tabulate(400)(i => Row(i.toLong, "u" + r.nextInt(6), time()))
    val right = Seq.fill(1500)(Row("u" + r.nextInt(6), time(), r.nextInt(1000).toDouble))
    val out = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount)).cache()
    assert(results(out, "1h") == naive(left, right, Hour, 5 * 60000L))
    assert(results(out, "1d") == naive(left, right, Day, Hour))
    assert(results(out, "15d") == naive(left, right, 15 * Day, Day))
    out.unpersist()
  }

  test("equal times, long runs of them, times before 1970: how the right side is spread leaves no trace") {
    val r = new Random(31)
    // of so many sizes that every order of addition gives another sum
    def amount() = r.nextGaussian() * Math.pow(10, r.nextInt(24) - 8)
    val run = 2 * 4096 + 17
    val instants = Array.fill(25)(Start + r.nextInt(20 * 24) * Hour)
    def early() = -1L - r.nextInt(20 * 24 * 60) * 60000L
    val ties = Seq.fill(6000)(Row("u" + r.nextInt(5), instants(r.nextInt(instants.length)), amount()))
    val longRun = Seq.fill(run)(Row("hot", Start + Day, amount()))
    val before = Seq.fill(run)(Row("old" + r.nextInt(2), early(), amount()))
    val right = ties ++ longRun ++ before
    val left =
      (Seq.fill(300)("u" + r.nextInt(5) -> (Start + r.nextInt(40 * 24) * Hour)) ++
        Seq.fill(100)("old" + r.nextInt(2) -> (early() + r.nextInt(10 * 24) * Hour)) ++
        Seq("hot" -> (Start + Day), "hot" -> (Start + Day + 1), "hot" -> (Start + 2 * Day))).zipWithIndex
        .map { case ((user, time), i) => Row(i.toLong, user, time) }

    val windows = Seq(window(1, TimeUnit.DAYS), window(15, TimeUnit.DAYS))
    val operations = Seq(Operation.SUM, Operation.COUNT, Operation.AVERAGE, Operation.FIRST, Operation.LAST)
    val definition = groupBy(operations.map(aggregation("amount", _, windows: _*)) :+
      aggregation("amount", Operation.SUM) :+ aggregation("amount", Operation.LAST): _*)

    def bits(partitions: Int): Map[Long, Seq[Any]] = {
      val spread = frame(r.shuffle(right), rightSchema).repartition(partitions)
      PointInTimeJoin(frame(r.shuffle(left), leftSchema), spread, spec(definition)).collect().map { row =>
        row.getAs[Long]("id") -> row.toSeq.drop(3).map {
          case d: Double => java.lang.Double.doubleToRawLongBits(d)
          case other     => other
        }
      }.toMap
    }
    val once = bits(1)
    assert(once.size == left.size)
    val counts = once.map { case (id, values) => id -> Option(values(2)).map(_.asInstanceOf[Long]) }
    assert(counts == naive(left, right, Day, Hour).map { case (id, (_, count)) => id -> count })
    for (partitions <- Seq(2, 7)) assert(bits(partitions) == once, s"with $partitions partitions")
  }

  test("rows that do not fit into memory go to disk and come back the same") {
    val r = new Random(41)
    val left =
      Seq.tabulate(20000)(i => Row(i.toLong, "u" + r.nextInt(50), Start + r.nextInt(20 * 24 * 60) * 60000L))
    val right =
      Seq.fill(60000)(Row("u" + r.nextInt(50), Start + r.nextInt(20 * 24 * 60) * 60000L, r.nextGaussian()))
    def run(): (Map[Long, (Option[Double], Option[Long])], Long) = {
      val out = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount))
      val found = results(out, "15d")
      val operator = collect(out.queryExecution.executedPlan) { case e: PointInTimeJoinExec => e }.head
      (found, operator.metrics("spilledBytes").value)
    }
    val (inMemory, _) = run()
    spark.conf.set(KernelBudget.Limit, "1500000")
    val (spilled, bytes) =
      try run()
      finally spark.conf.unset(KernelBudget.Limit)
    assert(bytes > 1000000 && spilled == inMemory)
  }

  test("a task without any memory fails by name") {
    val (left, right) = random(9, 50, 50, 3)
    // In the task of the join itself: one partition on both sides needs no exchange. Before every row, as what others have stored
    // may be let go of at any time.
    def hogging(rows: Seq[Row], schema: StructType) = frame(rows, schema).coalesce(1).mapPartitions { rows =>
      val manager = SparkInternals.taskMemoryManager()
      val hog = new MemoryConsumer(manager, manager.pageSizeBytes(), MemoryMode.ON_HEAP) {
        override def spill(size: Long, trigger: MemoryConsumer): Long = 0L
      }
      new Iterator[Row] {
        override def hasNext: Boolean = {
          hog.acquireMemory(Long.MaxValue)
          rows.hasNext
        }
        override def next(): Row = rows.next()
      }
    }(ExpressionEncoder(schema))
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    try {
      val out = PointInTimeJoin(hogging(left, leftSchema), hogging(right, rightSchema), spec(sumAndCount))
      val message = messageOf(out.collect())
      assert(message.contains("test.amounts") && message.contains("spark.executor.memory"), message)
      assert(NativeStats.read().openJoins() == 0)
    } finally spark.conf.set("spark.sql.shuffle.partitions", "3")
  }

  test("an empty side gives null features, or nothing") {
    val (left, right) = random(9, 50, 50, 3)
    val noEvents = PointInTimeJoin(frame(left, leftSchema), frame(Nil, rightSchema), spec(sumAndCount))
    assert(noEvents.count() == 50 && noEvents.filter("a_amount_count_1d is not null").count() == 0)
    assert(PointInTimeJoin(frame(Nil, leftSchema), frame(right, rightSchema), spec(sumAndCount)).count() == 0)
  }

  test("parts with equal keys share the left exchange, and Spark sorts nothing") {
    val (left, right) = random(3, 100, 100, 5)
    val first = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount))
    val daily =
      spec(groupBy(aggregation("amount", Operation.MAX, window(7, TimeUnit.DAYS))), PitResolution.Daily).copy(
        queryTime = expr("ts - ts % 86400000"),
        outputPrefix = "b_"
      )
    val both = PointInTimeJoin(first, frame(right, rightSchema), daily)
    both.collect()
    val plan: SparkPlan = both.queryExecution.executedPlan
    val ofLeft = collect(plan) { case e: ShuffleExchangeExec if e.output.exists(_.name == "id") => e }
    assert(ofLeft.size == 1, plan.treeString)
    assert(collect(plan) { case s: SortExec => s }.isEmpty, plan.treeString)
  }

  test("metrics count rows, time and bytes") {
    val (left, right) = random(5, 200, 600, 6)
    val out = PointInTimeJoin(frame(left, leftSchema), frame(right, rightSchema), spec(sumAndCount))
    out.collect()
    val operator = collect(out.queryExecution.executedPlan) { case e: PointInTimeJoinExec => e }.head
    def metric(name: String) = operator.metrics(name).value
    assert(metric("numOutputRows") == 200 && metric("numLeftRows") == 200)
    assert(metric("numRightRows") == 600 && metric("encodeTime") > 0 && metric("spilledBytes") == 0)
    assert(metric("nativeTime") > 0 && metric("nativeBytes") > 0)
  }

  test("bad input is refused with names") {
    val (left, right) = random(5, 5, 5, 6)
    val (l, r) = (frame(left, leftSchema), frame(right, rightSchema))
    val types = messageOf(PointInTimeJoin(l.withColumn("user", lit(1L)), r, spec(sumAndCount)))
    assert(types.contains("test.amounts") && types.contains("bigint") && types.contains("string"), types)
    val missing = messageOf(PointInTimeJoin(l, r, spec(groupBy(aggregation("price", Operation.SUM)))))
    assert(missing.contains("test.amounts") && missing.contains("price"), missing)
    val kind = messageOf(PointInTimeJoin(l, r, spec(groupBy(aggregation("user", Operation.SUM)))))
    assert(kind.contains("test.amounts") && kind.contains("user"), kind)
    val hours = messageOf(PointInTimeJoin(l, r, spec(sumAndCount, PitResolution.Daily)))
    assert(hours.contains("test.amounts") && hours.contains("1 HOURS"), hours)
    val text = messageOf(PointInTimeJoin(l, r.withColumn("time", lit("x")), spec(sumAndCount)))
    assert(text.contains("test.amounts") && text.contains("string"), text)
    val nulls = messageOf(
      PointInTimeJoin(l, r.withColumn("time", lit(null).cast("long")), spec(sumAndCount)).collect()
    )
    assert(nulls.contains("test.amounts") && nulls.contains("null"), nulls)
    intercept[NativeException](PointInTimeJoin(
      l,
      r,
      spec(groupBy(aggregation("amount", Operation.LAST_K)))
    ))
  }
}
