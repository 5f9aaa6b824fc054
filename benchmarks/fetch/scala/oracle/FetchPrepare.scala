package chronon.bench

import ai.chronon.aggregator.windowing.TsUtils
import ai.chronon.api._
import ai.chronon.api.Extensions._
import ai.chronon.online.KVStore.TimedValue
import ai.chronon.online.{GroupByServingInfoParsed, TileCodec}
import ai.chronon.online.serde.{ArrayRow, AvroConversions}
import ai.chronon.spark.{GenericRowHandler, GroupByUpload, SparkSessionBuilder}
import ai.chronon.spark.catalog.TableUtils
import org.apache.spark.sql.{Row => SparkRow, SparkSession}

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8

/** Makes the stored bytes: uploads by the reference's own job, streamed rows and tiles by its own codecs. args: folder */
object FetchPrepare {
  private val Db = "bench"
  private val FiveMinutes = 300000L

  private def windows(hours: Int*): Seq[Window] =
    hours.map(n => if (n % 24 == 0) new Window(n / 24, TimeUnit.DAYS) else new Window(n, TimeUnit.HOURS))
  private def aggregation(operation: Operation, column: String, hours: Int*): Aggregation =
    Builders.Aggregation(operation, column, windows(hours: _*),
      argMap = if (operation == Operation.LAST_K) Map("k" -> "10") else null)

  /** Ten features. */
  private val ten = {
    import Operation._
    Seq(aggregation(SUM, "amount", 24, 168), aggregation(COUNT, "amount", 1, 720), aggregation(AVERAGE, "amount", 24, 720),
      aggregation(LAST_K, "item", 168, 720), aggregation(APPROX_UNIQUE_COUNT, "item", 24, 720))
  }

  /** Twelve columns, three windows each. */
  private val wide = {
    import Operation._
    Seq(SUM, COUNT, AVERAGE, MIN, MAX, FIRST, LAST, VARIANCE, LAST_K).map(aggregation(_, "amount", 1, 24, 168)) ++
      Seq(LAST, LAST_K, APPROX_UNIQUE_COUNT).map(aggregation(_, "item", 1, 24, 168))
  }

  private def source(table: String, columns: String*): Source = Builders.Source.events(
    Builders.Query(selects = Builders.Selects(columns: _*), startPartition = "2024-01-01", timeColumn = "ts"),
    table = s"$Db.$table", topic = table)

  private def groupBy(name: String, aggregations: Seq[Aggregation], isTiled: Boolean = false): GroupBy = Builders.GroupBy(
    sources = Seq(source("fetch_events", "user", "amount", "item")), keyColumns = Seq("user"), aggregations = aggregations,
    accuracy = Accuracy.TEMPORAL,
    metaData = Builders.MetaData(name = s"$Db.$name", namespace = Db, team = Db,
      customJson = if (isTiled) """{"enable_tiling": true}""" else null))

  private def join(name: String, parts: Seq[GroupBy]): Join = Builders.Join(
    left = source("fetch_left", "user"), joinParts = parts.map(part => Builders.JoinPart(groupBy = part)),
    metaData = Builders.MetaData(name = s"$Db.$name", namespace = Db, team = Db))

  private def upload(spark: SparkSession, groupBy: GroupBy): Seq[(Array[Byte], Array[Byte])] = {
    GroupByUpload.run(groupBy, FetchData.LastDay, Some(TableUtils(spark)))
    spark.table(groupBy.metaData.uploadTable).select("key_bytes", "value_bytes").collect()
      .map(row => (row.getAs[Array[Byte]](0), row.getAs[Array[Byte]](1))).toSeq
  }

  private def parsed(rows: Seq[(Array[Byte], Array[Byte])], groupBy: GroupBy): GroupByServingInfoParsed = {
    val info = rows.collectFirst { case (key, value) if new String(key, UTF_8) == Constants.GroupByServingInfoKey =>
      ThriftJsonCodec.fromJsonStr[GroupByServingInfo](new String(value, UTF_8), check = false, classOf[GroupByServingInfo])
    }.get
    info.setGroupBy(groupBy)
    new GroupByServingInfoParsed(info, PartitionSpec(format = "yyyy-MM-dd", spanMillis = FetchData.Day))
  }

  private def infoRow(info: GroupByServingInfoParsed): (Array[Byte], Seq[TimedValue]) = {
    val plain = new GroupByServingInfo(info)
    (Constants.GroupByServingInfoKey.getBytes(UTF_8),
      Seq(TimedValue(ThriftJsonCodec.toJsonStr(plain).getBytes(UTF_8), FetchData.BatchEnd)))
  }

  private def batchOf(name: String, rows: Seq[(Array[Byte], Array[Byte])]): StoredDataset =
    StoredDataset(name, None, rows.iterator.map { case (key, value) => (key, Seq(TimedValue(value, FetchData.BatchEnd))) })

