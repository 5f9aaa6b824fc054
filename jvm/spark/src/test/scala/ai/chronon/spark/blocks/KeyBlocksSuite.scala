package ai.chronon.spark.blocks

import ai.chronon.jni.KeyBlocks
import ai.chronon.spark.SparkSuite
import ai.chronon.spark.kernel.TypeNames
import ai.chronon.spark.source.SourceTime
import org.apache.spark.sql.{Column, DataFrame, Row}
import org.apache.spark.sql.catalyst.expressions.UnsafeRow
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.SparkPlan
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector
import org.apache.spark.sql.functions._
import org.apache.spark.sql.types.{Decimal, StructType}
import org.apache.spark.sql.vectorized.{ColumnVector, ColumnarArray, ColumnarMap}
import org.apache.spark.unsafe.types.UTF8String

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

  test("numbers in dictionaries that Spark wrote are read, with nulls among them, on heap and off") {
    val folder = java.nio.file.Files.createTempDirectory("dictionaries").resolve("rows").toString
    spark.range(9000).selectExpr(
      "CAST(id % 7 AS STRING) AS user",
      "CAST(id % 3 AS INT) AS region",
      "1700000000000 + id % 11 AS ts",
      "CASE WHEN id % 5 > 0 THEN id % 13 END AS l",
      "CASE WHEN id % 4 > 0 THEN CAST(id % 13 AS INT) END AS i",
      "CASE WHEN id % 6 > 0 THEN CAST(id % 13 AS SHORT) END AS s",
      "CASE WHEN id % 7 > 0 THEN CAST(id % 13 AS BYTE) END AS b",
      "CASE WHEN id % 8 > 0 THEN CAST(id % 13 AS FLOAT) END AS f",
      "CASE WHEN id % 9 > 0 THEN CAST(id % 13 AS DOUBLE) END AS d",
      "CASE WHEN id % 5 > 0 THEN concat('text ', id % 13) END AS t",
      "CASE WHEN id % 5 > 0 THEN date_add(DATE '2024-01-01', CAST(id % 13 AS INT)) END AS day"
    ).write.parquet(folder)
    Seq("false", "true").foreach { offHeap =>
      spark.conf.set("spark.sql.columnVector.offheap.enabled", offHeap)
      try sameBothWays(blocksOf(spark.read.parquet(folder), 2), 9000)
      finally spark.conf.unset("spark.sql.columnVector.offheap.enabled")
    }
  }

  test("vectors of others, which give no number for a null, are read like Spark's") {
    val schema = StructType.fromDDL(
      "k BIGINT, ts BIGINT, a BOOLEAN, b TINYINT, c SMALLINT, d INT, e FLOAT, f DOUBLE, g DATE, h STRING"
    )
    val rows = Seq(
      Seq(1L, 10L, true, 1.toByte, 2.toShort, 3, 4.5f, -0.0, 19000, "a"),
      Seq(2L, 11L, null, null, null, null, null, null, null, null),
      Seq(null, 12L, false, -1.toByte, -2.toShort, -3, Float.NaN, 7.5, -1, "")
    )
    val vectors = OnHeapColumnVector.allocateColumns(rows.length, schema).toSeq
    for ((row, at) <- rows.zipWithIndex; (value, vector) <- row.zip(vectors))
      value match {
        case null       => vector.putNull(at)
        case v: Boolean => vector.putBoolean(at, v)
        case v: Byte    => vector.putByte(at, v)
        case v: Short   => vector.putShort(at, v)
        case v: Int     => vector.putInt(at, v)
        case v: Long    => vector.putLong(at, v)
        case v: Float   => vector.putFloat(at, v)
        case v: Double  => vector.putDouble(at, v)
        case v: String  => vector.putByteArray(at, v.getBytes("UTF-8"))
      }
    val fields = schema.fields.toSeq
    val options =
      s"""{"definition": "team.vectors", "columnar": true, "block_bytes": 1000, "marks": [0],
         | "keys": ${TypeNames.describe(fields.take(1))}, "columns": ${TypeNames.describe(
          fields.drop(1)
        )}}""".stripMargin
    def block(vectors: Seq[ColumnVector]): Seq[Byte] = {
      val frame = new ColumnFrame
      frame.begin(rows.length, null)
      vectors.zip(schema.fields).foreach { case (v, field) => frame.column(v, field.dataType, rows.length) }
      val blocks = KeyBlocks.open(options)
      try {
        blocks.putColumns(frame.buffer, frame.size)
        blocks.flush()
        val out = blocks.next()
        Seq.fill(out.remaining())(out.get())
      } finally blocks.close()
    }
    assert(block(vectors.map(new Strict(_))) == block(vectors))
  }
}

/** A vector that is not Spark's own, and fails where a null is asked for its number, as Arrow's do. */
private final class Strict(values: ColumnVector) extends ColumnVector(values.dataType) {
  private def at[T](row: Int)(get: Int => T): T =
    if (values.isNullAt(row)) throw new IllegalStateException(s"value $row is null") else get(row)

  override def close(): Unit = values.close()
  override def hasNull: Boolean = values.hasNull
  override def numNulls: Int = values.numNulls
  override def isNullAt(row: Int): Boolean = values.isNullAt(row)
  override def getBoolean(row: Int): Boolean = at(row)(values.getBoolean)
  override def getByte(row: Int): Byte = at(row)(values.getByte)
  override def getShort(row: Int): Short = at(row)(values.getShort)
  override def getInt(row: Int): Int = at(row)(values.getInt)
  override def getLong(row: Int): Long = at(row)(values.getLong)
  override def getFloat(row: Int): Float = at(row)(values.getFloat)
  override def getDouble(row: Int): Double = at(row)(values.getDouble)
  override def getUTF8String(row: Int): UTF8String = at(row)(values.getUTF8String)
  override def getBinary(row: Int): Array[Byte] = at(row)(values.getBinary)
  override def getDecimal(row: Int, precision: Int, scale: Int): Decimal =
    values.getDecimal(row, precision, scale)
  override def getArray(row: Int): ColumnarArray = values.getArray(row)
  override def getMap(row: Int): ColumnarMap = values.getMap(row)
  override def getChild(ordinal: Int): ColumnVector = values.getChild(ordinal)
}
