package ai.chronon.stores.sqlite

import org.sqlite.{SQLiteConfig, SQLiteOpenMode}

import java.sql.{Connection, PreparedStatement, ResultSet}
import java.util.concurrent.{ConcurrentLinkedQueue, LinkedBlockingQueue}
import java.util.concurrent.locks.ReentrantLock
import scala.util.control.NonFatal

/** The file: one connection that writes, a few that read, each used by one thread at a time.
  *
  * The log is written ahead (WAL), so readers of any process see the last finished transaction while another is under way,
  * and nobody waits for a reader. Writers take turns: threads by a lock, processes by SQLite's own with its busy timeout.
  */
private[sqlite] final class Database(settings: SqliteSettings) extends AutoCloseable {
  import Database._

  private val writing = new ReentrantLock
  private val opened = new ConcurrentLinkedQueue[Session]
  @volatile private var closed = false

  private val writer: Session = open(reads = false)
  private val readers: LinkedBlockingQueue[Session] = new LinkedBlockingQueue[Session]
  (1 to settings.readers).foreach(_ => readers.add(open(reads = true)))

  /** Runs reads that all see the same state of the file. */
  def read[T](body: Session => T): T = {
    val session = readers.take()
    try transaction(session, "BEGIN DEFERRED")(body)
    finally readers.put(session)
  }

  /** Runs writes of which either all are seen or none. */
  def write[T](body: Session => T): T = {
    writing.lock()
    try transaction(writer, "BEGIN IMMEDIATE")(body)
    finally writing.unlock()
  }

  private def transaction[T](session: Session, begin: String)(body: Session => T): T = {
    if (closed) throw new IllegalStateException(s"the store ${settings.path} is closed")
    session.execute(begin)
    try {
      val result = body(session)
      session.execute("COMMIT")
      result
    } catch {
      case error: Throwable =>
        try session.execute("ROLLBACK")
        catch { case NonFatal(second) => error.addSuppressed(second) }
        throw error
    }
  }

  private def open(reads: Boolean): Session = {
    val config = new SQLiteConfig
    config.setJournalMode(SQLiteConfig.JournalMode.WAL)
    // With a WAL file this loses no consistency when the machine dies, at most the last transactions.
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL)
    config.setBusyTimeout(settings.busyTimeoutMillis)
    if (!reads) config.setOpenMode(SQLiteOpenMode.CREATE)
    val connection =
      try config.createConnection(s"jdbc:sqlite:${settings.path}")
      catch {
        case NonFatal(error) =>
          close()
          throw new IllegalArgumentException(
            s"store sqlite: cannot open ${settings.path}: ${error.getMessage}",
            error
          )
      }
    val session = new Session(connection)
    opened.add(session)
    if (!reads) migrate(session) else session.execute("PRAGMA query_only = 1")
    session
  }

  /** Makes the tables of a new file, and refuses a file that is not ours. */
  private def migrate(session: Session): Unit = transaction(session, "BEGIN IMMEDIATE") { s =>
    s.single("PRAGMA user_version") match {
      case Layout                                                   => ()
      case 0 if s.single("SELECT count(*) FROM sqlite_master") == 0 =>
        Schema.foreach(s.execute)
        s.execute(s"PRAGMA user_version = $Layout")
      case 0     => throw foreign("it has tables of something else")
      case other => throw foreign(s"its layout is number $other, and this version reads number $Layout")
    }
  }

  private def foreign(reason: String) =
    new IllegalArgumentException(s"store sqlite: ${settings.path} is not a store of this version: $reason")

  override def close(): Unit = {
    closed = true
    opened.forEach(session => session.close())
    opened.clear()
  }
}

private[sqlite] object Database {

  /** Raised when the tables change; kept in the file. */
  private val Layout = 2

  private val Schema = Seq(
    "CREATE TABLE dataset (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    // Versions of a key lie side by side in ascending time, in the order in which they are read. Of one time there are several only if
    // they are rows of a stream, which tell their positions.
    """CREATE TABLE entry (dataset INTEGER NOT NULL, key BLOB NOT NULL, millis INTEGER NOT NULL, position INTEGER NOT NULL,
      |  value BLOB NOT NULL, PRIMARY KEY (dataset, key, millis, position)) WITHOUT ROWID""".stripMargin
  )

  /** A connection with the statements that were prepared on it. Not for two threads at once. */
  final class Session(connection: Connection) extends AutoCloseable {
    private val prepared = scala.collection.mutable.Map.empty[String, PreparedStatement]

    def statement(sql: String): PreparedStatement =
      prepared.getOrElseUpdate(sql, connection.prepareStatement(sql))

    def execute(sql: String): Unit = { statement(sql).execute(); () }

    def single(sql: String): Long = query(statement(sql)) { rows => rows.next(); rows.getLong(1) }

    def query[T](bound: PreparedStatement)(read: ResultSet => T): T = {
      val rows = bound.executeQuery()
      try read(rows)
      finally rows.close()
    }

    override def close(): Unit = connection.close()
  }
}
