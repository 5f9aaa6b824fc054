package ai.chronon.spark.kernel

import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.execution.metric.SQLMetric

import java.nio.file.Path

/** What a kernel object holds, charged to the running task. While rows are gathered, those that do not fit go to disk; after
  * that, what does not fit fails the task.
  *
  * @param owner   definition, for messages
  * @param limit   bytes that may be gathered before rows go to disk, even if the task has more
  * @param spill   moves rows to a new file; gives the bytes held then
  * @param spilled counts bytes that went to disk
  */
private[spark] final class KernelBudget(owner: String, limit: Long, spill: Path => Long, spilled: SQLMetric) {
  private val memory = new NativeMemory(SparkInternals.taskMemoryManager())
  private var most = 0L

  /** The most bytes that were held. */
  def peak: Long = most

  /** Rows were gathered, and so many bytes are held now. */
  def gathered(held: Long): Unit = {
    most = Math.max(most, held)
    if (held > limit || !memory.covers(held)) {
      val now = spill(SparkInternals.temporaryFile())
      spilled += held - now
      SparkInternals.countSpill(held - now)
      demand(now)
    }
  }

  /** So many bytes are held, none of which can go to disk. */
  def holding(held: Long): Unit = {
    most = Math.max(most, held)
    demand(held)
  }

  /** Gives everything back; a second call does nothing. */
  def release(): Unit = memory.release()

  private def demand(held: Long): Unit =
    if (!memory.covers(held)) throw new IllegalStateException(
      s"group-by $owner: the kernel holds $held bytes, but the task may use only ${memory.granted}; " +
        "give executors more memory (spark.executor.memory) or run fewer tasks at once (spark.executor.cores)"
    )
}

private[spark] object KernelBudget {

  /** Setting: bytes that the kernel may gather in one task before it moves rows to disk. By default it takes what the task's
    * memory manager has.
    */
  val Limit = "spark.chronon.join.native_memory_limit"
}
