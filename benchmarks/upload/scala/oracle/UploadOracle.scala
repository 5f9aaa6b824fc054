package chronon.bench

import ai.chronon.api.{GroupBy, ThriftJsonCodec}
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{GroupByUpload, SparkSessionBuilder}

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Paths}

/** Times the reference. args: as [[UploadRun.parse]] */
object UploadOracle {
  def main(args: Array[String]): Unit = {
    val run = UploadRun.parse(args)
    val settings = Run.settings(run.sparkDir, run.parallelism)
    val spark = SparkSessionBuilder.build("upload-oracle", additionalConfig = Some(settings))
    run.table(spark)
    val text = new String(Files.readAllBytes(Paths.get(run.conf)), UTF_8)
    val conf = ThriftJsonCodec.fromJsonStr[GroupBy](text, check = true, classOf[GroupBy])
    // one row in a hundred has its JSON, which is what a job does unless it is told otherwise
    run.measure(spark)(GroupByUpload.run(conf, run.endDs, Some(TableUtils(spark)), false, 1, None))
  }
}
