package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.testkit.Served
import org.scalatest.BeforeAndAfterEach
import org.scalatest.funsuite.AnyFunSuite

import scala.collection.JavaConverters._
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** What is served while a new batch takes the place of the old one. Days and numbers of online facts, 4.10. */
class HandOverSuite extends AnyFunSuite with BeforeAndAfterEach {
  private val March19 = 1710806400000L
  private val March20 = 1710892800000L
  private var data: Served = _

  override def beforeEach(): Unit = data = new Served(batchDay = "2024-03-19")
  override def afterEach(): Unit = data.fetcher.close()

  private def sum(millis: Long, fetcher: Fetcher = data.fetcher): Any = {
    val request = Request("team.live.v1", Map("user" -> Long.box(1L)), Some(millis))
    Await.result(fetcher.fetchGroupBys(Seq(request)), 30.seconds).head.values.get match {
      case null     => null
      case features => features("amount_sum")
    }
  }

  /** What an upload stores of a sum: the collapsed result, and no hops, since no window is bounded. */
  private def batchIr(sum: Double): Array[Byte] = {
    val bits = java.lang.Double.doubleToLongBits(sum)
    Array[Byte](2, 2) ++ (0 until 8).map(i => (bits >>> (8 * i)).toByte) ++ Array[Byte](2, 6, 0, 0, 0, 0)
  }

  test("before: the old batch and everything since it") {
    assert(data.batchEnd == March19)
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    assert(sum(March20 + 3600000) == 106.0)
  }

  test("values of the new batch under the old serving info: rows that are in it do not count twice") {
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    assert(sum(March20 + 3600000) == 106.0)
    // The day of the 19th, with its rows 1, 2 and 3, is in the new batch.
    data.putBatch(Served.live, 1L, batchIr(106), March20)
    data.putRow(1L, data.amountRow(10), March20 + 5000)
    data.store.reads.clear()
    assert(sum(March20 + 3600000) == 116.0)
    val asked = data.store.reads.asScala.flatten.find(_.dataset.endsWith("_STREAMING")).get
    assert(asked.afterTsMillis.contains(March19), "the old serving info still says since when rows are read")
  }

  test("a request between both ends, when the new batch is there: the old end decides, and nothing fails") {
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    assert(sum(March19 + 2500) == 103.0)
    data.putBatch(Served.live, 1L, batchIr(106), March20)
    assert(sum(March20 - 1) == 106.0)
  }

  test("the new serving info is taken over in the background, for a later request") {
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    assert(sum(March20 + 3600000) == 106.0)
    data.putBatch(Served.live, 1L, batchIr(106), March20)
    data.putInfo(Served.live, "2024-03-20")
    // A cache of its own, whose entries may be read again at once.
    val info = data.fetcher.getGroupByServingInfo("team.live.v1").get
    assert(info.batchEndTsMillis == March19)
    val deadline = 30.seconds.fromNow
    while (
      data.fetcher.getGroupByServingInfo("team.live.v1").get.batchEndTsMillis != March20 &&
      deadline.hasTimeLeft()
    ) {
      assert(sum(March20 + 3600000) == 106.0, "whichever of the two infos there is")
      Thread.sleep(100)
    }
    assert(data.fetcher.getGroupByServingInfo("team.live.v1").get.batchEndTsMillis == March20)
    assert(sum(March20 + 3600000) == 106.0)
  }

  test("the serving info came first: the old batch is left out, what streams since the new end is served") {
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    data.putInfo(Served.live, "2024-03-20")
    data.putRow(1L, data.amountRow(10), March20 + 5000)
    assert(sum(March20 + 3600000) == 10.0)
  }

  test("tiles of the day that a newer batch holds do not count again") {
    val tiled = Served.live.deepCopy()
    tiled.getMetaData.setCustomJson("{\"enable_tiling\": true}")
    data.putInfo(tiled, "2024-03-19")
    val tile = (amount: Double) => {
      val bits = java.lang.Double.doubleToLongBits(amount)
      Array[Byte](2, 2) ++ (0 until 8).map(i => (bits >>> (8 * i)).toByte) ++ Array[Byte](2, 1)
    }
    // In the places of the rows, and one of the next day.
    Seq(1000L, 2000L, 3000L).foreach(millis => data.putRow(1L, tile(1), March19 + millis))
    data.putRow(1L, tile(10), March20 + 5000)
    data.putBatch(Served.live, 1L, batchIr(100), March19)
    assert(sum(March20 + 3600000) == 113.0)
    data.putBatch(Served.live, 1L, batchIr(103), March20)
    assert(sum(March20 + 3600000) == 113.0)
  }

  test("a batch of days ago is counted where windows reach past what is kept of it") {
    def late(query: Long, end: Long, windows: Window*): Long = LateBatch.count(query, end, windows)
    val week = new Window(7, TimeUnit.DAYS)
    assert(late(1710896400000L, 1710633600000L, week) == 1)
    assert(late(1710896400000L, March19, week) == 0)
    assert(late(1710896400000L, 1710633600000L, new Window(1, TimeUnit.DAYS)) == 0)
  }
}
