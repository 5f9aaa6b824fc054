package chronon.differential

import ai.chronon.spark.{Driver, SessionFactory}
import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.file.Path

/** Our side, through the command line's own entry. args: as [[JoinSuite.run]] */
object NativeJoins extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession = {
    // as spark-submit hands them over
    settings.foreach { case (k, v) => System.setProperty(if (k.startsWith("spark.")) k else s"spark.$k", v) }
    SessionFactory.session("differential-native")
  }

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val name = confPath.getFileName.toString.stripSuffix(".json")
    val errors = new StringBuilder
    val arguments = Seq("join", s"--conf-path=$confPath", s"--end-date=$endDate", s"--step-days=$stepDays")
    val status = Driver.run(arguments, out = _ => (), err = errors.append(_).append('\n'))
    require(status == 0, errors.toString)
    spark.table(s"diff.diff_$name")
  }
}
