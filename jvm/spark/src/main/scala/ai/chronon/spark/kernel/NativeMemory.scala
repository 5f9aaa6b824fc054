package ai.chronon.spark.kernel

import org.apache.spark.memory.{MemoryConsumer, MemoryMode, TaskMemoryManager}

/** The kernel's bytes as seen by the task's memory manager, acquired in blocks so that the manager is asked rarely. */
private[spark] final class NativeMemory(manager: TaskMemoryManager)
    extends MemoryConsumer(manager, manager.pageSizeBytes(), MemoryMode.ON_HEAP) {
  private var acquired = 0L

  /** Bytes that may be held. */
  def granted: Long = acquired

  /** Tries to make the acquired amount cover `held` bytes; whether it does. */
  def covers(held: Long): Boolean = {
    if (held > acquired) {
      val wanted = (held - acquired + NativeMemory.Block - 1) / NativeMemory.Block * NativeMemory.Block
      acquired += acquireMemory(wanted)
    }
    held <= acquired
  }

  /** Gives everything back; a second call does nothing. */
  def release(): Unit = {
    freeMemory(acquired)
    acquired = 0L
  }

  // what one operator holds cannot be taken away by another one; each spills when it is refused itself
  override def spill(size: Long, trigger: MemoryConsumer): Long = 0L
}

private[spark] object NativeMemory {
  private val Block = 4L << 20
}
