package ai.chronon.spark.catalog

/** Quoting of names and literals in generated SQL. */
object Sql {

  /** A column name, whatever characters it has. */
  def name(column: String): String = "`" + column.replace("`", "``") + "`"

  /** A string literal. */
  def text(value: String): String = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
}
