package ai.chronon.online

import ai.chronon.api._
import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.thrift.TBase
import org.slf4j.{Logger, LoggerFactory}

import java.io.File
import scala.collection.Seq
import scala.reflect.ClassTag
import scala.util.{Failure, Success, Try}

/** Reads compiled definitions below a folder, or one file, for the upload of metadata.
  *
  * @param dirPath                a folder or a file
  * @param metadataEndPointNames what is wanted of each definition
  */
class MetadataDirWalker(dirPath: String, metadataEndPointNames: List[String]) {
  @transient implicit lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  /** All files, in the order of their paths. */
  lazy val fileList: Seq[File] = {
    val root = new File(dirPath)
    if (!root.exists) throw new IllegalArgumentException(s"$dirPath: there is no such file or folder")
    filesOf(root).sortBy(_.getPath)
  }

  /** Those that hold a definition with a name. */
  lazy val nonEmptyFileList: Seq[File] = fileList.filter { file =>
    val named = Try(new ObjectMapper().readTree(file)).toOption
      .flatMap(tree => Option(tree.at("/metaData/name"))).exists(_.isTextual)
    if (!named) logger.info(s"$file is skipped: no JSON with metaData.name")
    named
  }

  /** Values by key by endpoint. Files that are no valid definition are skipped, and the log says why. */
  def run: Map[String, Map[String, List[String]]] = {
    val found = nonEmptyFileList.flatMap { file =>
      val path = file.getPath
      if (path.contains("joins/")) extract[Join](path)
      else if (path.contains("group_bys/")) extract[GroupBy](path)
      else if (path.contains("staging_queries/")) extract[StagingQuery](path)
      else {
        logger.info(s"$path is skipped: below none of joins, group_bys, staging_queries")
        Nil
      }
    }
    found.groupBy(_._1).map { case (endPoint, entries) =>
      endPoint -> entries.groupBy(_._2).map { case (key, values) => key -> values.map(_._3).toList }
    }
  }

  private def extract[Conf <: TBase[_, _]: Manifest: ClassTag](path: String): Seq[(String, String, String)] =
    Try(ThriftJsonCodec.fromJsonFile[Conf](path, check = true)) match {
      case Success(conf) => metadataEndPointNames.map { name =>
          val (key, value) = MetadataEndPoint.getEndPoint[Conf](name).extractFn(path, conf)
          (name, key, value)
        }
      case Failure(cause) =>
        logger.error(s"$path is skipped: ${cause.getMessage}", cause)
        Nil
    }

  private def filesOf(file: File): Seq[File] =
    if (file.isFile) Seq(file)
    else Option(file.listFiles).toSeq.flatMap(_.toSeq).flatMap(filesOf)
}