  private def streamOf(name: String, info: GroupByServingInfoParsed, users: Iterator[Int], count: Int): StoredDataset = {
    val key = AvroConversions.encodeBytes(info.keyChrononSchema, GenericRowHandler.func)
    val value = AvroConversions.encodeBytes(info.valueChrononSchema, GenericRowHandler.func)
    val columns = info.valueChrononSchema.fields.map(_.name)
    StoredDataset(name, None, users.map { user =>
      (key(Array[Any](user.toLong)), FetchData.stream(user, count).map(event => TimedValue(value(columns.map(cell(event, _))), event.ts)))
    })
  }

  private def cell(event: FetchData.Event, column: String): Any = column match {
    case "amount" => event.amount
    case "item"   => event.item
    case "user"   => event.user
    case "ts"     => event.ts
  }

  /** The same rows of one user as tiles of five minutes, each stored at the time of its latest event. */
  private def tilesOf(name: String, info: GroupByServingInfoParsed, user: Int, count: Int): StoredDataset = {
    val schema = info.selectedChrononSchema.fields.map(field => field.name -> field.fieldType).toSeq
    val codec = new TileCodec(info.groupBy, schema)
    val key = AvroConversions.encodeBytes(info.keyChrononSchema, GenericRowHandler.func)
    val tiles = FetchData.stream(user, count).groupBy(event => TsUtils.round(event.ts, FiveMinutes)).toSeq.sortBy(_._1)
    StoredDataset(name, None, Iterator((key(Array[Any](user.toLong)), tiles.map { case (_, events) =>
      val ir = codec.rowAggregator.init
      events.foreach(event => codec.rowAggregator.update(ir, new ArrayRow(schema.map { case (column, _) => cell(event, column) }.toArray, event.ts)))
      TimedValue(codec.makeTileIr(ir, isComplete = true), events.last.ts)
    })))
  }

  def main(args: Array[String]): Unit = {
    val folder = new File(args(0)).getAbsolutePath
    val spark = SparkSessionBuilder.build("fetch-prepare", additionalConfig = Some(Map(
      "spark.master" -> "local[2]", "spark.sql.shuffle.partitions" -> "8", "spark.chronon.group_by.parallelism" -> "8",
      "spark.sql.warehouse.dir" -> s"$folder/warehouse",
      "spark.hadoop.javax.jdo.option.ConnectionURL" -> s"jdbc:derby:;databaseName=$folder/metastore;create=true")))
    spark.sparkContext.setLogLevel("ERROR")
    spark.sql(s"CREATE DATABASE IF NOT EXISTS $Db")
    val rows = spark.sparkContext.range(0, FetchData.Users, 1, 8).flatMap(user => FetchData.batch(user.toInt)).map(event =>
      SparkRow(event.user, event.ts, event.amount, event.item, java.time.LocalDate.ofEpochDay(event.ts / FetchData.Day).toString))
    val schema = org.apache.spark.sql.types.StructType.fromDDL("user BIGINT, ts BIGINT, amount DOUBLE, item STRING, ds STRING")
    spark.createDataFrame(rows, schema).write.mode("overwrite").partitionBy("ds").saveAsTable(s"$Db.fetch_events")

    val tenRows = upload(spark, groupBy("ten", ten))
    val wideRows = upload(spark, groupBy("wide", wide))
    spark.stop()

    val streamed = (0 until 50).map(i => groupBy(f"g$i%02d", ten))
    val batchOnly = (0 until 25).map(i => groupBy(f"b$i%02d", ten))
    val (hot, tiled) = (groupBy("hot", wide), groupBy("tiled", wide, isTiled = true))
    def served(base: String, rows: Seq[(Array[Byte], Array[Byte])], part: GroupBy): StoredDataset =
      StoredDataset(part.batchDataset, Some(base), Iterator(infoRow(parsed(rows, part))))
    val datasets =
      Seq(batchOf("TEN_BATCH", tenRows), batchOf("WIDE_BATCH", wideRows),
        streamOf("TEN_STREAMING", parsed(tenRows, groupBy("ten", ten)), (0 until FetchData.Users).iterator, FetchData.StreamPerUser)) ++
        streamed.flatMap(part => Seq(served("TEN_BATCH", tenRows, part), StoredDataset(part.streamingDataset, Some("TEN_STREAMING"), Iterator()))) ++
        batchOnly.flatMap(part => Seq(served("TEN_BATCH", tenRows, part), StoredDataset(part.streamingDataset, None, Iterator()))) ++
        Seq(served("WIDE_BATCH", wideRows, hot), served("WIDE_BATCH", wideRows, tiled),
          streamOf(hot.streamingDataset, parsed(wideRows, hot), Iterator(0), FetchData.HotStream),
          tilesOf(tiled.streamingDataset, parsed(wideRows, tiled), 0, FetchData.HotStream))
    val joins = Seq(join("j50", streamed), join("j25", streamed.take(25)), join("j25_batch", batchOnly), join("j_wide", Seq(hot)),
      join("j_tiles", Seq(tiled)))
    FetchFile.write(new File(folder, "store.bin"), datasets, joins)
    println(s"PREPARED $folder/store.bin")
    sys.exit(0)
  }
}
