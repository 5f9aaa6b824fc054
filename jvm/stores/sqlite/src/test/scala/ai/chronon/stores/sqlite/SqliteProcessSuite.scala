package ai.chronon.stores.sqlite

import org.scalatest.funsuite.AnyFunSuite

import java.io.{BufferedReader, File, InputStreamReader}
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import scala.reflect.io.Directory

/** Several processes on one file: who reads sees whole uploads, whatever the one that writes does. */
class SqliteProcessSuite extends AnyFunSuite {

  test(
    "one process writes while three read: every batch of reads sees one upload, and never an older one again"
  ) {
    inFolder { file =>
      SqliteProcess.load(file, 1)
      val readers = Seq.fill(3)(start("read", file, 8))
      readers.foreach(reader => assert(line(reader) == "reading"))
      val writer = start("load", file, 8)
      assert(ended(writer) == "load is done")
      readers.foreach(reader => assert(ended(reader) == "read is done"))
    }
  }

  test("a writer that is killed in the middle of an upload leaves the one before it, whole") {
    inFolder { file =>
      SqliteProcess.load(file, 1)
      val store = new SqliteStore(SqliteSettings(file))
      try {
        val writer = start("hang", file, 2)
        assert(line(writer) == "half")
        assert(SqliteProcess.uploads(store) == Set("1"), "while it writes")
        writer.process.destroyForcibly()
        assert(writer.process.waitFor(60, TimeUnit.SECONDS))
        assert(SqliteProcess.uploads(store) == Set("1"), "when it is dead")
        SqliteProcess.load(file, 3)
        assert(SqliteProcess.uploads(store) == Set("3"), "and the next one is not in its way")
      } finally store.close()
    }
  }

  private final class Child(val process: Process) {
    val lines = new BufferedReader(new InputStreamReader(process.getInputStream))
  }

  private def start(mode: String, file: File, last: Int): Child = {
    val java = new File(new File(sys.props("java.home")), "bin/java").getPath
    val main = SqliteProcess.getClass.getName.stripSuffix("$")
    val builder = new ProcessBuilder(
      java,
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-cp",
      sys.props("java.class.path"),
      main,
      mode,
      file.getPath,
      last.toString
    )
    new Child(builder.redirectErrorStream(true).start())
  }

  /** The next line of the child that is no log. */
  private def line(child: Child): String =
    Iterator.continually(child.lines.readLine()).find(text =>
      text == null || Seq("reading", "half", "load is done", "read is done").contains(text) ||
        text.contains("Exception")
    ).flatMap(Option(_)).getOrElse("nothing more")

  private def ended(child: Child): String = {
    val last = line(child)
    assert(child.process.waitFor(60, TimeUnit.SECONDS))
    last
  }

  private def inFolder(body: File => Unit): Unit = {
    val folder = Files.createTempDirectory("sqlite-processes").toFile
    try body(new File(folder, "store.db"))
    finally { new Directory(folder).deleteRecursively(); () }
  }
}
