package ai.chronon.spark.upload

import ai.chronon.api.{GroupBy, GroupByServingInfo, Query, Source, SourceKind, Sources, ThriftJsonCodec}
import org.apache.avro.Schema
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser
import org.apache.spark.sql.types.{StructField, StructType}

import scala.annotation.tailrec
import scala.collection.JavaConverters._

/** What the fetcher and streaming jobs have to know of an uploaded group-by; it is a row of the upload itself. */
private[spark] object ServingInfo {

  /** Key of the row. */
  val Key = "group_by_serving_info"

  /** The text of the row.
    *
    * @param batchEnd the first day that is not in the batch
    * @param tableOf  columns of a table
    */
  def text(
      owner: String,
      groupBy: GroupBy,
      batchEnd: String,
      key: Schema,
      selected: Schema,
      tableOf: Source => StructType
  ): String = {
    val info = new GroupByServingInfo()
      .setGroupBy(groupBy)
      .setBatchEndDate(batchEnd)
      .setKeyAvroSchema(key.toString(true))
      .setSelectedAvroSchema(selected.toString(true))
    Sources.of(groupBy).find(Sources.topic(_).isDefined).foreach { source =>
      val root = rootOf(source)
      val read = referenced(Option(Sources.query(root)), tableOf(root).fields.toSeq)
      info.setInputAvroSchema(StoredSchemas.record(owner, "Input", read).toString(true))
    }
    ThriftJsonCodec.toJsonStr(info)
  }

  /** The columns that a query reads: those whose names stand in its expressions, or all if it selects none. */
  private def referenced(query: Option[Query], columns: Seq[StructField]): Seq[StructField] =
    query.flatMap(q => Option(q.getSelects)) match {
      case None          => columns
      case Some(selects) =>
        val others =
          query.toSeq.flatMap(q => Option(q.getTimeColumn) ++ Option(q.getWheres).toSeq.flatMap(_.asScala))
        val names = (selects.asScala.values.toSeq ++ others).filter(_ != null).flatMap(identifiers).toSet
        columns.filter(column => names.contains(column.name))
    }

  private def identifiers(expression: String): Seq[String] =
    CatalystSqlParser.parseExpression(expression).collect { case name: UnresolvedAttribute =>
      name.nameParts.head
    }

  @tailrec
  private def rootOf(source: Source): Source = Sources.kind(source) match {
    case SourceKind.OfJoin(join) => rootOf(join.getJoin.getLeft)
    case _                       => source
  }
}
