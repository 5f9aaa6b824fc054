package ai.chronon.api

import scala.collection.JavaConverters._

/** What decides the values of a table, as short hashes: a table whose stored hashes differ from its definition's was
  * filled from another definition.
  *
  * Not covered: key mappings, prefixes (only through table names), row ids, skew keys, metadata.
  */
object SemanticHash {
  val LeftSourceKey = "left_source"
  val DerivedKey = "derived"

  /** The group-by without its metadata. */
  def of(groupBy: GroupBy): String = {
    val bare = groupBy.deepCopy()
    bare.unsetMetaData()
    ThriftJsonCodec.md5Digest(bare)
  }

  /** Hashes of a join's pieces: the left source, every part under the name of its table, the bootstrap parts under the
    * name of the bootstrap table, and the derivations where there are any.
    *
    * @param excludeTopic whether a change of topic keeps the hash; tables written before that option existed need false
    */
  def of(join: Join, excludeTopic: Boolean): Map[String, String] = {
    val hashed = join.deepCopy()
    if (excludeTopic) removeTopics(hashed)
    val meta = join.getMetaData
    val parts = Option(hashed.getJoinParts).map(_.asScala.toList).getOrElse(Nil)
      .map(part => TableNames.joinPart(hashed, part) -> of(part.getGroupBy))
    val external = Option(hashed.getOnlineExternalParts).map(_.asScala.toList).getOrElse(Nil)
      .filter(part => part.getSource != null && part.getSource.getOfflineGroupBy != null)
      .map { part =>
        val groupBy = part.getSource.getOfflineGroupBy
        TableNames.joinPart(meta, Option(part.getPrefix), groupBy) -> of(groupBy)
      }
    val bootstrap = TableNames.bootstrap(meta) -> ThriftJsonCodec.md5Digest(hashed.getBootstrapParts)
    val derived = Option(hashed.getDerivations).map { derivations =>
      val text = derivations.asScala.map(d => s"${d.getExpression} as ${d.getName}").mkString(", ")
      DerivedKey -> Integer.toHexString(text.hashCode)
    }
    Map(LeftSourceKey -> ThriftJsonCodec.md5Digest(hashed.getLeft)) ++ parts ++ external + bootstrap ++
      derived
  }

  /** Stream topics do not decide batch values. Topics of external parts' group-bys stay: stored hashes cover them. */
  private def removeTopics(join: Join): Unit = {
    Option(join.getLeft).foreach(removeTopic)
    Option(
      join.getJoinParts
    ).toSeq.flatMap(_.asScala).flatMap(part => Sources.of(part.getGroupBy)).foreach(removeTopic)
  }

  private def removeTopic(source: Source): Unit = Sources.kind(source) match {
    case SourceKind.Events(events)     => events.unsetTopic()
    case SourceKind.Entities(entities) => entities.unsetMutationTopic()
    case SourceKind.OfJoin(join)       => removeTopics(join.getJoin)
  }
}
