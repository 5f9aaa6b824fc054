package ai.chronon.online

import scala.concurrent.{ExecutionContext, ExecutionContextExecutor}

/** Runs a step on the thread on which the step before it ended. A request has one step that waits, the store's answer, and goes on
  * from there on a thread of the fetcher: handing each later step to another thread would cost more than the step.
  */
private[online] object SameThread extends ExecutionContextExecutor {
  override def execute(step: Runnable): Unit = step.run()
  override def reportFailure(cause: Throwable): Unit = ExecutionContext.defaultReporter(cause)
}
