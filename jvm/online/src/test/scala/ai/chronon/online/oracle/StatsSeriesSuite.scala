package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.OracleJars
import ai.chronon.online.serde.{AvroCodec, AvroConversions}
import com.yahoo.sketches.kll.KllFloatsSketch
import org.scalatest.funsuite.AnyFunSuite

import java.util
import scala.collection.JavaConverters._
import scala.util.Random

/** Series of statistics as a job uploads them: counts, and distributions as sketches of the library that jobs write them with. */
class StatsSeriesSuite extends AnyFunSuite {
  private val Name = "team/join.v1"
  private val Price = "price_approx_percentile"
  private val Day = 24L * 3600 * 1000

  private val keySchema = schema("Key", "JoinPath" -> StringType)
  private val valueSchema = schema("Value", "total_count" -> LongType, Price -> BinaryType)
  private def schema(name: String, fields: (String, DataType)*): String =
    AvroConversions.fromChrononSchema(StructType.from(name, fields.toArray)).toString()

  private type Side = util.function.BiFunction[String, Array[AnyRef], AnyRef]
  private def put(side: Side, key: Array[Byte], value: Array[Byte], millis: Long): Unit = {
    side("put", Array(Constants.StatsBatchDataset, key, value, Long.box(millis)))
    ()
  }

  private def store(side: Side, points: Seq[Array[Byte]]): Unit = {
    put(side, FetchWorld.text(Name + "__keySchema"), FetchWorld.text(keySchema), 0)
    put(side, FetchWorld.text(Name + "__valueSchema"), FetchWorld.text(valueSchema), 0)
    val key = AvroCodec.of(keySchema).encodeArray(Array(Name))
    points.zipWithIndex.foreach { case (point, i) => put(side, key, point, (i + 1) * Day) }
  }

  private def point(count: Long, sketch: Array[Byte]): Array[Byte] =
    AvroCodec.of(valueSchema).encodeArray(Array[Any](count, sketch))

  private def sketch(values: Float*): Array[Byte] = {
    val result = new KllFloatsSketch(128)
    values.foreach(result.update)
    result.toByteArray
  }

  /** Moment and value of each point of a metric. */
  private def series(side: Side, name: String, metric: String): Seq[(Any, Any)] =
    all(side, name)(metric).asInstanceOf[util.List[util.Map[String, AnyRef]]].asScala
      .map(point => (point.get("millis"), Values.comparable(point.get("value")))).toSeq

  private def all(side: Side, name: String): Map[String, AnyRef] =
    side("stats", Array(name, Long.box(100 * Day))) match {
      case found: util.Map[_, _] => found.asInstanceOf[util.Map[String, AnyRef]].asScala.toMap
      case failed                => throw new IllegalStateException(failed.toString)
    }

  private def withWorld(points: Array[Byte]*)(body: FetchWorld => Unit): Unit = {
    val side = new FetchWorld
    try {
      store(side, points)
      body(side)
    } finally { side("close", Array()); () }
  }

  test("distributions come out as percentiles, other metrics as they are") {
    withWorld(point(4, sketch(1, 2, 3, 4)), point(5, null)) { side =>
      assert(series(side, Name, "total_count") == Seq(Day -> 4L, 2 * Day -> 5L))
      assert(series(side, Name, Price) == Seq(Day -> List(1f, 2f, 3f, 4f, 4f), 2 * Day -> null))
    }
  }

  test("drift is the distance to the point before, at the later moment, of distributions alone") {
    val (low, high) = (sketch((1 to 100).map(_.toFloat): _*), sketch((1001 to 1100).map(_.toFloat): _*))
    withWorld(point(1, low), point(2, low), point(3, high)) { side =>
      assert(all(side, Name + "/drift").keySet == Set(Price))
      val Seq((first, still), (second, moved)) = series(side, Name + "/drift", Price)
      assert(first == 2 * Day && second == 3 * Day)
      assert(still == 0.0 && moved.asInstanceOf[Double] > 0.25)
    }
  }

  test(
    "a point that cannot be decoded is left out; a damaged sketch is an error that names metric and time"
  ) {
    withWorld(point(1, sketch(1)), Array[Byte](9, 9), point(3, sketch(3))) { side =>
      assert(series(side, Name, "total_count").map(_._1) == Seq(Day, 3 * Day))
    }
    withWorld(point(1, Array[Byte](1, 2, 3))) { side =>
      assert(intercept[IllegalStateException](all(
        side,
        Name
      )).getMessage.contains("IllegalArgumentException"))
    }
  }

  test("a series that nobody uploaded fails") {
    withWorld() { side =>
      assert(intercept[IllegalStateException](all(
        side,
        "team/other.v1"
      )).getMessage.contains("RuntimeException"))
    }
  }

  test("random series: the reference's percentiles and drifts") {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val sides = new Sides(OracleLoader.world(), new FetchWorld)
    try {
      val random = new Random(20240317)
      val points = Seq.fill(30)(point(
        random.nextInt(1000).toLong,
        sketch(Seq.fill(1 + random.nextInt(400))((random.nextGaussian() * 10).toFloat +
          random.nextInt(3)): _*)
      ))
      Seq[Side](sides.theirs, sides.ours).foreach(store(_, points))
      for (name <- Seq(Name, Name + "/drift")) {
        val Seq(theirs, ours) = Seq[Side](sides.theirs, sides.ours).map(all(_, name))
        assert(ours.keySet == theirs.keySet)
        ours.foreach { case (metric, found) =>
          val (mine, other) = (Values.comparable(found), Values.comparable(theirs(metric)))
          assert(Values.same(mine, other), s"$metric of $name: ours $mine, the reference's $other")
        }
      }
    } finally sides.both("close")
  }
}
