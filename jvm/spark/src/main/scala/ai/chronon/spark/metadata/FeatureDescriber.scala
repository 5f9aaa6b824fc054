package ai.chronon.spark.metadata

import ai.chronon.api
import ai.chronon.api.{ColumnNames, Constants, Derivation, Derivations, ExternalParts, StructField}
import ai.chronon.online.derive.SparkTypes
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.{PartitionRange, Sql, TableUtils}
import ai.chronon.spark.job.{DefinitionChecks, LeftFrame, Setups}
import ai.chronon.spark.pit.{NativePlan, PointInTimeJoin}
import ai.chronon.spark.source.GroupByScan
import org.apache.spark.sql.{AnalysisException, DataFrame, Row}
import org.apache.spark.sql.types.{StructField => SparkField, StructType}

import scala.collection.JavaConverters._

/** The columns that definitions give, with their types and where they come from. Names and types are the plan's and those of the
  * tables; neither rows nor partitions are looked at, so that also what no job computes here can be described.
  *
  * @param day stands for every date that a staging query is rendered with
  */
private[spark] final class FeatureDescriber(tables: TableUtils, day: String) {
  private val ds = tables.partitionColumn
  private val open = PartitionRange(None, None, tables.partitionSpec)

  /** Values of a group-by, unprefixed: those of its derivations, if it has any.
    *
    * @throws ai.chronon.spark.DefinitionException when it does not fit its tables
    */
  def of(groupBy: api.GroupBy): Seq[Feature] = {
    val owner = Definitions.label(groupBy)
    DefinitionChecks.required(groupBy)
    Setups.run(tables, Definitions.sources(groupBy).flatMap(_.setups))
    val input = new GroupByScan(tables, groupBy, asWritten = true).schema
    val values =
      if (Definitions.aggregations(groupBy).isEmpty) plain(groupBy, input) else aggregated(groupBy, input)
    val others = input.fields.toSeq.filter(f => f.name == ds || groupBy.getKeyColumns.contains(f.name))
    derived(owner, Derivations.of(groupBy), others, values)
  }

  /** Values of a join: those of its parts and external parts, or of its derivations, if it has any.
    *
    * @throws ai.chronon.spark.DefinitionException when it, or a part of it, does not fit its tables
    */
  def of(join: api.Join): Seq[Feature] = {
    val owner = Definitions.label(join)
    if (join.getLeft == null || !join.getLeft.isSet)
      throw DefinitionException.of(owner, "left", null, "a source is needed")
    val left = new LeftFrame(tables, join)
    Setups.run(tables, left.source.setups)
    val others = left.read(open).schema
    val values = Definitions.joinParts(join).flatMap(ofPart) ++ ExternalParts.of(join).flatMap(ofExternal)
    derived(owner, Derivations.of(join), others.fields.toSeq, values)
  }

  /** Columns of a staging query.
    *
    * @throws ai.chronon.spark.DefinitionException when it cannot be analysed
    */
  def of(query: api.StagingQuery): Seq[Feature] = {
    val owner = s"staging query ${api.TableNames.name(query.getMetaData)}"
    if (query.getQuery == null) throw DefinitionException.of(owner, "query", null, "there is none")
    Setups.run(tables, Option(query.getSetups).map(_.asScala.toList).getOrElse(Nil))
    val text = QueryMacros.withDay(owner, query.getQuery, day)
    fieldsOf(analysed(owner, "query")(tables.sql(text))).map(Feature.queried)
  }

  private def plain(groupBy: api.GroupBy, input: StructType): Seq[Feature] = {
    val others = groupBy.getKeyColumns.asScala ++ Constants.ReservedColumns(ds)
    fieldsOf(StructType(input.fields.filterNot(f => others.contains(f.name)))).map(Feature.plain)
  }

  private def aggregated(groupBy: api.GroupBy, input: StructType): Seq[Feature] = {
    DefinitionChecks.columns(groupBy, input)
    val columns = NativePlan.outputs(groupBy, input, PointInTimeJoin.strict(tables.spark))
    val parts = Definitions.aggregations(groupBy).flatMap(ColumnNames.unpack)
    // the plan names columns; which aggregation one is of follows from the order that both keep
    require(
      columns.map(_.name) == parts.map(ColumnNames.of),
      s"${Definitions.label(groupBy)}: the plan has ${columns.map(_.name).mkString(", ")}"
    )
    parts.zip(columns).map { case (part, column) => Feature.aggregated(part, column) }
  }

  private def ofPart(part: api.JoinPart): Seq[Feature] = of(part.getGroupBy).map { feature =>
    feature.copy(
      name = s"${ColumnNames.fullPrefix(part)}_${feature.name}",
      groupBy = Option(part.getGroupBy.getMetaData.getName)
    )
  }

  private def ofExternal(part: api.ExternalPart): Seq[Feature] = {
    val prefix = ExternalParts.fullName(part) + "_"
    ExternalParts.valueSchema(part).map { column =>
      Feature.external(
        column,
        column.name.stripPrefix(prefix),
        Option(part.getSource.getValueSchema).flatMap(schema => Option(schema.getName))
      )
    }
  }

  /** @param others columns that expressions may name besides the values */
  private def derived(
      owner: String,
      derivations: Seq[Derivation],
      others: Seq[SparkField],
      values: Seq[Feature]
  ): Seq[Feature] =
    if (derivations.isEmpty) values
    else {
      val named = values.map(v => v.name -> SparkField(v.name, SparkTypes.toSpark(v.dataType)))
      val base = StructType(others.filterNot(f => named.exists(_._1 == f.name)) ++ named.toMap.values)
      val columns = inPlace(derivations, Derivations.projection(derivations, values.map(_.name)))
        .filterNot { case (name, _) => name == Constants.TimeColumn || name == ds }
      val expressions = columns.map { case (name, expression) =>
        s"${if (name == expression) Sql.name(name) else expression} AS ${Sql.name(name)}"
      }
      val rows = tables.spark.createDataFrame(new java.util.ArrayList[Row], base)
      fieldsOf(analysed(owner, "derivations")(rows.selectExpr(expressions: _*))).map(Feature.derived)
    }

  /** What a star keeps where the star stands, as a table has it. */
  private def inPlace(
      derivations: Seq[Derivation],
      projection: Seq[(String, String)]
  ): Seq[(String, String)] = {
    val (kept, written) = projection.splitAt(projection.length - Derivations.withoutStar(derivations).length)
    val (before, after) = written.splitAt(derivations.indexWhere(Derivations.isStar))
    before ++ kept ++ after
  }

  private def fieldsOf(schema: StructType): Seq[StructField] =
    schema.fields.toSeq.map(f => StructField(f.name, SparkTypes.fromSpark(f.name, f.dataType)))

  private def analysed(owner: String, field: String)(frame: => DataFrame): StructType =
    try frame.schema
    catch {
      case e: AnalysisException =>
        throw new DefinitionException(owner, Some(field), None, e.getSimpleMessage, e)
    }
}
