package ai.chronon.online.derive

import ai.chronon.api.StructField

/** Named expressions over the columns of a row, evaluated here where all of them are of the part of SQL that is, and else all by
  * Spark's Catalyst.
  */
private[online] object RowProjection {

  /** Without Spark; none if any expression needs it.
    *
    * @param projection name and expression of what comes out; a column under its own name may be called anything
    */
  def native(projection: Seq[(String, String)], inputs: Seq[StructField]): Option[SqlEngine.Projection] = {
    val compiled = projection.map { case (name, text) =>
      val kept = if (name == text) inputs.find(_.name == name).map(Expression.column) else None
      name -> kept.orElse(Expression.compile(text, inputs))
    }
    if (compiled.forall(_._2.isDefined)) Some(new Native(compiled.map { case (name, e) => name -> e.get }))
    else None
  }

  /** @throws java.lang.IllegalStateException naming owner and columns if Spark is needed and not there */
  def compile(
      owner: String,
      projection: Seq[(String, String)],
      inputs: Seq[StructField]
  ): SqlEngine.Projection = native(projection, inputs).getOrElse(
    SqlEngine.load(owner, named(projection)).compile(owner, projection, inputs)
  )

  /** The columns that are more than an input kept as it is. */
  def named(projection: Seq[(String, String)]): Seq[String] =
    projection.filter { case (name, text) => name != text }.map(_._1)

  private final class Native(expressions: Seq[(String, Expression)]) extends SqlEngine.Projection {
    override val outputSchema: Seq[StructField] =
      expressions.map { case (name, e) => StructField(name, e.dataType) }

    override def apply(column: String => AnyRef): Map[String, AnyRef] = {
      val result = Map.newBuilder[String, AnyRef]
      expressions.foreach { case (name, e) => result += name -> e.eval(column) }
      result.result()
    }
  }
}
