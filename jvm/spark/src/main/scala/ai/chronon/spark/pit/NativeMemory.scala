package ai.chronon.spark.pit

import org.apache.spark.memory.{MemoryConsumer, MemoryMode, TaskMemoryManager}

/** The kernel's bytes as seen by the task's memory manager, acquired in blocks so that the manager is asked rarely.
  * The kernel's state cannot be spilled: it is what the current key needs.
  */
private[pit] final class NativeMemory(manager: TaskMemoryManager, definition: String)
    extends MemoryConsumer(manager, manager.pageSizeBytes(), MemoryMode.ON_HEAP) {
  private var acquired = 0L

  /** Makes the acquired amount cover `held` bytes.
    *
    * @throws IllegalStateException when the manager grants less, naming the definition and the amounts
    */
  def hold(held: Long): Unit = if (held > acquired) {
    val wanted = (held - acquired + NativeMemory.Block - 1) / NativeMemory.Block * NativeMemory.Block
    val granted = acquireMemory(wanted)
    acquired += granted
    if (acquired < held) {
      throw new IllegalStateException(
        s"group-by $definition: the windows of one key hold $held bytes, but the task may use only $acquired; " +
          "give executors more memory (spark.executor.memory) or run fewer tasks at once (spark.executor.cores)"
      )
    }
  }

  /** Gives everything back; a second call does nothing. */
  def release(): Unit = {
    freeMemory(acquired)
    acquired = 0L
  }

  override def spill(size: Long, trigger: MemoryConsumer): Long = 0L
}

private[pit] object NativeMemory {
  private val Block = 4L << 20
}
