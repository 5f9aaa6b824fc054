package ai.chronon.spark.job

import ai.chronon.api.{Aggregation, DataModel, GroupBy, Operation, Sources, TimeUnit}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.kernel.TypeNames
import org.apache.spark.sql.types._

import scala.collection.JavaConverters._

/** Checks of a definition against the columns that its sources really have. Reads schemas only, never rows. */
object DefinitionChecks {

  /** What does not need any table: required fields, windows.
    *
    * @param daily whether values are computed per day, so that windows in hours have no meaning
    */
  def shape(groupBy: GroupBy, daily: Boolean): Unit = {
    val owner = Definitions.label(groupBy)
    if (groupBy.getMetaData == null || groupBy.getMetaData.getName == null)
      throw DefinitionException.of(owner, "metaData.name", null, "a group-by needs a name")
    required(groupBy)
    val aggregations = Definitions.aggregations(groupBy)
    if (aggregations.isEmpty && Sources.dataModel(groupBy) == DataModel.Events)
      throw DefinitionException.of(
        owner,
        "aggregations",
        null,
        "only entities can be joined without aggregations"
      )
    if (daily) aggregations.foreach { a =>
      Option(a.getWindows).toSeq.flatMap(_.asScala).find(_.getTimeUnit == TimeUnit.HOURS).foreach { w =>
        throw DefinitionException.of(
          owner,
          a.getInputColumn,
          s"window of ${w.getLength} hours",
          "values per day (SNAPSHOT accuracy, an entity left or a group-by backfill) need windows in days"
        )
      }
    }
  }

  /** What entities with mutations need. */
  def mutations(groupBy: GroupBy): Unit = {
    temporal(groupBy, "mutations")
    Definitions.sources(groupBy).foreach(_.mutations(Definitions.label(groupBy)))
  }

  /** What is answered with what streams in, or with mutations, must be aggregated.
    *
    * @param merged what the values would be merged with
    */
  def temporal(groupBy: GroupBy, merged: String): Unit =
    if (Definitions.aggregations(groupBy).isEmpty)
      throw DefinitionException.of(
        Definitions.label(groupBy),
        "accuracy",
        "TEMPORAL",
        s"without aggregations there is nothing to merge with $merged; use SNAPSHOT"
      )

  /** What nothing can be said about a group-by without: keys, sources, operations, windows. */
  def required(groupBy: GroupBy): Unit = {
    val owner = Definitions.label(groupBy)
    if (groupBy.getKeyColumns == null || groupBy.getKeyColumns.isEmpty)
      throw DefinitionException.of(owner, "keyColumns", null, "a group-by needs at least one key column")
    if (groupBy.getSources == null || groupBy.getSources.isEmpty)
      throw DefinitionException.of(owner, "sources", null, "a group-by needs at least one source")
    Definitions.aggregations(groupBy).foreach { a =>
      if (a.getOperation == null)
        throw DefinitionException.of(
          owner,
          a.getInputColumn,
          null,
          "the aggregation has no operation, or one that this version does not know"
        )
      if (a.getWindows != null && a.getWindows.isEmpty)
        throw DefinitionException.of(
          owner,
          a.getInputColumn,
          "windows = []",
          "an empty list gives no column; leave windows out for all of history"
        )
    }
  }

  /** Inputs, buckets and their types. */
  def columns(groupBy: GroupBy, schema: StructType): Unit = {
    val owner = Definitions.label(groupBy)
    Definitions.aggregations(groupBy).foreach { a =>
      val input = find(owner, schema, a.getInputColumn, "input column of an aggregation")
      if (!accepts(a.getOperation, input))
        throw DefinitionException.of(
          owner,
          a.getInputColumn,
          input.catalogString,
          s"${a.getOperation}${windowText(a)} does not take this type; convert it in selects"
        )
      Option(a.getBuckets).map(_.asScala.toList).getOrElse(Nil).foreach { bucket =>
        val found = find(owner, schema, bucket, s"bucket of ${a.getInputColumn}")
        if (found != StringType)
          throw DefinitionException.of(
            owner,
            bucket,
            found.catalogString,
            "a bucket must be a string; convert it in selects"
          )
      }
    }
  }

  /** Both sides of every key exist and have one type. */
  def keys(join: String, part: PartPlan, left: StructType, right: StructType): Unit =
    part.keys.foreach { key =>
      val leftType = left.fields.find(_.name == key.left).map(_.dataType).getOrElse(
        throw DefinitionException.of(
          join,
          key.left,
          null,
          s"no such column on the left, but ${part.label} has the key `${key.right}`; select it or map another column to it. " +
            s"The left has ${left.fieldNames.mkString(", ")}"
        )
      )
      val rightType = find(part.label, right, key.right, "key")
      if (leftType.catalogString != rightType.catalogString)
        throw DefinitionException.of(
          join,
          key.left,
          leftType.catalogString,
          s"the key `${key.right}` of ${part.label} is ${rightType.catalogString}; convert one of them in selects"
        )
    }

  private def find(owner: String, schema: StructType, name: String, role: String): DataType =
    schema.fields.find(_.name == name).map(_.dataType).getOrElse(
      throw DefinitionException.of(
        owner,
        name,
        null,
        s"$role: no such column; there are ${schema.fieldNames.mkString(", ")}"
      )
    )

  private def windowText(a: Aggregation): String =
    Option(a.getWindows).map(_.asScala.map(w => s"${w.getLength} ${w.getTimeUnit}").mkString(
      " over ",
      ", ",
      ""
    )).getOrElse("")

  private val numeric: Set[DataType] = Set(IntegerType, LongType, ShortType, FloatType, DoubleType)
  private val comparable: Set[DataType] = numeric + StringType
  private val countable: Set[DataType] = comparable + BinaryType

  /** The kernel has the last word; this table exists so that the message names definition and column before any table
    * is touched.
    */
  private def accepts(operation: Operation, column: DataType): Boolean = {
    import Operation._
    def simple(types: Set[DataType]) = types.contains(element(column))
    operation match {
      case MIN | MAX | TOP_K | BOTTOM_K | APPROX_HISTOGRAM_K         => simple(comparable)
      case UNIQUE_COUNT | APPROX_UNIQUE_COUNT | BOUNDED_UNIQUE_COUNT => simple(countable)
      case SUM                                                       => simple(numeric + BooleanType)
      case AVERAGE | VARIANCE | SKEW | KURTOSIS | APPROX_PERCENTILE  => simple(numeric)
      case HISTOGRAM                                                 => simple(Set(StringType))
      case COUNT | FIRST | LAST | FIRST_K | LAST_K                   =>
        column != DateType && column != TimestampType && TypeNames.json("", column).isDefined
    }
  }

  /** What a simple operation folds: the elements of a list or the values of a string-keyed map, else the value. */
  private def element(column: DataType): DataType = column match {
    case ArrayType(e, _)           => e
    case MapType(StringType, v, _) => v
    case scalar                    => scalar
  }
}
