package ai.chronon.spark.catalog

import ai.chronon.spark.SparkSuite
import org.apache.spark.sql.Row

class TableUtilsSuite extends SparkSuite {

  private def write(name: String, ddl: String, expand: Boolean, rows: Row*): WriteResult =
    tables.insertPartitions(frame(ddl, rows: _*), s"$db.$name", Map("note" -> "it's me"), autoExpand = expand)

  test("a first write creates a partitioned Parquet table with properties, and says what it wrote") {
    val result = write(
      "created",
      "ds STRING, a INT, b STRING",
      false,
      Row("2024-03-01", 1, "x"),
      Row("2024-03-02", 2, null)
    )
    assert(result.rows == 2 && result.partitions == 2 && result.files >= 2 && result.bytes > 0)
    val found = tables.find(s"$db.created").get
    assert(found.schema.fieldNames.toSeq == Seq("a", "b", "ds"), "partition columns go last")
    assert(found.partitionColumnNames == Seq("ds"))
    assert(found.properties("note") == "it's me")
    assert(tables.partitions(s"$db.created") == Seq("2024-03-01", "2024-03-02"))
    assert(rowsOf(spark.table(s"$db.created")) == Seq("1|x|2024-03-01", "2|null|2024-03-02"))
  }

  test("a write replaces the partitions that it has rows for, and no other") {
    write("replaced", "a INT, ds STRING", false, Row(1, "2024-03-01"), Row(2, "2024-03-02"))
    write("replaced", "a INT, ds STRING", false, Row(3, "2024-03-02"))
    assert(rowsOf(spark.table(s"$db.replaced")) == Seq("1|2024-03-01", "3|2024-03-02"))
  }

  test("a frame without rows writes no partition") {
    val result = write("empty", "a INT, ds STRING", false)
    assert(result.rows == 0 && tables.partitions(s"$db.empty").isEmpty)
  }

  test("auto-expand adds new columns before the partition and fills missing ones with null") {
    write("expanded", "a INT, b INT, ds STRING", true, Row(1, 1, "2024-03-01"))
    write("expanded", "c MAP<STRING, BIGINT>, a INT, ds STRING", true, Row(Map("k" -> 1L), 2, "2024-03-02"))
    val found = tables.find(s"$db.expanded").get
    assert(found.schema.fieldNames.toSeq == Seq("a", "b", "c", "ds"))
    assert(found.properties(TableUtils.Dynamic) == "true")
    assert(rowsOf(spark.table(s"$db.expanded")) ==
      Seq("1|1|null|2024-03-01", "2|null|Map(k -> 1)|2024-03-02"))
  }

  test("the table's order wins over the frame's") {
    write("ordered", "a INT, b INT, ds STRING", false, Row(1, 2, "2024-03-01"))
    write("ordered", "b INT, a INT, ds STRING", false, Row(4, 3, "2024-03-02"))
    assert(rowsOf(spark.table(s"$db.ordered")) == Seq("1|2|2024-03-01", "3|4|2024-03-02"))
  }

  private val conflicts = Seq(
    (
      "another type",
      "a STRING, b INT, ds STRING",
      Row("1", 1, "2024-03-02"),
      "column `a` is int in the table but string"
    ),
    (
      "a new column",
      "a INT, b INT, c INT, ds STRING",
      Row(1, 1, 1, "2024-03-02"),
      "column `c` is missing in the table but int"
    ),
    (
      "a missing column",
      "a INT, ds STRING",
      Row(1, "2024-03-02"),
      "column `b` is int in the table but missing"
    )
  )

  conflicts.foreach { case (name, ddl, row, message) =>
    test(s"a table that exists with another schema: $name") {
      write("conflict", "a INT, b INT, ds STRING", false, Row(1, 1, "2024-03-01"))
      val e = intercept[TableSchemaException](write("conflict", ddl, false, row))
      assert(e.getMessage.startsWith(s"table $db.conflict: ") && e.getMessage.contains(message), e.getMessage)
      assert(tables.partitions(s"$db.conflict") == Seq("2024-03-01"), "nothing was written")
    }
  }

  test("auto-expand never changes the type of a column") {
    write("typed", "a INT, ds STRING", true, Row(1, "2024-03-01"))
    val e =
      intercept[TableSchemaException](write("typed", "a DOUBLE, ds STRING", true, Row(1.0, "2024-03-02")))
    assert(e.column == "a" && e.inTable == "int" && e.inFrame == "double")
  }

