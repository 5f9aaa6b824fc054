package ai.chronon.spark.source

import ai.chronon.api.{DataModel, Query, Source, Sources}
import ai.chronon.spark.DefinitionException
import ai.chronon.spark.catalog.TableReference

import scala.collection.JavaConverters._

/** The parts of a Thrift source that batch jobs read, with absent values as `None` or empty. Join sources have no table
  * of their own and are refused before this is built.
  */
final case class SourceView(
    model: DataModel.Value,
    reference: TableReference,
    cumulative: Boolean,
    selects: Option[Seq[(String, String)]],
    wheres: Seq[String],
    setups: Seq[String],
    timeColumn: Option[String],
    startPartition: Option[String],
    endPartition: Option[String],
    partitionColumn: Option[String],
    mutationTable: Option[TableReference] = None,
    mutationTimeColumn: Option[String] = None,
    reversalColumn: Option[String] = None
) {
  def table: String = reference.table

  /** The same query over the table of mutations.
    *
    * @param owner definition, for messages
    * @throws DefinitionException when there is no such table in the definition
    */
  def mutations(owner: String): SourceView = copy(reference =
    mutationTable.getOrElse(
      throw DefinitionException.of(
        owner,
        "mutationTable",
        null,
        s"TEMPORAL accuracy over entities needs the table of the mutations of $table; set it in the source, or use SNAPSHOT"
      )
    )
  )
}

object SourceView {

  /** @param asWritten whether selects keep the order of the definition's text, as in the reference's uploads. Its joins copy the
    *                  definition, and with that put selects into the order of a hash map
    */
  def of(source: Source, asWritten: Boolean = false): SourceView = {
    val query = Option(Sources.query(source)).getOrElse(new Query())
    SourceView(
      model = Sources.dataModel(source),
      reference = TableReference.parse(Sources.rawTable(source)),
      cumulative = Sources.isCumulative(source),
      selects = Option(query.getSelects).map(if (asWritten) _.asScala.toSeq else inStoredOrder(_)),
      wheres = Option(query.getWheres).map(_.asScala.toList).getOrElse(Nil),
      setups = Option(query.getSetups).map(_.asScala.toList).getOrElse(Nil),
      timeColumn = Option(query.getTimeColumn),
      startPartition = Option(query.getStartPartition),
      endPartition = Option(query.getEndPartition),
      partitionColumn = Option(query.getPartitionColumn),
      mutationTable = Sources.mutationTable(source).map(TableReference.parse),
      mutationTimeColumn = Option(query.getMutationTimeColumn),
      reversalColumn = Option(query.getReversalColumn)
    )
  }

  // Few selects keep the order in which they are read (see SelectOrder), and the reference reads them from a hash map just
  // large enough for them, whatever order the file has. Ours may come from any map.
  private def inStoredOrder(selects: java.util.Map[String, String]): Seq[(String, String)] =
    new java.util.HashMap[String, String](selects).asScala.toSeq
}
