package chronon.differential

import ai.chronon.api.{Join, ThriftJsonCodec}
import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.{SparkSessionBuilder, Join => ReferenceJoin}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, RepartitionByExpression}
import org.apache.spark.sql.catalyst.rules.Rule
import org.apache.spark.sql.{DataFrame, SparkSession}

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}

/** The reference's side. args: as [[JoinSuite.run]] */
object OracleJoins extends JoinSide {
  def main(args: Array[String]): Unit = JoinSuite.run(this, args)

  override def session(settings: Map[String, String]): SparkSession = {
    // every task generates its own code; over a few rows that costs more than it saves
    val interpreted = Map("spark.sql.codegen.wholeStage" -> "false", "spark.sql.codegen.factoryMode" -> "NO_CODEGEN")
    val spark = SparkSessionBuilder.build("differential-oracle", additionalConfig = Some(settings ++ interpreted))
    spark.experimental.extraOptimizations = Seq(FewTasks)
    spark
  }

  /** Its table writes ask for at least 200 tasks, whatever the settings: minutes per join, for files of one row. */
  private object FewTasks extends Rule[LogicalPlan] {
    override def apply(plan: LogicalPlan): LogicalPlan = plan.transform {
      case r: RepartitionByExpression if r.optNumPartitions.exists(_ > 2) => r.copy(optNumPartitions = Some(2))
    }
  }

  override def compute(spark: SparkSession, confPath: Path, endDate: String, stepDays: Int): DataFrame = {
    val text = new String(Files.readAllBytes(confPath), UTF_8)
    val conf = ThriftJsonCodec.fromJsonStr[Join](text, check = true, classOf[Join])
    new ReferenceJoin(conf, endDate, TableUtils(spark)).computeJoin(Some(stepDays))
    spark.table(s"diff.${conf.getMetaData.getName.replace('.', '_')}")
  }
}
