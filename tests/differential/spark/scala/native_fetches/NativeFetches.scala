package ai.chronon.online.streaming {

  import ai.chronon.api.GroupBy
  import ai.chronon.online.GroupByServingInfoParsed
  import ai.chronon.online.KVStore.PutRequest

  /** What a topic's reader does with its messages, without the topic. */
  object StreamedMessages {
    def puts(groupBy: GroupBy, info: GroupByServingInfoParsed, messages: Seq[Array[Byte]]): Seq[PutRequest] = {
      val rows = new StreamedRows(groupBy, info, StreamSettings.decoder(info, Map.empty))
      messages.flatMap(message => rows.puts(message))
    }
  }
}

package chronon.differential {

  import ai.chronon.api._
  import ai.chronon.online.Fetcher
  import ai.chronon.online.streaming.StreamedMessages
  import com.fasterxml.jackson.databind.ObjectMapper
  import org.apache.spark.sql.functions.lit
  import org.apache.spark.sql.types.{ArrayType, DataType, IntegerType, MapType, StructType}
  import org.apache.spark.sql.{DataFrame, Row, SparkSession}

  import java.nio.charset.StandardCharsets.UTF_8
  import java.nio.file.{Files, Path, Paths}
  import java.time.LocalDate
  import java.util
  import scala.collection.JavaConverters._
  import scala.concurrent.Await
  import scala.concurrent.duration.DurationInt
  import scala.util.{Failure, Success}

  /** Training rows of a join's last day, and what a fetch gives at their moments: its group-bys are uploaded as of the day before, and the
    * messages of the last day streamed behind it. args: as [[JoinSuite.run]]
    *
    * Gives both as rows of one frame: `row`, the same number for a training row and what was fetched for it, `side`, and the columns.
    */
  object NativeFetches extends JoinSide {
    private val mapper = new ObjectMapper

    def main(args: Array[String]): Unit = JoinSuite.run(this, args)

    override def session(settings: Map[String, String]): SparkSession = NativeJoins.session(settings)

    override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
      val join = ThriftJsonCodec.fromJsonFile[Join](confPath.toString, check = true)
      val trained = NativeJoins.compute(spark, confPath, endDate, stepDays)
      val rows = trained.where(trained("ds") === endDate).collect().toSeq
      val fetched = fetch(confPath, join, endDate, trained.schema, rows)
      def numbered(rows: Seq[Row], side: String) = spark.createDataFrame(
        rows.zipWithIndex.map { case (row, i) => Row.fromSeq(i +: row.toSeq) }.asJava,
        StructType(new StructType().add("row", IntegerType).fields ++ trained.schema.fields)
      ).withColumn("side", lit(side))
      numbered(rows, "trained").union(numbered(fetched, "fetched"))
    }

    private def fetch(confPath: Path, join: Join, endDate: String, schema: StructType, rows: Seq[Row]): Seq[Row] = {
      val base = confPath.toString.stripSuffix(".json")
      val settings = Map("file" -> s"$base.store", "calls" -> s"$base.calls")
      settings.values.foreach(path => Files.deleteIfExists(Paths.get(path)))
      // any jar will do: the class is on the class path
      val online = s"--online-class=${classOf[RecordingApi].getName}" +:
        settings.toSeq.map { case (key, value) => s"-Z$key=$value" }
      val uploaded = s"--end-date=${LocalDate.parse(endDate).minusDays(1)}"
      val groupBys = join.getJoinParts.asScala.map(_.getGroupBy)
      groupBys.foreach { groupBy =>
        val path = compiled(base, "group_bys", groupBy.getMetaData.getName, ThriftJsonCodec.toJsonStr(groupBy))
        NativeDriver.run("group-by-upload", s"--conf-path=$path", uploaded)
        NativeDriver.run("group-by-upload-bulk-load" +: s"--conf-path=$path" +: uploaded +: online: _*)
      }
      val path = compiled(base, "joins", join.getMetaData.getName, ThriftJsonCodec.toJsonStr(join))
      NativeDriver.run("metadata-upload" +: s"--conf-path=$path" +: online: _*)

      val fetcher = new RecordingApi(settings).buildFetcher()
      try {
        groupBys.filter(_.getAccuracy == Accuracy.TEMPORAL).foreach { groupBy =>
          val info = fetcher.getGroupByServingInfo(groupBy.getMetaData.getName).get
          val source = groupBy.getSources.get(0)
          val streamed = if (source.isSetEvents) source.getEvents.getTable else source.getEntities.getMutationTable
          val table = streamed.stripPrefix("diff.")
          val messages = Files.readAllLines(confPath.resolveSibling(s"$table.jsonl")).asScala
            .filter(mapper.readTree(_).get("ds").asText == endDate).map(_.getBytes(UTF_8))
          val puts = Await.result(fetcher.kvStore.multiPut(StreamedMessages.puts(groupBy, info, messages)), 1.minute)
          require(puts.forall(identity))
        }
        answers(fetcher, join, schema, rows)
      } finally fetcher.close()
    }

    /** Writes a definition to where its kind and name belong. */
    private def compiled(root: String, kind: String, name: String, text: String): Path = {
      val path = Paths.get(root, kind, name.replaceFirst("\\.", "/"))
      Files.createDirectories(path.getParent)
      Files.write(path, text.getBytes(UTF_8))
    }

    private def answers(fetcher: Fetcher, join: Join, schema: StructType, rows: Seq[Row]): Seq[Row] = {
      val name = join.getMetaData.getName.replaceFirst("\\.", "/")
      val keys = join.getJoinParts.asScala.flatMap { part =>
        val renamed = Option(part.getKeyMapping).map(_.asScala.map(_.swap)).getOrElse(Map.empty[String, String])
        part.getGroupBy.getKeyColumns.asScala.map(key => renamed.getOrElse(key, key))
      }.distinct
      val left = Set("user", "shop", "buyer", "note", "ts", "ds")
      val requests = rows.map(row =>
        Fetcher.Request(name, keys.map(key => key -> row.getAs[AnyRef](key)).toMap, Some(row.getAs[Long]("ts")))
      )
      rows.zip(Await.result(fetcher.fetchJoin(requests), 1.minute)).map { case (row, answer) =>
        answer.values match {
          case Failure(cause)  => throw new RuntimeException(s"${answer.request}: $cause", cause)
          case Success(values) =>
            // exceptions of parts come as features of another name
            values.keys.find(feature => left(feature) || !schema.fieldNames.contains(feature)).foreach(feature =>
              throw new RuntimeException(s"${answer.request}: there is no feature $feature = ${values(feature)}")
            )
            // a key that the store does not have has no features
            Row.fromSeq(schema.fields.toSeq.map(f => if (left(f.name)) row.getAs[Any](f.name) else cell(values.getOrElse(f.name, null), f.dataType)))
        }
      }
    }

    /** A fetched value as Spark has it. */
    private def cell(value: Any, of: DataType): Any = (value, of) match {
      case (list: util.List[_], ArrayType(element, _))   => list.asScala.map(cell(_, element)).toList
      case (map: util.Map[_, _], MapType(k, v, _))       => map.asScala.map { case (a, b) => cell(a, k) -> cell(b, v) }.toMap
      case (record: util.Map[_, _], struct: StructType)  => Row.fromSeq(struct.fields.toSeq.map(f => cell(record.get(f.name), f.dataType)))
      case (record: Array[_], struct: StructType)        => Row.fromSeq(record.toSeq.zip(struct.fields).map { case (v, f) => cell(v, f.dataType) })
      case _                                             => value
    }
  }
}
