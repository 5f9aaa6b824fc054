package ai.chronon.online

import ai.chronon.api._
import org.apache.thrift.TBase
import org.slf4j.{Logger, LoggerFactory}

import scala.reflect.ClassTag

/** Where the upload of metadata puts something about each definition.
  *
  * @param extractFn key and value by the definition's path and content
  * @param name      the dataset
  */
case class MetadataEndPoint[Conf <: TBase[_, _]: Manifest: ClassTag](
    extractFn: (String, Conf) => (String, String),
    name: String
)

object MetadataEndPoint {
  @transient implicit lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  /** Definitions by the last three parts of their files' paths. */
  val ConfByKeyEndPointName: String = Constants.ChrononMetadataKey

  /** Keys of definitions by kind and team. */
  val NameByTeamEndPointName = "CHRONON_ENTITY_BY_TEAM"

  def getEndPoint[Conf <: TBase[_, _]: Manifest: ClassTag](endPointName: String): MetadataEndPoint[Conf] =
    endPointName match {
      case ConfByKeyEndPointName => MetadataEndPoint[Conf](
          (path, conf) => keyOf(path) -> ThriftJsonCodec.toJsonStr(conf),
          ConfByKeyEndPointName
        )
      case NameByTeamEndPointName => MetadataEndPoint[Conf](
          (path, conf) => s"${folder(conf.getClass)}/${CustomJson.owningTeam(metaData(conf))}" -> keyOf(path),
          NameByTeamEndPointName
        )
      case other => throw new IllegalArgumentException(
          s"metadata endpoint $other is not known: $ConfByKeyEndPointName and $NameByTeamEndPointName are"
        )
    }

  /** The folder of compiled files of a kind. */
  private[online] def folder(clazz: Class[_]): String =
    if (clazz == classOf[Join]) "joins"
    else if (clazz == classOf[GroupBy]) "group_bys"
    else if (clazz == classOf[StagingQuery]) "staging_queries"
    else throw new IllegalArgumentException(s"${clazz.getName} is no kind of definition that is uploaded")

  private def keyOf(path: String): String = path.split("/").takeRight(3).mkString("/")

  private def metaData(conf: TBase[_, _]): MetaData = conf match {
    case join: Join          => join.getMetaData
    case groupBy: GroupBy    => groupBy.getMetaData
    case query: StagingQuery => query.getMetaData
    case other => throw new IllegalArgumentException(s"${other.getClass.getName} is not uploaded")
  }
}
