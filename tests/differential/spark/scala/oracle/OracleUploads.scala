package chronon.differential

import ai.chronon.api.{GroupBy, ThriftJsonCodec}
import ai.chronon.spark.GroupByUpload
import ai.chronon.spark.catalog.TableUtils
import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}

/** The reference's uploads, with the JSON columns of every row. args: as [[JoinSuite.run]] */
object OracleUploads extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession = OracleJoins.session(settings)

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val text = new String(Files.readAllBytes(confPath), UTF_8)
    val conf = ThriftJsonCodec.fromJsonStr[GroupBy](text, check = true, classOf[GroupBy])
    GroupByUpload.run(conf, endDate, Some(TableUtils(spark)), false, 100, None)
    spark.table(s"diff.${conf.getMetaData.getName.replace('.', '_')}_upload")
  }
}