  test("partitions: missing tables, sub-partitions, views, other columns") {
    assert(tables.partitions(s"$db.nowhere").isEmpty && tables.partitions("nowhere.at_all").isEmpty)
    tables.insertPartitions(
      frame(
        "a INT, ds STRING, system STRING",
        Row(1, "2024-03-01", "web"),
        Row(1, "2024-03-02", "mobile"),
        Row(2, "2024-03-02", "w/b")
      ),
      s"$db.sub",
      Map.empty,
      Seq("ds", "system")
    )
    assert(tables.partitions(s"$db.sub") == Seq("2024-03-01", "2024-03-02"))
    assert(tables.partitions(s"$db.sub", Map("system" -> "web")) == Seq("2024-03-01"))
    assert(tables.partitions(s"$db.sub", column = "system") == Seq("mobile", "w/b", "web"))
    assert(tables.partitions(s"$db.sub", column = "a").isEmpty, "not a partition column")
    spark.sql(s"CREATE VIEW $db.seen AS SELECT * FROM $db.sub WHERE system <> 'web'")
    assert(tables.partitions(s"$db.seen") == Seq("2024-03-02"))
  }

  test("a schema is the one that Spark reads, also where the catalog alone tells it") {
    val columns =
      "userId STRING COMMENT 'who', code CHAR(3), name VARCHAR(9), n DECIMAL(9, 2), tags ARRAY<STRUCT<a: INT>>"
    spark.sql(s"CREATE TABLE $db.of_hive ($columns) PARTITIONED BY (ds STRING) STORED AS PARQUET")
    spark.sql(s"CREATE TABLE $db.of_orc ($columns) STORED AS ORC")
    spark.sql(s"CREATE TABLE $db.of_spark ($columns, ds STRING) USING parquet PARTITIONED BY (ds)")
    spark.sql(s"CREATE VIEW $db.of_view AS SELECT userId AS Who, n * 2 AS twice, code FROM $db.of_hive")
    Seq("of_hive", "of_orc", "of_spark", "of_view").map(name => s"$db.$name").foreach { table =>
      assert(tables.schema(table) == spark.table(table).schema, table)
    }
    assert(tables.schema(s"$db.of_hive")("userId").getComment().contains("who"))
  }

  test("table references") {
    assert(TableReference.parse("a.b") == TableReference("a.b", Map.empty))
    assert(TableReference.parse("a.b/system=mobile/currency=USD") ==
      TableReference("a.b", Map("system" -> "mobile", "currency" -> "USD")))
    assert(
      intercept[IllegalArgumentException](TableReference.parse("a.b/mobile")).getMessage.contains("`mobile`")
    )
  }

  test("unfilled ranges look at the catalog") {
    write("out", "a INT, ds STRING", false, Row(1, "2024-03-01"))
    write("in", "a INT, ds STRING", false, Row(1, "2024-03-01"), Row(1, "2024-03-02"), Row(1, "2024-03-04"))
    val t = tables
    val wanted = PartitionRange.of("2024-03-01", "2024-03-09", t.partitionSpec)
    def holes(shift: Int) =
      t.unfilledRanges(
        s"$db.out",
        wanted,
        Seq((TableReference(s"$db.in", Map.empty), "ds")),
        shift
      ).map(_.toString)
    assert(holes(0) == Seq("[2024-03-02…2024-03-02]", "[2024-03-04…2024-03-04]"))
    assert(holes(1) == Seq("[2024-03-02…2024-03-03]", "[2024-03-05…2024-03-05]"))
  }

  test("archiving renames and marks; writing again takes the mark away") {
    write("old", "a INT, ds STRING", false, Row(1, "2024-03-01"))
    val to = tables.archive(s"$db.old", new java.util.Date(0L)).get
    assert(to == s"$db.old_19700101000000")
    assert(!tables.exists(s"$db.old"))
    assert(tables.properties(to)(TableUtils.Archived) == "true")
    assert(rowsOf(spark.table(to)) == Seq("1|2024-03-01"))
    tables.insertPartitions(frame("a INT, ds STRING", Row(2, "2024-03-02")), to, Map("x" -> "y"))
    assert(!tables.properties(to).contains(TableUtils.Archived))
    assert(tables.archive(s"$db.nowhere").isEmpty)
  }

  test("partitions are dropped, and forgotten") {
    write("dropped", "a INT, ds STRING", false, Row(1, "2024-03-01"), Row(2, "2024-03-02"))
    val t = tables
    assert(t.partitions(s"$db.dropped").length == 2)
    t.dropPartitions(s"$db.dropped", Seq("2024-03-01", "2024-03-07"))
    assert(t.partitions(s"$db.dropped") == Seq("2024-03-02"))
  }

  test("properties are set only where they differ") {
    write("props", "a INT, ds STRING", false, Row(1, "2024-03-01"))
    val t = tables
    t.setProperties(s"$db.props", Map("note" -> "it's me", "quote" -> "a\\b'c"))
    assert(t.properties(s"$db.props")("quote") == "a\\b'c")
  }

  test("a fixed number of files per partition") {
    spark.conf.set("spark.chronon.outputParallelismOverride", "1")
    try {
      val rows = (1 to 50).map(i => Row(i, if (i % 2 == 0) "2024-03-01" else "2024-03-02"))
      assert(write("files", "a INT, ds STRING", false, rows: _*).files == 2)
    } finally spark.conf.unset("spark.chronon.outputParallelismOverride")
  }
}
