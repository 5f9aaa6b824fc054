package ai.chronon.stores.sqlite

import ai.chronon.online.KVStore.GetRequest
import ai.chronon.online.{UploadRow, UploadTable}

import java.io.File
import java.nio.charset.StandardCharsets.UTF_8
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** A process that knows no more of a store than its file. Its arguments: what to do, the file, and how often.
  *
  *   - `load`: one upload after the other, each with a later version
  *   - `hang`: an upload that stops in the middle, says `half`, and waits to be killed
  *   - `read`: all keys in one batch, again and again, until the last upload is there
  */
object SqliteProcess {
  val Dataset = "TEAM_GB_V1_BATCH"
  private val Keys = 2000

  def main(arguments: Array[String]): Unit = {
    val Array(mode, file, last) = arguments
    val store = new SqliteStore(SqliteSettings(new File(file)))
    try mode match {
        case "load" => (1 to last.toInt).foreach(load(new File(file), _))
        case "hang" => load(new File(file), last.toInt, hangs = true)
        case "read" => read(store, last.toInt)
      }
    finally store.close()
    println(s"$mode is done")
  }

  /** Replaces every value by the upload's number. */
  def load(file: File, number: Int, hangs: Boolean = false): Unit = {
    val store = new SqliteStore(SqliteSettings(file), new Numbered(number, hangs))
    try store.bulkPut("db.upload", Dataset, null)
    finally store.close()
  }

  /** The number of the upload whose values all keys have; several if a batch of reads saw more than one. */
  def uploads(store: SqliteStore): Set[String] = {
    val requests = (0 until Keys).map(i => GetRequest(key(i), Dataset))
    Await.result(store.multiGet(requests), 60.seconds).map(answer =>
      new String(answer.latest.get.bytes, UTF_8)
    ).toSet
  }

  private def read(store: SqliteStore, last: Int): Unit = {
    println("reading")
    val seen = Iterator.continually(uploads(store)).map { found =>
      if (found.size != 1)
        throw new IllegalStateException(s"a batch of reads saw the uploads ${found.mkString(", ")}")
      found.head.toInt
    }
    // Never backwards, and up to the last.
    seen.takeWhile(_ < last).foldLeft(0) { (before, now) =>
      if (now < before) throw new IllegalStateException(s"upload $now after upload $before")
      now
    }
    ()
  }

  private def key(i: Int): Array[Byte] = s"key $i".getBytes(UTF_8)

  private final class Numbered(number: Int, hangs: Boolean) extends UploadTable {
    override def rows(table: String, partition: Option[String]): Iterator[UploadRow] =
      Iterator.range(0, Keys).map { i =>
        if (hangs && i == Keys / 2) {
          println("half")
          System.out.flush()
          Thread.sleep(Long.MaxValue)
        }
        UploadRow(key(i), number.toString.getBytes(UTF_8), number.toLong)
      }
  }
}
