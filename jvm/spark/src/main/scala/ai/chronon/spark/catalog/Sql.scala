package ai.chronon.spark.catalog

import org.apache.spark.sql.Column
import org.apache.spark.sql.functions.col

/** Quoting of names and literals in generated SQL. */
object Sql {

  /** A column name, whatever characters it has. */
  def name(column: String): String = "`" + column.replace("`", "``") + "`"

  /** The column of this name. */
  def column(column: String): Column = col(name(column))

  /** A string literal. */
  def text(value: String): String = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
}
