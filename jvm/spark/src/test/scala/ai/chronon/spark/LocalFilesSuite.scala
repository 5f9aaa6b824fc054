package ai.chronon.spark

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.fs.{FileSystem, LocalFileSystem, Path}
import org.scalatest.funsuite.AnyFunSuite

import java.net.URI
import java.nio.file.Files

class LocalFilesSuite extends AnyFunSuite {

  private def opened(files: LocalFileSystem): FileSystem = {
    files.initialize(URI.create("file:///"), new Configuration())
    files
  }

  test("permissions are those that Hadoop's own file system sets") {
    val folder = new Path(Files.createTempDirectory("local-files").toUri)
    val (ours, hadoops) = (opened(new LocalFiles), opened(new LocalFileSystem))
    ours.create(new Path(folder, "ours")).close()
    hadoops.create(new Path(folder, "hadoops")).close()
    val created =
      Seq("ours", "hadoops").map(name => hadoops.getFileStatus(new Path(folder, name)).getPermission)
    assert(created.distinct.length == 1)

    Seq("000", "400", "640", "751", "777", "1777").foreach { text =>
      val wanted = new FsPermission(text)
      val file = new Path(folder, "ours")
      ours.setPermission(file, wanted)
      assert(hadoops.getFileStatus(file).getPermission == wanted, text)
    }
  }
}
