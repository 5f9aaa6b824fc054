package chronon.differential

import ai.chronon.spark.SessionFactory
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
    NativeDriver.run("join", s"--conf-path=$confPath", s"--end-date=$endDate", s"--step-days=$stepDays")
    spark.table(s"diff.diff_$name")
  }
}
