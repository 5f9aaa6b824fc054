package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.{DataStream, TopicInfo}
import org.apache.spark.sql.{DataFrame, Row, SparkSession}
import org.scalatest.funsuite.AnyFunSuite

import scala.collection.JavaConverters._

/** The stream that a query sees, as a frame of Spark: the rules that rows of topics are evaluated by. */
class DataStreamSuite extends AnyFunSuite {
  import Streamed.{list, query}

  // The one that evaluates expressions, if another suite has started it, and then not ours to stop.
  private lazy val spark: SparkSession =
    SparkSession.builder().master("local[1]").config("spark.ui.enabled", "false").getOrCreate()

  private def frame(ddl: String, rows: Row*): DataFrame =
    spark.createDataFrame(rows.asJava, org.apache.spark.sql.types.StructType.fromDDL(ddl))

  private def seen(
      frame: DataFrame,
      query: Query,
      keys: Seq[String],
      model: DataModel.DataModel
  ): Set[Map[String, Any]] = {
    val stream = DataStream(frame, 1, TopicInfo.parse("t"))(query, keys, model)
    assert(stream.partitions == 1 && stream.topicInfo.name == "t")
    stream.df.collect().map(row =>
      row.schema.fieldNames.map(name => name -> row.getAs[Any](name)).toMap
    ).toSet
  }

  private val events =
    frame(
      "user STRING, v BIGINT, at BIGINT",
      Row("a", 1L, 10L),
      Row("b", 2L, 20L),
      Row(null, 3L, 30L),
      Row("c", 4L, null)
    )

  test("events: selects and `ts`; filters on what the topic has; no row without a time or all keys") {
    val q = query(Map("user" -> "upper(user)", "v" -> "v * 10"), "at", "v < 4 OR v = 40", "v <> 2")
    assert(seen(events, q, Seq("user"), DataModel.Events) == Set(Map("user" -> "A", "v" -> 10L, "ts" -> 10L)))
  }

  test("a key that is an expression with OR is null as a whole") {
    val q = query(Map("k" -> "user IS NULL OR v = 1"), "at")
    assert(seen(events, q, Seq("k"), DataModel.Events).map(_("k")) == Set(true, false))
  }

  test("an author's own `ts` goes before the time column; without selects columns stay as they are") {
    val own = query(Map("user" -> "user", "ts" -> "at + 1"), "at", "user = 'a'")
    assert(seen(events, own, null, DataModel.Events) == Set(Map("user" -> "a", "ts" -> 11L)))
    assert(seen(events, query(null, "at", "user = 'a'"), null, DataModel.Events) ==
      Set(Map("user" -> "a", "v" -> 1L, "at" -> 10L)))
  }

  test("entities: `mutation_ts` and `is_before` come along, and the mutation needs a time") {
    val mutations = frame(
      "id BIGINT, created BIGINT, mutation_ts BIGINT, is_before BOOLEAN",
      Row(1L, 10L, 15L, true),
      Row(2L, 10L, null, false)
    )
    assert(seen(mutations, query(Map("id" -> "id"), "created"), Seq("id"), DataModel.Entities) ==
      Set(Map("id" -> 1L, "ts" -> 10L, "mutation_ts" -> 15L, "is_before" -> true)))
  }

  test("setups run first") {
    val q = query(Map("n" -> "cast(value AS BIGINT)"), "at", "user = 'a'")
    q.setSetups(list("SET spark.chronon.test.setup = ran"))
    assert(seen(events, query(Map("u" -> "user"), "at", "v = 1"), null, DataModel.Events).size == 1)
    assert(spark.conf.getOption("spark.chronon.test.setup").isEmpty)
    intercept[org.apache.spark.sql.AnalysisException](seen(events, q, null, DataModel.Events))
    assert(spark.conf.get("spark.chronon.test.setup") == "ran")
  }
}
