package chronon.differential

import ai.chronon.api.{Join, ThriftJsonCodec}
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{SparkSessionBuilder, Join => ReferenceJoin}
import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}

/** The reference's side. args: as [[JoinSuite.run]] */
object OracleJoins extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession =
    SparkSessionBuilder.build("differential-oracle", additionalConfig = Some(settings))

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val text = new String(Files.readAllBytes(confPath), UTF_8)
    val conf = ThriftJsonCodec.fromJsonStr[Join](text, check = true, classOf[Join])
    new ReferenceJoin(conf, endDate, TableUtils(spark)).computeJoin(Some(stepDays))
    spark.table(s"diff.${conf.getMetaData.getName.replace('.', '_')}")
  }
}
