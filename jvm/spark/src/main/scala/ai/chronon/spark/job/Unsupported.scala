package ai.chronon.spark.job

import ai.chronon.api.{GroupBy, Join, Source, Sources}
import ai.chronon.spark.{DefinitionException, Definitions}

import java.util.{Collection => JavaCollection}
import scala.collection.JavaConverters._

/** Refuses, by name and before any work, what a definition may say but these jobs do not do yet. Nothing is ever ignored. */
object Unsupported {

  def check(join: Join): Unit = {
    val owner = Definitions.label(join)
    refuse(owner, "bootstrapParts", filled(join.getBootstrapParts))
    refuse(owner, "derivations", filled(join.getDerivations))
    refuse(owner, "labelPart", join.isSetLabelPart)
    refuse(owner, "onlineExternalParts", filled(join.getOnlineExternalParts))
    refuse(owner, "modelTransforms", join.isSetModelTransforms)
    checkSource(owner, "left", join.getLeft)
    refuse(owner, "left.isCumulative", join.getLeft.isSetEvents && join.getLeft.getEvents.isIsCumulative)
    Definitions.joinParts(join).foreach(part => check(part.getGroupBy))
  }

  def check(groupBy: GroupBy): Unit = {
    refuse(Definitions.label(groupBy), "derivations", filled(groupBy.getDerivations))
    checkUpload(groupBy)
  }

  /** What is uploaded has no derivations yet: they are made when it is read. */
  def checkUpload(groupBy: GroupBy): Unit = {
    val owner = Definitions.label(groupBy)
    refuse(owner, "isIncremental", groupBy.isIsIncremental)
    Sources.of(groupBy).foreach(checkSource(owner, "sources", _))
  }

  private def checkSource(owner: String, field: String, source: Source): Unit = {
    if (source == null || !source.isSet)
      throw DefinitionException.of(owner, field, null, "a source is needed")
    refuse(owner, s"$field.joinSource", source.isSetJoinSource)
    val query = Sources.query(source)
    if (query != null && query.getSelects != null)
      query.getSelects.asScala.foreach { case (name, expression) =>
        refuse(
          owner,
          s"the macro in the select `$name` = $expression",
          expression != null && expression.contains("{{")
        )
      }
  }

  private def filled(list: JavaCollection[_]): Boolean = list != null && !list.isEmpty

  private def refuse(owner: String, what: String, used: Boolean): Unit =
    if (used) throw DefinitionException.of(owner, s"$what is not built yet; nothing has been computed")
}
