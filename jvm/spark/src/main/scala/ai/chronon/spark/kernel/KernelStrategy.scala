package ai.chronon.spark.kernel

import org.apache.spark.sql.{SparkSession, Strategy}

/** Plans an operator of the kernel's. Installed into a session on first use, so that plain `spark-submit` needs no setting. */
abstract class KernelStrategy extends Strategy {

  /** Makes the session able to plan the operator; a second call changes nothing. */
  final def install(spark: SparkSession): Unit = KernelStrategy.synchronized {
    val installed = spark.experimental.extraStrategies
    if (!installed.contains(this)) spark.experimental.extraStrategies = installed :+ this
  }
}

/** The lock: the session's strategies are read and set in two steps. */
private object KernelStrategy
