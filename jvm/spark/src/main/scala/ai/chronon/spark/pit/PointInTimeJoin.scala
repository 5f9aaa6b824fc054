package ai.chronon.spark.pit

import ai.chronon.spark.catalog.Sql
import org.apache.spark.sql.{Column, DataFrame, SparkSession}
import org.apache.spark.sql.chronon.SparkInternals
import org.apache.spark.sql.catalyst.expressions.{Alias, AttributeReference, Expression}
import org.apache.spark.sql.catalyst.plans.logical.Project
import org.apache.spark.sql.functions.lit
import org.apache.spark.sql.types.LongType

import scala.collection.JavaConverters._

/** Joins features to rows as of a moment: the entry point of the package. */
object PointInTimeJoin {

  /** With `false`, estimates that the reference gets wrong by their nature are better ones. */
  val Strict = "spark.chronon.aggregation.strict"

  private[spark] def strict(session: SparkSession): Boolean = session.conf.get(Strict, "true") match {
    case "true"  => true
    case "false" => false
    case other   => throw new IllegalArgumentException(s"$Strict is `$other`; use true or false")
  }

  /** Every row of `left` with the aggregations of `spec.groupBy` over the rows of `right` that have the same keys and
    * lie in each window before the row's query time: `[round(Q - W, hop), Q)`.
    *
    * Left rows are kept as they are, duplicates included; a row with a null key or query time gets null features. Right
    * rows with a null in any key match nothing.
    *
    * @throws IllegalArgumentException when a column is missing or the key types differ, naming both
    * @throws ai.chronon.jni.NativeException when the kernel refuses the definition
    */
  def apply(left: DataFrame, right: DataFrame, spec: PointInTimeSpec): DataFrame = {
    val name = Option(spec.groupBy.getMetaData).map(_.getName).getOrElse("(unnamed group-by)")
    checkKeys(name, left, right, spec)
    val plan = NativePlan.describe(spec.groupBy, right.schema, spec.resolution, strict(right.sparkSession))

    // Fresh names and ids on the right: both sides may come from one table. Only what is needed crosses the exchange.
    val mutations = spec.mutations
    val rightColumns = spec.rightKeys.zipWithIndex.map { case (k, i) => Sql.column(k).as(s"__pit_key_$i") } ++
      mutations.map(_.rightDay.as("__pit_day")) ++
      Seq(spec.rightTime.as("__pit_time")) ++
      mutations.toSeq.flatMap(m => Seq(m.added.as("__pit_added"), m.ts.as("__pit_ts"))) ++
      plan.inputs.fieldNames.zipWithIndex.map { case (c, i) => Sql.column(c).as(s"__pit_input_$i") }
    val events = right.select(rightColumns: _*)
    val time = events.schema("__pit_time")
    require(
      time.dataType == LongType,
      s"group-by $name: the time column must be a long (epoch milliseconds), found ${time.dataType.catalogString}"
    )

    // Without any window an entity snapshot counts every row, whatever its time.
    val queryTime =
      if (spec.resolution == PitResolution.Exact && !hasWindows(spec)) lit(Long.MaxValue) else spec.queryTime
    val (leftKeys, leftTimes) =
      expressionsOf(left, spec.leftKeys.map(Sql.column) ++ Seq(queryTime) ++ mutations.map(_.leftDay))
        .splitAt(spec.leftKeys.length)
    val leftQueryTime = leftTimes.head
    require(
      leftQueryTime.dataType == LongType,
      s"group-by $name: the query time must be a long (epoch milliseconds), found ${leftQueryTime.dataType.catalogString}"
    )

    val rightAttributes = events.queryExecution.analyzed.output
    val (rightKeys, others) = rightAttributes.splitAt(spec.rightKeys.length)
    val (rightDay, rest) = others.splitAt(mutations.size)
    val node = PointInTimeJoinNode(
      left.queryExecution.analyzed,
      events.queryExecution.analyzed,
      leftKeys,
      leftQueryTime,
      rightKeys,
      rest.head,
      rest.tail,
      plan,
      plan.outputs.fields.toSeq.map(f => AttributeReference(spec.outputPrefix + f.name, f.dataType)()),
      leftTimes.tail.headOption,
      rightDay.headOption,
      spec.together.map(column => expressionsOf(left, Seq(Sql.column(column))).head)
    )
    val spark = left.sparkSession
    PointInTimeStrategy.install(spark)
    SparkInternals.frame(spark, node)
  }

  private def hasWindows(spec: PointInTimeSpec): Boolean =
    Option(spec.groupBy.getAggregations).exists(_.asScala.exists(_.getWindows != null))

  private def checkKeys(name: String, left: DataFrame, right: DataFrame, spec: PointInTimeSpec): Unit = {
    require(
      spec.leftKeys.nonEmpty && spec.leftKeys.length == spec.rightKeys.length,
      s"group-by $name: left keys [${spec.leftKeys.mkString(", ")}] and right keys [${spec.rightKeys.mkString(", ")}] must pair up"
    )
    spec.leftKeys.zip(spec.rightKeys).foreach { case (leftKey, rightKey) =>
      def typeOf(side: String, frame: DataFrame, key: String) =
        frame.schema.fields.find(_.name == key).map(_.dataType).getOrElse(throw new IllegalArgumentException(
          s"group-by $name: key column `$key` is not on the $side side, which has ${frame.columns.mkString(", ")}"
        ))
      val (leftType, rightType) = (typeOf("left", left, leftKey), typeOf("right", right, rightKey))
      require(
        leftType == rightType,
        s"group-by $name: key `$leftKey` is ${leftType.catalogString} on the left but `$rightKey` is " +
          s"${rightType.catalogString} on the right; cast one of them in its select"
      )
    }
  }

  /** The columns as expressions over the attributes of `frame`. */
  private def expressionsOf(frame: DataFrame, columns: Seq[Column]): Seq[Expression] = {
    val named = columns.zipWithIndex.map { case (c, i) => c.as(s"__pit_left_$i") }
    frame.select(named: _*).queryExecution.analyzed match {
      case Project(list, _) => list.map { case Alias(child, _) => child; case other => other }
      case other => throw new IllegalStateException(s"expected a projection, found ${other.nodeName}")
    }
  }
}
