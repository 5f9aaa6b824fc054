package ai.chronon.online.streaming.kafka

import ai.chronon.online.KVStore
import ai.chronon.online.KVStore.AppendRequest
import org.slf4j.LoggerFactory

import scala.annotation.tailrec
import scala.concurrent.Await
import scala.concurrent.duration.{DurationInt, FiniteDuration}
import scala.util.control.NonFatal

/** Rows could not be written, time and again. Nothing of them counts as read, so the next start reads them again. */
final class StoreWriteException(message: String, cause: Throwable) extends RuntimeException(message, cause)

/** Puts rows into a store, and only returns when all of them are there: what failed is tried again, later each time.
  *
  * @param attempts how often in all
  * @param pause    before the second attempt; it doubles
  */
private[kafka] final class StoreWriter(
    store: KVStore,
    onAttempt: (Int, Int) => Unit,
    attempts: Int = 10,
    pause: FiniteDuration = 100.millis
) {
  import StoreWriter._

  /** @throws StoreWriteException if some rows are still not written at the end */
  def write(rows: Seq[AppendRequest]): Unit = if (rows.nonEmpty) attempt(rows, 1, pause)

  @tailrec
  private def attempt(rows: Seq[AppendRequest], number: Int, wait: FiniteDuration): Unit = {
    val (left, cause) = tried(rows)
    onAttempt(rows.size - left.size, left.size)
    if (left.nonEmpty) {
      val what =
        s"${left.size} of ${rows.size} rows were not written to ${left.head.put.dataset} in attempt $number of $attempts"
      if (number == attempts)
        throw new StoreWriteException(s"$what: ${cause.fold("the store said no")(_.toString)}", cause.orNull)
      log.warn(s"$what; the next one is in $wait", cause.orNull)
      Thread.sleep(wait.toMillis)
      attempt(left, number + 1, (wait * 2).min(LongestPause))
    }
  }

  /** What is not written, and why if the store as a whole failed. */
  private def tried(rows: Seq[AppendRequest]): (Seq[AppendRequest], Option[Throwable]) =
    try {
      val written = Await.result(store.multiAppend(rows), WriteTime).toSeq
      if (written.size != rows.size) (
        rows,
        Some(new IllegalStateException(
          s"the store answered for ${written.size} rows of ${rows.size}"
        ))
      )
      else (rows.zip(written).collect { case (row, false) => row }, None)
    } catch { case NonFatal(e) => (rows, Some(e)) }
}

private[kafka] object StoreWriter {
  private val log = LoggerFactory.getLogger(classOf[StoreWriter])
  private val WriteTime = 30.seconds
  private val LongestPause: FiniteDuration = 10.seconds
}
