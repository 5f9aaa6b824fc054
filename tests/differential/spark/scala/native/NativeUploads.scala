package chronon.differential

import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.file.Path

/** Our uploads, through the command line's own entry, with the JSON columns of every row. args: as [[JoinSuite.run]] */
object NativeUploads extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession =
    NativeJoins.session(settings + ("spark.chronon.upload.json_percent" -> "100"))

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val name = confPath.getFileName.toString.stripSuffix(".json")
    NativeDriver.run("group-by-upload", s"--conf-path=$confPath", s"--end-date=$endDate")
    spark.table(s"diff.diff_${name}_upload")
  }
}
