package ai.chronon.spark

import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.fs.{LocalFileSystem, Path, RawLocalFileSystem}

import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

/** Files of this machine, with their permissions set by this process. Without its native library Hadoop starts a `chmod`
  * for each file and folder instead, thousands in a write of a year of days.
  */
final class LocalFiles extends LocalFileSystem(new LocalFiles.Raw)

object LocalFiles {
  private final class Raw extends RawLocalFileSystem {
    override def setPermission(path: Path, permission: FsPermission): Unit = {
      val file = pathToFile(path).toPath
      val posix = file.getFileSystem.supportedFileAttributeViews.contains("posix")
      // what only chmod can say, or say to this kind of disk
      if (permission.getStickyBit || !posix) super.setPermission(path, permission)
      else {
        val text = permission.getUserAction.SYMBOL + permission.getGroupAction.SYMBOL +
          permission.getOtherAction.SYMBOL
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(text))
      }
    }
  }
}
