package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.derive.{RowProjection, SqlEngine}

/** The derivations of a join or group-by, looked at once.
  *
  * Lists of bare names need no engine and no schema. Otherwise each expression is evaluated here if it is of the part of SQL that
  * is, and all of them by Spark's Catalyst if any is not.
  *
  * @param owner      whose derivations they are, for messages
  * @param keySchema  the request's keys
  * @param baseSchema the features before derivations
  */
private[online] final class DerivationProgram(
    owner: String,
    derivations: Seq[Derivation],
    keySchema: Seq[StructField],
    baseSchema: Seq[StructField]
) {
  import DerivationProgram._

  val isRenameOnly: Boolean = Derivations.areRenames(derivations)

  private val used = Derivations.expressions(derivations)
  private val renames: Seq[(String, String)] =
    Derivations.withoutStar(derivations).filter(Derivations.isRename).map(d => d.getName -> d.getExpression)
  private val hasStar = Derivations.hasStar(derivations)

  /** What expressions may name; of columns that have one name the last counts. */
  private val inputs: Seq[StructField] =
    lastOfEach(keySchema ++ baseSchema :+ Constants.TimeField :+ StructField(PartitionColumn, StringType))

  /** Name and expression of what comes out. */
  private lazy val projection: Seq[(String, String)] =
    Derivations.projection(derivations, baseSchema.map(_.name)).filterNot { case (name, _) => isTime(name) }

  private lazy val native: Option[SqlEngine.Projection] = RowProjection.native(projection, inputs)

  private lazy val evaluated: SqlEngine.Projection = native.getOrElse(
    SqlEngine.load(owner, RowProjection.named(projection)).compile(owner, projection, inputs)
  )

  /** Whether no Spark is needed. */
  def isNative: Boolean = isRenameOnly || native.isDefined

  /** Names and types of what comes out. */
  lazy val outputSchema: Array[StructField] = {
    val fields =
      if (isRenameOnly) projection.flatMap { case (name, text) =>
        inputs.find(_.name == text).map(_.copy(name = name))
      }
      else evaluated.outputSchema
    lastOfEach(fields).toArray
  }

  /** Makes what is compiled on first use, before a request has to wait for it. */
  def prepare(): Unit = if (!isNative) { evaluated; () }

  /** Derived values by name.
    *
    * @param keys   the keys of the request, cast to their types
    * @param base   the features
    * @param millis time of the request
    */
  def apply(keys: Map[String, AnyRef], base: Map[String, AnyRef], millis: Long): Map[String, AnyRef] =
    if (isRenameOnly) renamed(keys, base, millis)
    else evaluated(lookup(keys, base, millis))

  /** The renames alone: what is left where the other expressions failed.
    *
    * @throws java.lang.IllegalArgumentException if there are others, because then names would silently be missing
    */
  def renameOnly(keys: Map[String, AnyRef], base: Map[String, AnyRef], millis: Long): Map[String, AnyRef] = {
    if (!isRenameOnly)
      throw new IllegalArgumentException(
        s"$owner: derivations are not renames only: " +
          Derivations.withoutStar(derivations).filterNot(Derivations.isRename).map(d =>
            s"${d.getName} = ${d.getExpression}"
          ).mkString(", ")
      )
    renamed(keys, base, millis)
  }

  private def renamed(
      keys: Map[String, AnyRef],
      base: Map[String, AnyRef],
      millis: Long
  ): Map[String, AnyRef] = {
    val column = lookup(keys, base, millis)
    val result = Map.newBuilder[String, AnyRef]
    if (hasStar) base.foreach { case entry @ (name, _) => if (!used(name) && !isTime(name)) result += entry }
    renames.foreach { case (name, text) => if (!isTime(name)) result += name -> column(text) }
    result.result()
  }

  private def lookup(keys: Map[String, AnyRef], base: Map[String, AnyRef], millis: Long): String => AnyRef = {
    lazy val day = PartitionSpec.Daily.at(millis)
    name =>
      if (name == Constants.TimeColumn) Long.box(millis)
      else if (name == PartitionColumn) day
      else base.getOrElse(name, keys.getOrElse(name, null))
  }
}

private[online] object DerivationProgram {
  private val PartitionColumn = "ds"

  /** Both are inputs whatever the features are called, and never features. */
  private def isTime(name: String): Boolean = name == Constants.TimeColumn || name == PartitionColumn

  private def lastOfEach(fields: Seq[StructField]): Seq[StructField] = {
    val last = fields.map(field => field.name -> field).toMap
    fields.map(_.name).distinct.map(last)
  }

  def apply(
      owner: String,
      derivations: Seq[Derivation],
      keySchema: Iterable[StructField],
      baseSchema: Iterable[StructField]
  ): DerivationProgram = new DerivationProgram(owner, derivations, keySchema.toSeq, baseSchema.toSeq)
}
