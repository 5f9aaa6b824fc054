package chronon.differential

import org.apache.hadoop.fs.permission.FsPermission
import org.apache.hadoop.fs.{LocalFileSystem, Path, RawLocalFileSystem}

/** Local files with the permissions that the process gives them. Hadoop starts a `chmod` for each file and folder, a fifth
  * of the time of a run over small tables.
  */
final class PlainLocalFiles extends LocalFileSystem(new RawLocalFileSystem {
      override def setPermission(path: Path, permission: FsPermission): Unit = ()
    })
