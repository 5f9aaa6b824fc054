package org.apache.spark.sql.chronon

import org.apache.spark.{SparkEnv, TaskContext}
import org.apache.spark.memory.TaskMemoryManager
import org.apache.spark.sql.{Column, DataFrame, Dataset, SparkSession}
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.types.DataType

import java.nio.file.Path

/** The few calls of Spark that are visible only inside its own package, gathered in one place so that a new Spark
  * version has one file to look at.
  */
object SparkInternals {

  /** A frame over a logical plan. */
  def frame(spark: SparkSession, plan: LogicalPlan): DataFrame = Dataset.ofRows(spark, plan)

  /** A column over an expression. */
  def column(expression: Expression): Column = new Column(expression)

  /** Whether a type is, or has somewhere inside, another one. */
  def contains(whole: DataType, part: DataType): Boolean = whole.existsRecursively(_ == part)

  /** The memory manager of the running task. */
  def taskMemoryManager(): TaskMemoryManager = TaskContext.get().taskMemoryManager()

  /** Where the running task may create a file; nothing is there yet. */
  def temporaryFile(): Path =
    SparkEnv.get.blockManager.diskBlockManager.createTempLocalBlock()._2.toPath

  /** Counts bytes that the running task moved to disk. */
  def countSpill(bytes: Long): Unit = {
    val metrics = TaskContext.get().taskMetrics()
    metrics.incMemoryBytesSpilled(bytes)
    metrics.incDiskBytesSpilled(bytes)
  }
}
