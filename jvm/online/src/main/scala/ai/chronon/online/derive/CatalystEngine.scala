package ai.chronon.online.derive

import ai.chronon.api._
import org.apache.spark.sql.catalyst.CatalystTypeConverters
import org.apache.spark.sql.catalyst.InternalRow
import org.apache.spark.sql.catalyst.expressions.{
  BindReferences,
  Expression => SparkExpression,
  GenericInternalRow,
  UnsafeProjection
}
import org.apache.spark.sql.catalyst.plans.logical.{LogicalPlan, Project}
import org.apache.spark.sql.{Row => SparkRow, SparkSession, types => spark}

import java.util.concurrent.ConcurrentLinkedQueue
import scala.collection.JavaConverters._

/** Spark's Catalyst as an engine of single rows: expressions are planned once, compiled, and applied without a job. */
private[online] final class CatalystEngine extends SqlEngine {
  import CatalystEngine._
  import SparkTypes.toSpark

  override def compile(
      owner: String,
      projection: Seq[(String, String)],
      inputs: Seq[StructField]
  ): SqlEngine.Projection = {
    val schema =
      spark.StructType(inputs.map(field => spark.StructField(field.name, toSpark(field.fieldType))))
    val texts = projection.map { case (name, text) =>
      s"${if (name == text) quoted(text) else text} AS ${quoted(name)}"
    }
    val frame = session.createDataFrame(new java.util.ArrayList[SparkRow], schema)
    // An RDD below, not a local relation: the optimizer would find out that there are no rows.
    val planned = session.createDataFrame(frame.rdd, schema).selectExpr(texts: _*)
    val (expressions, input) = bound(owner, planned.queryExecution.optimizedPlan)
    new Compiled(expressions, input.map(name => schema.fields(schema.fieldIndex(name))), planned.schema)
  }

  override def prepare(statements: Seq[String]): Unit = statements.foreach(session.sql(_))

  /** The expressions of a chain of projections over the input, and the input's columns that are left. */
  private def bound(owner: String, plan: LogicalPlan): (Seq[Seq[SparkExpression]], Seq[String]) = plan match {
    case Project(list, child) =>
      val (below, input) = bound(owner, child)
      (below :+ list.map(BindReferences.bindReference[SparkExpression](_, child.output)), input)
    case leaf if leaf.children.isEmpty => (Nil, leaf.output.map(_.name))
    case other                         => throw new UnsupportedOperationException(
        s"$owner: an expression needs ${other.nodeName}, which is no function of one row: only those can be evaluated here"
      )
  }
}

private[online] object CatalystEngine {

  /** One session for the process, with Spark's reference counting off: nothing is ever distributed. */
  private lazy val session: SparkSession = SparkSession.builder()
    .appName("chronon-derivations")
    .master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.adaptive.enabled", "false")
    .config("spark.sql.legacy.timeParserPolicy", "LEGACY")
    .config("spark.cleaner.referenceTracking", "false")
    .config("spark.ui.enabled", "false")
    .getOrCreate()

  private def quoted(name: String): String = s"`${name.replace("`", "``")}`"

  /** A feature as Spark's converters take it. */
  private def toRow(value: Any, dataType: spark.DataType): Any = (value, dataType) match {
    case (null, _)                                    => null
    case (struct: Array[_], spark.StructType(fields)) =>
      SparkRow.fromSeq(fields.indices.map(i =>
        if (i < struct.length) toRow(struct(i), fields(i).dataType) else null
      ))
    case (struct: scala.collection.Map[_, _], spark.StructType(fields)) =>
      val named = struct.asInstanceOf[scala.collection.Map[String, Any]]
      SparkRow.fromSeq(fields.toSeq.map(f => toRow(named.getOrElse(f.name, null), f.dataType)))
    case (struct: java.util.Map[_, _], spark.StructType(fields)) =>
      SparkRow.fromSeq(fields.toSeq.map(f => toRow(struct.get(f.name), f.dataType)))
    case (list: java.util.List[_], spark.ArrayType(element, _)) => list.asScala.map(toRow(_, element)).toSeq
    case (map: java.util.Map[_, _], spark.MapType(key, v, _))   =>
      map.asScala.map { case (k, x) => toRow(k, key) -> toRow(x, v) }.toMap
    case (other, _) => other
  }

  /** What Spark computed in the types of features; a struct is a map of its members by name. */
  private def fromRow(value: Any, dataType: spark.DataType): AnyRef = (value, dataType) match {
    case (null, _)                                 => null
    case (row: SparkRow, spark.StructType(fields)) =>
      fields.indices.map(i => fields(i).name -> fromRow(row.get(i), fields(i).dataType)).toMap
    case (list: scala.collection.Seq[_], spark.ArrayType(element, _)) =>
      val result = new java.util.ArrayList[AnyRef](list.size)
      list.foreach(x => result.add(fromRow(x, element)))
      result
    case (map: scala.collection.Map[_, _], spark.MapType(key, v, _)) =>
      val result = new java.util.HashMap[AnyRef, AnyRef]
      map.foreach { case (k, x) => result.put(fromRow(k, key), fromRow(x, v)) }
      result
    case (other, _) => other.asInstanceOf[AnyRef]
  }

  /** Compiled projections keep state while they work, so they are lent to one thread at a time; one whose evaluation failed is
    * thrown away with whatever it had half done.
    */
  private final class Compiled(
      expressions: Seq[Seq[SparkExpression]],
      inputs: Seq[spark.StructField],
      output: spark.StructType
  ) extends SqlEngine.Projection {
    private val toCatalyst =
      inputs.map(field => CatalystTypeConverters.createToCatalystConverter(field.dataType)).toArray
    private val toScala = CatalystTypeConverters.createToScalaConverter(output)
    private val idle = new ConcurrentLinkedQueue[Seq[UnsafeProjection]]

    private def compiled(): Seq[UnsafeProjection] = expressions.map(UnsafeProjection.create(_))
    idle.add(compiled())

    override val outputSchema: Seq[StructField] =
      output.fields.toSeq.map(field =>
        StructField(field.name, SparkTypes.fromSpark(field.name, field.dataType))
      )

    override def apply(column: String => AnyRef): Map[String, AnyRef] = {
      val values = new Array[Any](inputs.length)
      inputs.indices.foreach(i =>
        values(i) = toCatalyst(i)(toRow(column(inputs(i).name), inputs(i).dataType))
      )
      val chain = Option(idle.poll()).getOrElse(compiled())
      val row =
        chain.foldLeft(new GenericInternalRow(values): InternalRow)((input, projection) => projection(input))
      val result = toScala(row).asInstanceOf[SparkRow]
      idle.add(chain)
      output.fields.indices.map(i =>
        output.fields(i).name -> fromRow(result.get(i), output.fields(i).dataType)
      ).toMap
    }
  }
}
