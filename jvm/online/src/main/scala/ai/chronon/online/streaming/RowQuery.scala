package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.derive.{RowProjection, SqlEngine}

/** A stream's query, compiled for rows of one schema: filters first, on the columns as they come, then the columns that are selected.
  * It needs Spark's Catalyst on the class path where an expression does, and no engine of streams at all.
  *
  * Safe for many threads.
  *
  * @param owner the group-by, for messages
  * @param input the columns of decoded rows
  */
private[online] final class RowQuery(owner: String, query: StreamQuery, input: StructType) {
  import RowQuery.Kept

  private val inputs: Seq[StructField] = input.fields.toSeq
  private val indexOf: Map[String, Int] = inputs.map(_.name).zipWithIndex.toMap

  if (query.setups.nonEmpty) SqlEngine.load(owner, inputs.map(_.name)).prepare(query.setups)

  private val filter: SqlEngine.Projection = compile(
    Seq(Kept -> query.conditions.map(condition => s"($condition)").mkString(" AND ")),
    "filters"
  )
  private val projection: SqlEngine.Projection = compile(
    query.columns.map(_.toSeq.sortBy(_._1)).getOrElse(inputs.map(field => field.name -> field.name)),
    "columns"
  )
  if (filter.outputSchema.head.fieldType != BooleanType) throw new InvalidDefinitionException(
    s"$owner: filters ${query.conditions.mkString(", ")} are of type ${DataType.toString(filter.outputSchema.head.fieldType)}: " +
      "each must be true or false"
  )

  /** What comes out. */
  val outputSchema: Seq[StructField] = projection.outputSchema

  /** The columns of a row by name, or none if it is filtered out. */
  def apply(row: Array[Any]): Option[Map[String, AnyRef]] = {
    // A column that is not there was refused when the query was compiled.
    def column(name: String): AnyRef = row(indexOf(name)).asInstanceOf[AnyRef]
    if (filter(column)(Kept) == java.lang.Boolean.TRUE) Some(projection(column)) else None
  }

  private def compile(expressions: Seq[(String, String)], what: String): SqlEngine.Projection =
    try RowProjection.compile(owner, expressions, inputs)
    catch {
      case e: IllegalStateException => throw e
      case e: Exception             => throw new InvalidDefinitionException(
          s"$owner: $what of its streamed source cannot be evaluated on the columns " +
            s"${inputs.map(f => s"${f.name} ${DataType.toString(f.fieldType)}").mkString(", ")}: ${e.getMessage}",
          e
        )
    }
}

private[online] object RowQuery {
  private val Kept = "kept"
}
