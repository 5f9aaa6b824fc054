package ai.chronon.spark.metadata

import java.nio.file.Path
import scala.collection.JavaConverters._

/** What a compiled file holds, told by the folder that it is below.
  *
  * @param folder where it is compiled to, and exported to
  * @param name   value of the partition column `entityType`
  */
private[spark] sealed abstract class EntityKind(val folder: String, val name: String)

private[spark] object EntityKind {
  case object GroupBy extends EntityKind("group_bys", "groupBy")
  case object Join extends EntityKind("joins", "join")
  case object StagingQuery extends EntityKind("staging_queries", "stagingQueries")

  /** A group-by that only joins have. */
  case object EmbeddedGroupBy extends EntityKind("embedded_group_bys", "embeddedGroupBy")

  /** Anything else: there is nothing to be told of it. */
  case object Unknown extends EntityKind("unknown", "unknown")

  private val compiled = Seq(GroupBy, Join, StagingQuery).map(kind => kind.folder -> kind).toMap

  /** By the innermost of the file's folders that says it. */
  def of(file: Path): EntityKind =
    file.getParent.iterator.asScala.flatMap(folder => compiled.get(folder.toString)).toSeq.lastOption
      .getOrElse(Unknown)
}
