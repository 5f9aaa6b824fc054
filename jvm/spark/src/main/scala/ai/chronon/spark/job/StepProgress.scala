package ai.chronon.spark.job

import ai.chronon.spark.catalog.{PartitionRange, WriteResult}
import org.slf4j.LoggerFactory

/** One line per finished step: range, rows, seconds it took, seconds that the rest will take at this pace.
  *
  * @param show also told every line
  */
final class StepProgress(output: String, steps: Int, show: String => Unit) {
  private val log = LoggerFactory.getLogger(getClass)
  private val began = System.nanoTime()
  private var done = 0
  private var rows = 0L
  private var stepBegan = began

  /** Rows written so far. */
  def rowsWritten: Long = rows

  def starting(): Unit = stepBegan = System.nanoTime()

  def finished(range: PartitionRange, result: WriteResult): Unit = {
    done += 1
    rows += result.rows
    val now = System.nanoTime()
    val left = (now - began) / 1e9 / done * (steps - done)
    line(
      f"$output%s: step $done%d of $steps%d $range%s: ${result.rows}%d rows in ${(now - stepBegan) / 1e9}%.1f s " +
        f"(${result.files}%d files, ${result.bytes / 1048576.0}%.1f MB), $left%.0f s left"
    )
  }

  def skipped(range: PartitionRange): Unit = {
    done += 1
    line(s"$output: step $done of $steps $range: no rows on the left, nothing written")
  }

  private def line(text: String): Unit = {
    log.info(text)
    show(text)
  }
}
