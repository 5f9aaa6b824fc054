package org.apache.spark.sql.chronon

import org.apache.spark.{SparkEnv, TaskContext}
import org.apache.spark.memory.TaskMemoryManager
import org.apache.arrow.memory.BufferAllocator
import org.apache.arrow.vector.types.pojo.Schema
import org.apache.spark.sql.{Column, DataFrame, Dataset, SparkSession}
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.Expression
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.execution.UnsafeExternalRowSorter
import org.apache.spark.sql.types.StructType
import org.apache.spark.sql.util.ArrowUtils
import org.apache.spark.util.collection.unsafe.sort.PrefixComparator

/** The few calls of Spark that are visible only inside its own package, gathered in one place so that a new Spark
  * version has one file to look at.
  */
object SparkInternals {

  /** A frame over a logical plan. */
  def frame(spark: SparkSession, plan: LogicalPlan): DataFrame = Dataset.ofRows(spark, plan)

  /** A column over an expression. */
  def column(expression: Expression): Column = new Column(expression)

  /** The Arrow form of a schema; times never occur in it, so the zone does not matter. */
  def arrowSchema(schema: StructType): Schema =
    ArrowUtils.toArrowSchema(schema, "UTC", errorOnDuplicatedFieldNames = false, largeVarTypes = false)

  /** A named child of Spark's own root allocator, with no limit of its own. */
  def allocator(name: String): BufferAllocator =
    ArrowUtils.rootAllocator.newChildAllocator(name, 0, Long.MaxValue)

  /** The memory manager of the running task. */
  def taskMemoryManager(): TaskMemoryManager = TaskContext.get().taskMemoryManager()

  /** Spark's own external sort of rows for the running task. `byPrefix` sorts in memory by the prefix alone. */
  def rowSorter(
      schema: StructType,
      ordering: Ordering[InternalRow],
      prefixComparator: PrefixComparator,
      prefixes: UnsafeExternalRowSorter.PrefixComputer,
      byPrefix: Boolean
  ): UnsafeExternalRowSorter =
    UnsafeExternalRowSorter.create(
      schema,
      ordering,
      prefixComparator,
      prefixes,
      SparkEnv.get.memoryManager.pageSizeBytes,
      byPrefix
    )
}
