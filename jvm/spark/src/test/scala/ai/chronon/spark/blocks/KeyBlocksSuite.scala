package ai.chronon.spark.blocks

import ai.chronon.spark.SparkSuite
import ai.chronon.spark.source.SourceTime
import org.apache.spark.sql.{Column, DataFrame, Row}
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.functions._

import java.nio.{ByteBuffer, ByteOrder}
import scala.util.Random

/** Blocks of columns against blocks of rows, and of both against Spark's own rows. */
class KeyBlocksSuite extends SparkSuite {
  private val Columns =
    "user STRING, region INT, ts BIGINT, a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, " +
      "g DOUBLE, h STRING, i BINARY, j DATE, ds STRING"
  private val Rows = 9000

  /** Few texts, so that some columns have dictionaries, and columns with and without nulls. */
  private lazy val events: String = {
    val random = new Random(3)
    def maybe[T <: AnyRef](value: => T): T = if (random.nextInt(4) == 0) null.asInstanceOf[T] else value
    val texts = IndexedSeq.fill(20)(random.alphanumeric.take(random.nextInt(20)).mkString + "é\uD83D\uDE80")
    def text = texts(random.nextInt(texts.size))
    val rows = (0 until Rows).map { n =>
      Row(
        maybe(text),
        maybe(Int.box(random.nextInt(50))),
        Long.box(1700000000000L + n),
        maybe(Boolean.box(random.nextBoolean())),
        maybe(Byte.box(random.nextInt().toByte)),
        maybe(Short.box(random.nextInt().toShort)),
        Int.box(random.nextInt()),
        maybe(Long.box(random.nextLong())),
        maybe(Float.box(if (n % 50 == 0) Float.NaN else random.nextFloat())),
        maybe(Double.box(if (n % 50 == 1) -0.0 else random.nextGaussian())),
        maybe(s"$n and a text of its own"),
        maybe(text.getBytes("UTF-8")),
        maybe(java.sql.Date.valueOf("2024-03-01")),
        f"2024-03-${n % 3 + 1}%02d"
      )
    }
    table("events", Columns, rows: _*)
  }

  private def blocksOf(rows: DataFrame, keys: Int): DataFrame = {
    KeyBlocksStrategy.install(spark)
    SparkInternals.frame(spark, KeyBlocksNode.over(rows.queryExecution.analyzed, "team.events", keys))
  }

  private def operator(blocks: DataFrame): KeyBlocksExec =
    blocks.queryExecution.sparkPlan.collectFirst { case exec: KeyBlocksExec => exec }.get

  /** Whether the rows are read as columns. */
  private def columnar(blocks: DataFrame): Boolean = {
    def executed(plan: SparkPlan): Seq[KeyBlocksExec] = plan.collect { case exec: KeyBlocksExec => exec }
    executed(blocks.queryExecution.executedPlan).exists(exec => ColumnarScan.of(exec.child).isDefined)
  }

