package ai.chronon.spark.source

import ai.chronon.spark.DefinitionException
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import org.apache.spark.sql.{AnalysisException, DataFrame}

/** Turns sources into frames: partition range, projection, filters.
  *
  * Output: the selected columns with the source's partition column under its default name. A source without selects
  * gives the table as it is.
  */
final class SourceScanner(tables: TableUtils) {
  private val ds = tables.partitionColumn

  /** Scan of one source.
    *
    * @param owner         definition, for messages
    * @param defaults      columns that must be there besides the selected ones; ignored without selects
    * @param range         partitions to read; no predicate at all if the table has no such partition column
    * @param wheresFirst   whether the author's filters precede the partition predicates
    * @param extraWheres   filters that follow
    */
  def scan(
      owner: String,
      source: SourceView,
      defaults: Seq[(String, Option[String])],
      range: PartitionRange,
      wheresFirst: Boolean,
      extraWheres: Seq[String] = Nil
  ): DataFrame = {
    requireTable(owner, source)
    val stored = source.partitionColumn.getOrElse(ds)
    val columns = tables.schema(source.table).fieldNames
    val partitioned = columns.contains(stored)
    val predicates = if (partitioned) range.predicates(stored) else Nil
    val partition = if (partitioned) Seq(ds -> renamed(stored)) else Nil
    val projection = source.selects.map(selects => ScanQuery.projection(partition ++ defaults, selects))
    val wheres = if (wheresFirst) source.wheres ++ predicates else predicates ++ source.wheres
    val frame = run(owner, ScanQuery(source.table, projection, wheres ++ extraWheres), source)
    // without selects the table's columns come as they are, under their own names
    if (projection.isEmpty && partitioned && stored != ds) frame.withColumnRenamed(stored, ds) else frame
  }

  /** The table of a source exists. */
  def requireTable(owner: String, source: SourceView): Unit =
    if (!tables.exists(source.table))
      throw DefinitionException.of(
        owner,
        "table",
        source.table,
        "there is no such table or view in the catalog"
      )

  private def renamed(stored: String): Option[String] = if (stored == ds) None else Some(Sql.name(stored))

  private def run(owner: String, query: ScanQuery, source: SourceView): DataFrame =
    try tables.sql(query.text)
    catch { case failure: AnalysisException => throw blame(owner, query, source, failure) }

  /** Finds the one select or filter that does not resolve, so that the message can name it. */
  private def blame(
      owner: String,
      query: ScanQuery,
      source: SourceView,
      failure: AnalysisException
  ): Throwable = {
    val table = tables.spark.table(source.table)
    def fails(sql: String, filter: Boolean): Option[String] =
      try {
        if (filter) table.where(sql) else table.selectExpr(sql)
        None
      } catch { case e: AnalysisException => Some(firstSentence(e)) }
    val columns = query.projection.getOrElse(Nil).iterator.flatMap { case (name, expression) =>
      val sql = expression.getOrElse(Sql.name(name))
      fails(sql, filter = false).map(problem =>
        DefinitionException.of(owner, name, sql, s"$problem (table ${source.table})")
      )
    }
    val filters = query.wheres.iterator.flatMap(sql =>
      fails(sql, filter = true).map(problem =>
        DefinitionException.of(owner, "wheres", sql, s"$problem (table ${source.table})")
      )
    )
    (columns ++ filters).toSeq.headOption.getOrElse(
      DefinitionException.of(owner, s"cannot scan ${source.table}: ${firstSentence(failure)}")
    )
  }

  private def firstSentence(e: AnalysisException): String = e.getSimpleMessage.linesIterator.next().trim
}
