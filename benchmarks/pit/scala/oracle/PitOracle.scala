package chronon.bench

import ai.chronon.api._
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{Join => ReferenceJoin, SparkSessionBuilder}
import oracle.examples.{DataGen, Workload}
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.functions.{col, expr}

import java.io.File
import java.nio.file.{Files, Paths}

/** The definition that all candidates run, made once with the reference's own builders and handed on as its JSON. */
object PitConf {
  def join(startDs: String, parts: Int): Join = {
    val w = Workload.windows
    val aggregations = Seq(
      Builders.Aggregation(Operation.SUM, "amount", w),
      Builders.Aggregation(Operation.COUNT, "amount", w),
      Builders.Aggregation(Operation.AVERAGE, "amount", w),
      Builders.Aggregation(Operation.LAST, "amount", w),
      Builders.Aggregation(Operation.APPROX_UNIQUE_COUNT, "item", w))
    // the second key set is coarser: a tenth of the users, so ten times the rows per key
    val keys = Map("user" -> "user", "segment" -> "CAST(user % 5000 AS BIGINT)")
    def query(columns: String*) = Builders.Query(
      selects = keys.take(if (parts > 1) 2 else 1) ++ columns.map(c => c -> c),
      startPartition = startDs,
      timeColumn = "ts")
    def part(i: Int) = {
      val key = if (i % 2 == 0) "user" else "segment"
      val name = if (parts == 1) "oracle.user_amounts" else s"oracle.${key}_amounts_$i"
      Builders.JoinPart(groupBy = Builders.GroupBy(
        sources = Seq(Builders.Source.events(query("amount", "item"), table = s"${Run.Db}.right_events")),
        keyColumns = Seq(key),
        aggregations = aggregations,
        accuracy = Accuracy.TEMPORAL,
        metaData = Builders.MetaData(name = name, namespace = Run.Db, team = "oracle")))
    }
    Builders.Join(
      left = Builders.Source.events(query(), table = s"${Run.Db}.left_events"),
      joinParts = (0 until parts).map(part),
      metaData = Builders.MetaData(name = "oracle.pit", namespace = Run.Db, team = "oracle"))
  }
}

object PitSession {
  def apply(run: Run): SparkSession =
    SparkSessionBuilder.build("pit-oracle", additionalConfig = Some(Run.settings(run.sparkDir, run.parallelism)))
}

/** Times the reference. args: as [[Run.parse]] */
object PitOracle {
  def main(args: Array[String]): Unit = {
    val run = Run.parse(args)
    val spark = PitSession(run)
    run.tables(spark)
    val prefix = if (run.parts == 1) "oracle_user_amounts_" else "oracle_user_amounts_0_"
    run.measure(spark, s"${Run.Db}.oracle_pit", prefix) {
      new ReferenceJoin(PitConf.join(run.startDs, run.parts), run.endDs, TableUtils(spark)).computeJoin()
    }
  }
}

/** Writes the data, once, and the definition. args: as [[Run.parse]], then law leftRows rightRows keys days */
object PitGenerate {
  def main(args: Array[String]): Unit = {
    val run = Run.parse(args)
    val Array(law, left, right, keys, days) = args.drop(6)
    val spec = DataGen.Spec(left.toLong, right.toLong, keys.toInt, days.toInt, if (law == "zipf") Some(1.2) else None)
    new File(run.dataDir).mkdirs()
    for (parts <- Seq(1, 6)) {
      val json = ThriftJsonCodec.toJsonStr(PitConf.join(run.startDs, parts))
      Files.write(Paths.get(run.dataDir, s"join-$parts.json"), json.getBytes("UTF-8"))
    }
    val done = new File(s"${run.dataDir}/.done")
    if (!done.exists()) {
      val spark = PitSession(run)
      spark.sql(s"CREATE DATABASE IF NOT EXISTS ${Run.Db}")
      if (law == "hot") {
        // one key takes three rows in ten of both sides; which ones is a function of the row alone
        for ((name, isLeft) <- Seq("left_events" -> true, "right_events" -> false)) {
          val hot = expr("CASE WHEN pmod(xxhash64(user, ts), 10) < 3 THEN 0L ELSE user END")
          DataGen.frame(spark, spec, isLeft).withColumn("user", hot)
            .repartition(spec.days, col("ds")).write.partitionBy("ds").mode("overwrite").parquet(s"${run.dataDir}/$name")
        }
      } else DataGen.write(spark, spec, run.dataDir, Run.Db)
      done.createNewFile()
      spark.stop()
    }
  }
}