  /** The rows of all blocks as Spark reads them, each with the mark of its block. */
  private def rowsIn(blocks: DataFrame): Seq[(Int, Seq[Any])] = {
    val types = operator(blocks).child.output.map(_.dataType)
    blocks.collect().toSeq.flatMap { case Row(mark: Int, block: Array[Byte]) =>
      val in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN)
      Iterator.continually(in).takeWhile(_.hasRemaining).map { _ =>
        val bytes = new Array[Byte](in.getInt())
        assert(in.getInt() == 0, "there is no second row")
        in.get(bytes)
        val row = new UnsafeRow(types.length)
        row.pointTo(bytes, bytes.length)
        mark -> row.toSeq(types).map {
          case bytes: Array[Byte] => bytes.toSeq
          case other              => String.valueOf(other)
        }
      }.toList
    }
  }

  private def select(columns: Column*): DataFrame = spark.table(events).select(columns: _*)

  /** The same rows, read as rows: of a table that is not scanned for columns. */
  private def asRows[T](work: => T): T = {
    spark.conf.set("spark.sql.parquet.enableVectorizedReader", "false")
    try work
    finally spark.conf.unset("spark.sql.parquet.enableVectorizedReader")
  }

  private def sameBothWays(blocks: => DataFrame, rows: Int): Unit = {
    val ofColumns = blocks
    assert(columnar(ofColumns))
    val found = rowsIn(ofColumns)
    val expected = asRows {
      val ofRows = blocks
      assert(!columnar(ofRows))
      rowsIn(ofRows)
    }
    assert(found.length == rows)
    assert(found.map(_.toString).sorted == expected.map(_.toString).sorted)
    val marks = found.groupBy { case (_, row) => row.take(2) }.values.map(_.map(_._1).distinct)
    assert(marks.forall(_.length == 1), "a key has one mark")
    assert(marks.flatten.toSeq.distinct.length > 1, "rows are spread")
  }

  test("every mark has a partition of its own") {
    Seq(1, 2, 3, 8, 200, 1000).foreach { partitions =>
      val marks = KeyBlocksExec.marks(partitions)
      assert(marks.length == partitions)
      import spark.implicits._
      val placed = marks.toSeq.toDF("mark").repartition(partitions, col("mark"))
        .select(spark_partition_id().as("at"), col("mark")).as[(Int, Int)].collect()
      assert(placed.sortBy(_._1).map(_._2).toSeq == marks.toSeq)
    }
  }

  test("columns of every type give the blocks that rows give") {
    sameBothWays(
      blocksOf(select("user region ts a b c d e f g h i j ds".split(" ").toSeq.map(col): _*), 2),
      Rows
    )
  }

  test("rows without any key are left out, and numbers that are always the same are there") {
    val kept = spark.table(events).where("user IS NOT NULL OR region IS NOT NULL")
    val rows = kept.count().toInt
    assert(rows > 0 && rows < Rows)
    sameBothWays(
      blocksOf(kept.select(col("user"), col("region"), lit(0L).as("time"), col("e").as("amount")), 2),
      rows
    )
    sameBothWays(
      blocksOf(kept.where("e IS NOT NULL AND ds = '2024-03-02'").select("user", "region", "ts", "h"), 2),
      kept.where("e IS NOT NULL AND ds = '2024-03-02'").count().toInt
    )
  }

  test("a row without a time fails by the same message, read either way, unless it is left out") {
    def timed(where: String) = {
      val rows = select(col("user"), col("region"), col("e").as("ts"), col("ds")).where(where)
      rows.withColumn("ts", SourceTime.required("GroupBy team.events", rows, "ds"))
    }
    def failure = {
      val blocks = blocksOf(timed("user IS NOT NULL").select("user", "ts"), 1)
      blocks.queryExecution.executedPlan
      intercept[Exception](blocks.collect()).toString
    }
    val wanted = "GroupBy team.events: `ts` = null in a row (ds 2024-03-0"
    assert(failure.contains(wanted))
    assert(asRows(failure).contains(wanted))
    val blocks = blocksOf(timed("e IS NOT NULL").select("user", "region", "ts"), 2)
    assert(rowsIn(blocks).length == spark.table(events).where("e IS NOT NULL").count())
  }

  test("what needs rows is read as rows") {
    val computed = Seq(
      select(col("user"), when(col("e").isNull, lit(7L)).otherwise(col("e"))),
      select(col("user"), col("ts") + 1),
      select(col("user"), lit(1)),
      spark.table(events).where("region > 3").select("user", "ts"),
      select(col("user"), col("ts"), array(col("d"))),
      spark.table(events).union(spark.table(events)).select("user", "ts")
    )
    computed.foreach { rows =>
      val blocks = blocksOf(rows, 1)
      assert(!columnar(blocks), rows.queryExecution.optimizedPlan)
      assert(rowsIn(blocks).length == rows.count())
    }
    val values = rowsIn(blocksOf(computed.head, 1)).map(_._2(1))
    assert(values.count(_ == "7") == spark.table(events).where("e IS NULL OR e = 7").count())
  }

  test("no rows give no blocks") {
    assert(blocksOf(spark.table(events).where("ds = 'never'").select("user", "ts"), 1).collect().isEmpty)
    assert(blocksOf(spark.table(events).limit(0).select("user", "ts"), 1).collect().isEmpty)
  }

}
