package ai.chronon.stores.sqlite

import ai.chronon.online.StoreSettings

import java.io.File

/** @param path              the database file; it is made when it is not there, its folder is not
  * @param readers           connections that read at the same time
  * @param busyTimeoutMillis how long a writer waits for another process's transaction
  * @param retentionMillis   age at which streaming values and superseded uploads may be swept
  */
final case class SqliteSettings(
    path: File,
    readers: Int = 4,
    busyTimeoutMillis: Int = 10000,
    retentionMillis: Long = 5L * SqliteSettings.DayMillis
)

object SqliteSettings {
  private[sqlite] val DayMillis = 24L * 3600 * 1000

  private val keys = Seq(
    "path" -> "the database file",
    "readers" -> "connections that read at the same time, 4 unless set",
    "busy_timeout_ms" -> "how long a writer waits for another process's transaction, 10000 unless set",
    "retention_days" -> "age at which streaming values and superseded uploads may be swept, 5 unless set"
  )

  /** @throws java.lang.IllegalArgumentException naming the first setting that is missing, unknown or wrong */
  def of(userConf: Map[String, String]): SqliteSettings = {
    val settings = new StoreSettings("sqlite", userConf, keys)
    settings.refuseOthers()
    val file = new File(settings.required("path")).getAbsoluteFile
    if (file.isDirectory) settings.fail(s"setting `path` is the folder $file, and must be a file in it")
    if (!file.getParentFile.isDirectory)
      settings.fail(s"setting `path` is $file, whose folder does not exist: make it first")
    SqliteSettings(
      file,
      settings.number("readers", 4, 1, 256).toInt,
      settings.number("busy_timeout_ms", 10000, 0, 3600000).toInt,
      settings.number("retention_days", 5, 1, 36500) * DayMillis
    )
  }
}
