package ai.chronon.spark.job

import ai.chronon.spark.catalog.TableUtils
import org.apache.spark.sql.AnalysisException

/** Statements that a query wants to have run before it, such as `CREATE TEMPORARY FUNCTION`: each distinct one once. */
object Setups {

  /** A function that exists already is no error: several queries of one job may ask for it. */
  def run(tables: TableUtils, statements: Seq[String]): Unit = statements.distinct.foreach { statement =>
    try {
      tables.sql(statement)
      ()
    } catch {
      case e: AnalysisException if e.getMessage.contains("already exists") => ()
    }
  }
}
