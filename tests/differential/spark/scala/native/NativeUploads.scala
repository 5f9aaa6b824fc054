package chronon.differential

import ai.chronon.spark.Driver
import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.file.Path

/** Our uploads, through the command line's own entry, with the JSON columns of every row. args: as [[JoinSuite.run]] */
object NativeUploads extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession =
    NativeJoins.session(settings + ("spark.chronon.upload.json_percent" -> "100"))

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val name = confPath.getFileName.toString.stripSuffix(".json")
    val errors = new StringBuilder
    val arguments = Seq("group-by-upload", s"--conf-path=$confPath", s"--end-date=$endDate")
    val status = Driver.run(arguments, out = _ => (), err = errors.append(_).append('\n'))
    require(status == 0, errors.toString)
    spark.table(s"diff.diff_${name}_upload")
  }
}
