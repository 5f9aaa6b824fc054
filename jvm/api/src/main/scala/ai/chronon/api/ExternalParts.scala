package ai.chronon.api

import scala.collection.JavaConverters._

/** Names and schemas of a join's external parts: features that a service or the request itself provides. */
object ExternalParts {

  def of(join: Join): List[ExternalPart] =
    Option(join.getOnlineExternalParts).map(_.asScala.toList).getOrElse(Nil)

  /** `ext_[<prefix>_]<clean source name>`: what stands before every value of the part. */
  def fullName(part: ExternalPart): String =
    (Seq(Constants.ExternalPrefix) ++ Option(part.getPrefix) :+ TableNames.clean(sourceName(part))).mkString(
      "_"
    )

  def sourceName(part: ExternalPart): String = part.getSource.getMetadata.getName

  /** Whether the values are the request's own. */
  def isContextual(part: ExternalPart): Boolean = sourceName(part) == Constants.ContextualSourceName

  /** Left name of each key that is mapped, by its right name. */
  def rightToLeft(part: ExternalPart): Map[String, String] =
    Option(part.getKeyMapping).map(_.asScala.map(_.swap).toMap).getOrElse(Map.empty[String, String])

  /** The source's own keys. */
  def keyNames(part: ExternalPart): Seq[String] = members(part.getSource.getKeySchema).map(_.name)

  /** The keys as the left side calls them. */
  def keySchema(part: ExternalPart): Seq[StructField] = {
    val left = rightToLeft(part)
    members(part.getSource.getKeySchema).map(key => key.copy(name = left.getOrElse(key.name, key.name)))
  }

  /** The values as the join's response calls them. */
  def valueSchema(part: ExternalPart): Seq[StructField] =
    members(part.getSource.getValueSchema).map(value => value.copy(name = fullName(part) + "_" + value.name))

  private def members(written: TDataType): Seq[StructField] =
    Option(written).map(DataType.fromTDataType) match {
      case Some(struct: StructType) => struct.fields.toSeq
      case Some(other)              =>
        throw new InvalidDefinitionException(s"schema ${DataType.toString(other)}: a struct is needed")
      case None => Nil
    }
}
