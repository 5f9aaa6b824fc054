package ai.chronon.online

import java.util.ServiceLoader
import scala.collection.JavaConverters._

/** One row of an upload table.
  *
  * @param tsMillis the version to store it under: the table's own `ts`, or the end of its partition's day
  */
case class UploadRow(keyBytes: Array[Byte], valueBytes: Array[Byte], tsMillis: Long)

/** What a store does with the rows that it is given; sent to other processes where the table is read by several. */
trait UploadWriter extends Serializable {
  def write(rows: Iterator[UploadRow]): Unit
}

/** Reads upload tables for `KVStore.bulkPut`. Stores know nothing of the engine that holds the tables: the engine's module
  * brings the one implementation, named in `META-INF/services`.
  */
trait UploadTable {

  /** The rows of a partition, or of the whole table, one after the other in this process.
    *
    * @throws java.lang.IllegalArgumentException naming the table, if there is no such table, partition or column
    */
  def rows(table: String, partition: Option[String]): Iterator[UploadRow]

  /** Hands the same rows to a writer, by several processes at once where the engine has them. Each of them calls the
    * writer for a share of the rows; a share whose writer failed is handed out again.
    */
  def foreachShare(table: String, partition: Option[String])(writer: UploadWriter): Unit =
    writer.write(rows(table, partition))
}

object UploadTable {

  /** The reader that is on the class path. */
  def installed: UploadTable = {
    val found = ServiceLoader.load(classOf[UploadTable], classLoader).asScala.toList
    found match {
      case List(one) => one
      case Nil       => throw new UnsupportedOperationException(
          "bulkPut reads a table of the warehouse, and nothing on this class path can: run it as a job of the bundle jar"
        )
      case several => throw new IllegalStateException(
          s"several readers of upload tables are on the class path: ${several.map(_.getClass.getName).mkString(", ")}"
        )
    }
  }

  private def classLoader: ClassLoader =
    Option(Thread.currentThread.getContextClassLoader).getOrElse(getClass.getClassLoader)
}
