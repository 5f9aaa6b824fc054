package ai.chronon.online

import java.util.concurrent.{ArrayBlockingQueue, BlockingQueue, ThreadFactory, ThreadPoolExecutor, TimeUnit}
import java.util.concurrent.atomic.AtomicLong
import scala.concurrent.{ExecutionContext, ExecutionContextExecutor}

/** The thread pool that stores, fetchers and handlers of external sources get unless they bring their own.
  *
  * It starts with a core of threads and grows only after the queue has filled up; what fits neither is rejected, so that
  * an overload shows instead of piling up. Its threads are daemons: a pool that nobody closes does not keep a process alive.
  */
object FlexibleExecutionContext {
  private val threads = new AtomicLong

  private val daemons: ThreadFactory = task => {
    val thread = new Thread(task, s"chronon-online-${threads.incrementAndGet()}")
    thread.setDaemon(true)
    thread
  }

  def buildExecutor(
      corePoolSize: Int = 20,
      maxPoolSize: Int = 1000,
      keepAliveTime: Int = 600,
      keepAliveTimeUnit: TimeUnit = TimeUnit.SECONDS,
      workQueue: BlockingQueue[Runnable] = new ArrayBlockingQueue[Runnable](1000)
  ): ThreadPoolExecutor =
    new ThreadPoolExecutor(corePoolSize, maxPoolSize, keepAliveTime, keepAliveTimeUnit, workQueue, daemons)

  def buildExecutor: ThreadPoolExecutor = buildExecutor()

  def buildExecutionContext(
      corePoolSize: Int = 20,
      maxPoolSize: Int = 1000,
      keepAliveTime: Int = 600,
      keepAliveTimeUnit: TimeUnit = TimeUnit.SECONDS,
      workQueue: BlockingQueue[Runnable] = new ArrayBlockingQueue[Runnable](1000)
  ): ExecutionContextExecutor =
    ExecutionContext.fromExecutor(
      buildExecutor(corePoolSize, maxPoolSize, keepAliveTime, keepAliveTimeUnit, workQueue)
    )

  def buildExecutionContext: ExecutionContextExecutor = buildExecutionContext()
}
