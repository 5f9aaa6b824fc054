package ai.chronon.online

import java.util.concurrent.{CompletableFuture, CompletionException, CompletionStage}
import scala.concurrent.{Future, Promise}
import scala.util.{Failure, Success}

/** Scala's futures as Java's, and back, without a hop to another thread.
  *
  * Scala 2.12 has no such conversion of its own, and a library for it would have to travel with every jar.
  */
object FutureConverters {

  def toJava[T](future: Future[T]): CompletionStage[T] = {
    val result = new CompletableFuture[T]
    future.onComplete {
      case Success(value) => result.complete(value)
      case Failure(error) => result.completeExceptionally(error)
    }(SameThread)
    result
  }

  /** The error inside a `CompletionException`, which Java's combinators wrap around any other, is given as it was. */
  def toScala[T](stage: CompletionStage[T]): Future[T] = {
    val result = Promise[T]()
    stage.whenComplete((value: T, error: Throwable) =>
      error match {
        case null                                                     => result.success(value)
        case wrapped: CompletionException if wrapped.getCause != null => result.failure(wrapped.getCause)
        case plain                                                    => result.failure(plain)
      }
    )
    result.future
  }
}
