package chronon.bench

import ai.chronon.api.GroupBy
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{ConfFile, GroupByUpload, SessionFactory}

/** Times our own upload, on the session that our Driver makes. args: as [[UploadRun.parse]] */
object UploadNative {
  def main(args: Array[String]): Unit = {
    val run = UploadRun.parse(args)
    // as spark-submit hands them over: system properties, so that the Driver's own session settings still apply
    Run.settings(run.sparkDir, run.parallelism).foreach { case (k, v) => System.setProperty(k, v) }
    val spark = SessionFactory.session("upload-native")
    run.table(spark)
    val conf = ConfFile.read(run.conf, classOf[GroupBy])
    run.measure(spark)(new GroupByUpload(conf, run.endDs, TableUtils(spark)).run())
  }
}
