package ai.chronon.spark.serving

import ai.chronon.api
import ai.chronon.api.{Accuracy, Operation, TableNames, ThriftJsonCodec}
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.streaming.kafka.KafkaBroker
import ai.chronon.spark.{Confs, Driver, GroupByUpload, SparkSuite}
import ai.chronon.stores.sqlite.SqliteApi
import org.apache.spark.sql.Row

import java.nio.file.Files
import scala.collection.mutable.ArrayBuffer
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** The whole way: a table is uploaded and loaded, its topic streamed by the command, and a fetch sees both. */
class StreamingCommandSuite extends SparkSuite {
  import Confs._

  private lazy val store = Files.createTempDirectory("store").resolve("online.db").toString
  private lazy val online = new SqliteApi(Map("path" -> store))

  private def groupBy(topic: String): api.GroupBy = {
    val clicks = table(
      "clicks",
      "user STRING, cents BIGINT, ts BIGINT, ds STRING",
      Row("ann", 100L, at("2024-03-10 10:00"), "2024-03-10"),
      Row("bob", 200L, at("2024-03-10 11:00"), "2024-03-10")
    )
    val selects = Seq("user" -> "lower(user)", "amount" -> "cents / 100")
    Confs.groupBy(
      meta("team.clicks.v1", db),
      Seq(events(clicks, query(selects, "ts", wheres = Seq("cents > 0")), topic = topic)),
      Seq("user"),
      Seq(aggregation("amount", Operation.SUM, Seq(days(7))), aggregation("amount", Operation.COUNT)),
      Accuracy.TEMPORAL
    )
  }

  private def run(arguments: String*): (Int, Seq[String]) = {
    val lines = ArrayBuffer.empty[String]
    val status = Driver.run(
      "group-by-streaming" +: arguments :+ s"-Zpath=$store" :+
        "--online-class=ai.chronon.stores.sqlite.SqliteApi" :+ "--until-end",
      lines += _,
      lines += _
    )
    (status, lines.toSeq)
  }

  test("what was uploaded and what was streamed since is one feature") {
    val broker = KafkaBroker.start().fold(reason => cancel(s"skipped: $reason"), identity)
    try {
      val definition = groupBy("kafka://clicks/start_offset=earliest")
      new GroupByUpload(definition, "2024-03-10", tables).run()
      OnlineSide.withStore(online)(_.bulkPut(
        TableNames.upload(definition.getMetaData),
        "team.clicks.v1",
        "2024-03-10"
      ))
      val conf = Files.createTempFile("team.clicks", ".v1")
      Files.write(conf, ThriftJsonCodec.toJsonStr(definition).getBytes("UTF-8"))
      broker.create("clicks")
      broker.send(
        "clicks",
        s"""{"user": "Ann", "cents": 50, "ts": ${at("2024-03-11 01:00")}}""",
        s"""{"user": "ANN", "cents": 25, "ts": ${at("2024-03-11 02:00")}}""",
        s"""{"user": "ann", "cents": -1, "ts": ${at("2024-03-11 02:00")}}""",
        "no JSON"
      )
      val (status, lines) = run(s"--conf-path=$conf", "--kafka-bootstrap", broker.address)
      assert(status == 0, lines)
      assert(lines.last.endsWith("2 rows written, 1 bad messages, lag 0"))
      val fetcher = online.buildFetcher()
      try {
        val requests =
          Seq("ann", "bob").map(user =>
            Request("team.clicks.v1", Map("user" -> user), Some(at("2024-03-11 03:00")))
          )
        assert(Await.result(fetcher.fetchGroupBys(requests), 30.seconds).map(_.values.get) == Seq(
          Map("amount_sum_7d" -> 1.75, "amount_count" -> 3L),
          Map("amount_sum_7d" -> 2.0, "amount_count" -> 1L)
        ))
      } finally fetcher.close()

      val shown = run(s"--conf-path=$conf", s"--kafka-bootstrap=${broker.address}", "-d")
      assert(shown._1 == 0 && shown._2.count(_.startsWith("TEAM_CLICKS_V1_STREAMING key 0206616e6e")) == 2)
    } finally broker.close()
  }

  test("a definition that is nowhere is one error") {
    val (status, lines) = run("--conf-path=group_bys/team/nosuch.v1")
    assert(status == 1)
    assert(lines.last.startsWith(
      "error: group-by-streaming: --conf-path = group_bys/team/nosuch.v1: there is no such file"
    ))
  }
}
