package ai.chronon.spark

import ai.chronon.api.{Aggregation, Operation, Window}
import ai.chronon.spark.pit.{PitResolution, PointInTimeSpec}
import org.apache.spark.sql.{Column, DataFrame}
import org.apache.spark.sql.functions._

import scala.collection.JavaConverters._

/** The window rule in plain Spark SQL, one join per output column: what the operator is compared with. */
object NaivePointInTime {
  private val Day = 86400000L
  private val Hour = 3600000L

  def apply(left: DataFrame, right: DataFrame, spec: PointInTimeSpec): DataFrame = {
    require(spec.mutations.isEmpty, "windows over events only")
    val queries = left.withColumn(
      "__row",
      monotonically_increasing_id()
    ).withColumn("__query", spec.queryTime).localCheckpoint()
    val rightColumns = spec.rightKeys.zipWithIndex.map { case (k, i) => right(k).as(s"__k$i") } :+
      spec.rightTime.as("__time")
    val windowed = spec.groupBy.getAggregations.asScala.exists(_.getWindows != null)
    val all = for {
      a <- spec.groupBy.getAggregations.asScala.toSeq
      bucket <- Option(a.getBuckets).map(_.asScala.toSeq.map(Option(_))).getOrElse(Seq(None))
      window <- Option(a.getWindows).map(_.asScala.toSeq.map(Option(_))).getOrElse(Seq(None))
    } yield (a, bucket, window)
    val withAll = all.foldLeft(queries) { case (rows, (a, bucket, window)) =>
      val events = right.select(rightColumns ++ Seq(right(a.getInputColumn).as("__in")) ++
        bucket.map(b => right(b).as("__bucket")): _*)
        .where(col("__in").isNotNull)
      val anyTime = spec.resolution == PitResolution.Exact && !windowed
      val keys = spec.leftKeys.zipWithIndex.map { case (k, i) => queries(k) === col(s"__k$i") }.reduce(_ && _)
      val before = if (anyTime) lit(true) else col("__time") < col("__query")
      val after = window.fold(lit(true))(w => col("__time") >= tail(w, spec.resolution))
      val seen = queries.join(events, keys && before && after)
      val name = outputName(spec.outputPrefix, a, bucket, window)
      val computed = bucket match {
        case None    => seen.groupBy("__row").agg(fold(a).as(name))
        case Some(_) =>
          seen.where(col("__bucket").isNotNull).groupBy(col("__row"), col("__bucket")).agg(fold(a).as("__v"))
            .groupBy("__row").agg(map_from_entries(collect_list(struct(
              col("__bucket"),
              col("__v")
            ))).as(name))
      }
      rows.join(computed, Seq("__row"), "left")
    }
    val names = all.map { case (a, b, w) => outputName(spec.outputPrefix, a, b, w) }
    withAll.select((left.columns.toSeq ++ names).map(n => col(s"`$n`")): _*)
  }

  private def tail(w: Window, resolution: PitResolution): Column = {
    val length = ai.chronon.api.Windows.millis(w)
    val hop = resolution match {
      case PitResolution.Daily => Day
      case PitResolution.Exact => 1L
      case _                   => if (length >= 12 * Day) Day else if (length >= 12 * Hour) Hour else 300000L
    }
    floor((col("__query") - length) / hop) * hop
  }

  private def fold(a: Aggregation): Column = {
    val in = col("__in")
    a.getOperation match {
      case Operation.COUNT        => count(in)
      case Operation.SUM          => sum(in)
      case Operation.AVERAGE      => avg(in)
      case Operation.MIN          => min(in)
      case Operation.MAX          => max(in)
      case Operation.LAST         => max_by(in, col("__time"))
      case Operation.FIRST        => min_by(in, col("__time"))
      case Operation.UNIQUE_COUNT => countDistinct(in)
      case other => throw new UnsupportedOperationException(s"the naive form of $other is not written")
    }
  }

  private def outputName(
      prefix: String,
      a: Aggregation,
      bucket: Option[String],
      window: Option[Window]
  ): String =
    prefix + a.getInputColumn + "_" + a.getOperation.toString.toLowerCase +
      window.map(w => s"_${w.getLength}${w.getTimeUnit.toString.toLowerCase.head}").getOrElse("") +
      bucket.map("_by_" + _).getOrElse("")
}
