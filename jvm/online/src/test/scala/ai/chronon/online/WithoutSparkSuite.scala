package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.Request
import ai.chronon.online.testkit.Served
import org.scalatest.funsuite.AnyFunSuite

import java.io.File
import java.util
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** What a process serves that has no Spark on its class path. */
class WithoutSparkSuite extends AnyFunSuite {

  test(
    "renames and arithmetic are served; an expression that only Spark evaluates is told by name, and others go on"
  ) {
    val classPath = sys.props("java.class.path").split(File.pathSeparator)
      .filterNot(entry => new File(entry).getName.matches("spark-.*\\.jar"))
    val output = OracleJars.jdk(
      "java",
      "-XX:TieredStopAtLevel=1",
      "-Dai.chronon.metrics.enabled=false",
      "-cp",
      classPath.mkString(File.pathSeparator),
      WithoutSpark.getClass.getName.stripSuffix("$")
    )
    val said = output.split('\n').filter(_.startsWith("answer ")).map(_.stripPrefix("answer ").split(": ", 2))
      .map(pair => pair(0) -> pair(1)).toMap
    assert(said("spark") == "absent")
    assert(said("renames") == "years=41" && said("arithmetic") == "more=47.0")
    for (name <- Seq("sql", "sql again")) {
      assert(said(
        name
      ).startsWith("join_codec_fetch_exception=java.lang.IllegalStateException: join team.derived.v1"))
      Seq("loud", "no Spark on the class path", "spark-sql").foreach(part =>
        assert(said(name).contains(part), name)
      )
    }
    assert(said("group-by") == "derivation_fetch_exception, derivation_rename_exception")
    assert(said("after") == "years=41")
  }
}

/** The process without Spark. */
object WithoutSpark {
  def main(arguments: Array[String]): Unit = {
    val spark = scala.util.Try(Class.forName("org.apache.spark.sql.SparkSession")).isSuccess
    println(s"answer spark: ${if (spark) "present" else "absent"}")
    val data = new Served
    def answer(name: String, derivation: (String, String)): Unit = {
      val join = Served.join("team.derived.v1", Served.part(Served.plain), Served.part(Served.live, "p"))
      join.setDerivations(new util.ArrayList(util.Arrays.asList(Served.derivation(
        derivation._1,
        derivation._2
      ))))
      // As its own definition, so that nothing is kept from the one before.
      val request = Request("team/derived.v1", Map("user" -> Long.box(1L)), Some(data.batchEnd + 3600000L))
      val values = Await.result(data.fetcher.fetchJoin(Seq(request), Some(join)), 30.seconds).head.values.get
      println(s"answer $name: ${values.map { case (k, v) => s"$k=$v" }.mkString(", ").replace('\n', ' ')}")
    }
    answer("renames", "years" -> "team_plain_v1_age")
    answer("arithmetic", "more" -> "team_plain_v1_age + p_team_live_v1_amount_sum")
    answer("sql", "loud" -> "upper(team_plain_v1_name)")
    answer("sql again", "loud" -> "upper(team_plain_v1_name)")
    val derived = Served.plain.deepCopy()
    derived.setDerivations(new util.ArrayList(util.Arrays.asList(Served.derivation("loud", "upper(name)"))))
    data.putInfo(derived)
    val request = Request("team.plain.v1", Map("user" -> Long.box(1L)))
    val fetcher = new Fetcher(data.store, Constants.ChrononMetadataKey)
    val values = Await.result(fetcher.fetchGroupBys(Seq(request)), 30.seconds).head.values.get
    println(s"answer group-by: ${values.keys.toSeq.sorted.mkString(", ")}")
    answer("after", "years" -> "team_plain_v1_age")
    System.exit(0)
  }
}
