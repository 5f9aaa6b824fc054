package chronon.bench

import ai.chronon.api.{Join => JoinConf}
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{ConfFile, Join, SessionFactory}

/** Times our own join, on the session that our Driver makes. args: as [[Run.parse]] */
object PitNative {
  def main(args: Array[String]): Unit = {
    val run = Run.parse(args)
    // as spark-submit hands them over: system properties, so that the Driver's own session settings still apply
    Run.settings(run.sparkDir, run.parallelism).foreach { case (k, v) => System.setProperty(k, v) }
    val spark = SessionFactory.session("pit-native")
    run.tables(spark)
    val prefix = if (run.parts == 1) "oracle_user_amounts_" else "oracle_user_amounts_0_"
    val conf = ConfFile.read(s"${run.dataDir}/join-${run.parts}.json", classOf[JoinConf])
    run.measure(spark, s"${Run.Db}.oracle_pit", prefix) {
      new Join(conf, run.endDs, TableUtils(spark)).computeJoin()
    }
  }
}
