package ai.chronon.online

import ai.chronon.online.testkit.{MemoryStore, Served}
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.logging.log4j.core.appender.AbstractAppender
import org.apache.logging.log4j.core.config.Property
import org.apache.logging.log4j.core.{LogEvent, Logger}
import org.apache.logging.log4j.{Level, LogManager}
import org.scalatest.funsuite.AnyFunSuite

import java.util.concurrent.ConcurrentLinkedQueue
import scala.collection.JavaConverters._
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** What an `Api` is like of which only the store is special. */
class StoreApiSuite extends AnyFunSuite {

  private class MemoryApi extends StoreApi(Map("setting" -> "value")) {
    val store = new MemoryStore
    override def genKvStore: KVStore = store
  }

  /** What is logged as a response meanwhile. */
  private def responses(body: => Unit): Seq[JsonNode] = {
    val lines = new ConcurrentLinkedQueue[String]
    val appender = new AbstractAppender("responses", null, null, true, Property.EMPTY_ARRAY) {
      override def append(event: LogEvent): Unit = { lines.add(event.getMessage.getFormattedMessage); () }
    }
    appender.start()
    val logger = LogManager.getLogger("ai.chronon.online.responses").asInstanceOf[Logger]
    val level = logger.getLevel
    logger.addAppender(appender)
    logger.setLevel(Level.INFO)
    try body
    finally {
      logger.removeAppender(appender)
      logger.setLevel(level)
    }
    lines.asScala.toList.map(new ObjectMapper().readTree(_))
  }

  test("a logged response is one line of JSON with the columns of a raw log table") {
    val api = new MemoryApi
    val Seq(data, control) = responses {
      api.logResponse(LoggableResponse(
        Array[Byte](2, 2, 53),
        Array[Byte](-1, 0),
        "team/join.v1",
        1710633600000L,
        "swZ/lrbWP2"
      ))
      api.logResponse(LoggableResponse(
        "hash".getBytes,
        "{\"a\": \"b\"}".getBytes,
        "SCHEMA_PUBLISH_EVENT",
        5L,
        null
      ))
    }
    assert(
      data.toString ==
        """{"name":"team/join.v1","key_base64":"AgI1","value_base64":"/wA=","ts_millis":1710633600000,"schema_hash":"swZ/lrbWP2"}"""
    )
    assert(control.get("schema_hash").isNull && control.get("value_base64").asText == "eyJhIjogImIifQ==")
  }

  test("its fetcher serves from its store and logs what is sampled") {
    val api = new MemoryApi
    val served = new Served(api.store)
    served.fetcher.close()
    val join = Served.join("team.logged.v1", Served.part(Served.plain))
    join.getMetaData.setSamplePercent(100)
    served.put(join)
    val fetcher = api.buildFetcher()
    try {
      val lines = responses {
        val request =
          Fetcher.Request("team/logged.v1", Map("user" -> Long.box(1L)), Some(served.batchEnd + 1))
        assert(Await.result(
          fetcher.fetchJoin(Seq(request)),
          30.seconds
        ).head.values.get("team_plain_v1_age") == 41L)
      }
      assert(lines.map(_.get("name").asText) == Seq("SCHEMA_PUBLISH_EVENT", "team/logged.v1"))
    } finally fetcher.close()
  }
}
