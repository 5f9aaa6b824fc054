package ai.chronon.spark.source

import ai.chronon.spark.catalog.Sql

/** One `SELECT` over one table, as text.
  *
  * @param projection output name and expression, in order; no expression means the bare column. `None` selects all
  *                   columns as they are
  * @param wheres     predicates in the order in which they are joined by `AND`
  */
final case class ScanQuery(
    table: String,
    projection: Option[Seq[(String, Option[String])]],
    wheres: Seq[String]
) {

  def text: String = {
    val columns = projection match {
      case None       => "*"
      case Some(list) =>
        list.map {
          case (name, None)             => Sql.name(name)
          case (name, Some(expression)) => s"$expression as ${Sql.name(name)}"
        }.mkString(",\n  ")
    }
    val filter = if (wheres.isEmpty) "" else wheres.map(w => s"($w)").mkString("\nWHERE\n  ", " AND ", "")
    s"SELECT\n  $columns\nFROM $table$filter"
  }
}

object ScanQuery {

  /** `selects` laid over `defaults`: an author's expression wins, a default keeps its place. In stored order. */
  def projection(
      defaults: Seq[(String, Option[String])],
      selects: Seq[(String, String)]
  ): Seq[(String, Option[String])] = {
    val authored = selects.map { case (name, expression) => name -> Option(expression) }
    val all = defaults.filterNot { case (name, _) => authored.exists(_._1 == name) } ++ authored
    val byName = all.toMap
    val insertion = (defaults.map(_._1) ++ authored.map(_._1)).distinct
    SelectOrder.of(insertion).map(name => name -> byName(name))
  }
}
