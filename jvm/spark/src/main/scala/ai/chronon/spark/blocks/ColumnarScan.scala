package ai.chronon.spark.blocks

import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.execution.{
  ColumnarToRowExec,
  FilterExec,
  InputAdapter,
  ProjectExec,
  SparkPlan,
  WholeStageCodegenExec
}
import org.apache.spark.sql.types.{DataType, LongType}
import org.apache.spark.sql.vectorized.ColumnarBatch

/** A scan that gives columns, and what a projection and a filter above it do, where that is so little that it needs no rows:
  * columns as they are, numbers that are always the same, columns that must not be null, and filters of nulls.
  *
  * Generated code between such a scan and an exchange costs more than what it computes.
  */
private[blocks] final case class ColumnarScan(plan: SparkPlan, reader: ColumnarReader)

private[blocks] object ColumnarScan {

  /** What `plan` consists of, if that is such a scan. */
  def of(plan: SparkPlan): Option[ColumnarScan] = {
    val (list, below) = bare(plan) match {
      case ProjectExec(list, child) => (list, bare(child))
      case other                    => (other.output, other)
    }
    val (filters, scan) = below match {
      case FilterExec(condition, child) => (conjuncts(condition), bare(child))
      case other                        => (Nil, other)
    }
    if (!scan.supportsColumnar) None
    else
      for {
        columns <- all(list.map(column(_, scan.output)))
        kept <- all(filters.map(notAllNull(_, scan.output)))
        if columns.forall(column => ColumnFrame.takes(column.dataType))
      } yield ColumnarScan(scan, new ColumnarReader(columns.toArray, kept.map(_.toArray).toArray))
  }

  private def bare(plan: SparkPlan): SparkPlan = plan match {
    case WholeStageCodegenExec(child) => bare(child)
    case InputAdapter(child)          => bare(child)
    case ColumnarToRowExec(child)     => bare(child)
    case other                        => other
  }

  private def column(expression: Expression, input: Seq[Attribute]): Option[ColumnarReader.Column] =
    expression match {
      case Alias(child, _)                => column(child, input)
      case a: Attribute                   => place(a, input).map(ColumnarReader.Read(_, a.dataType))
      case Literal(value: Long, LongType) => Some(ColumnarReader.Constant(value))
      case CaseWhen(Seq((IsNull(a: Attribute), forNull)), Some(b: Attribute))
          if fails(forNull) && a.semanticEquals(b) =>
        required(a, expression, input)
      case If(IsNull(a: Attribute), forNull, b: Attribute) if fails(forNull) && a.semanticEquals(b) =>
        required(a, expression, input)
      case _ => None
    }

  private def required(
      a: Attribute,
      expression: Expression,
      input: Seq[Attribute]
  ): Option[ColumnarReader.Column] =
    place(a, input).map(
      ColumnarReader.Read(_, a.dataType, Some(BindReferences.bindReference(expression, input)))
    )

  private def fails(expression: Expression): Boolean = expression match {
    case _: RaiseError => true
    case cast: Cast    => fails(cast.child)
    case _             => false
  }

  /** The columns of which one at least must not be null. */
  private def notAllNull(filter: Expression, input: Seq[Attribute]): Option[Seq[Int]] = filter match {
    case IsNotNull(a: Attribute) => place(a, input).map(Seq(_))
    case Or(left, right) => for (l <- notAllNull(left, input); r <- notAllNull(right, input)) yield l ++ r
    case _               => None
  }

  private def conjuncts(filter: Expression): Seq[Expression] = filter match {
    case And(left, right) => conjuncts(left) ++ conjuncts(right)
    case other            => Seq(other)
  }

  private def place(attribute: Attribute, input: Seq[Attribute]): Option[Int] =
    Some(input.indexWhere(_.exprId == attribute.exprId)).filter(_ >= 0)

  private def all[T](options: Seq[Option[T]]): Option[Seq[T]] =
    if (options.forall(_.isDefined)) Some(options.flatten) else None
}

/** Reads batches of a [[ColumnarScan]].
  *
  * @param kept columns by place: of each group one at least must not be null in a row, or the row is left out
  */
private[blocks] final class ColumnarReader(columns: Array[ColumnarReader.Column], kept: Array[Array[Int]])
    extends Serializable {
  import ColumnarReader._

  /** Writes a batch into the frame; how many rows are not left out.
    *
    * @throws Exception what the expression of a column throws where it must not be null and is
    */
  def read(batch: ColumnarBatch, frame: ColumnFrame): Int = {
    val rows = batch.numRows()
    val leftOut = nullRows(batch)
    frame.begin(rows, leftOut)
    columns.foreach {
      case Constant(value)                 => frame.constant(value, rows)
      case Read(place, dataType, required) =>
        required.foreach(requireValues(batch, place, _, leftOut))
        frame.column(batch.column(place), dataType, rows)
    }
    if (leftOut == null) rows else leftOut.count(!_)
  }

  /** Rows that are left out; null if there are none. */
  private def nullRows(batch: ColumnarBatch): Array[Boolean] = {
    val groups = kept.filter(_.forall(place => batch.column(place).hasNull))
    if (groups.isEmpty) null
    else {
      val nulls = groups.map(_.map(place => ColumnFrame.nulls(batch.column(place), batch.numRows())))
      Array.tabulate(batch.numRows())(row => nulls.exists(_.forall(_(row))))
    }
  }

  private def requireValues(
      batch: ColumnarBatch,
      place: Int,
      expression: Expression,
      leftOut: Array[Boolean]
  ): Unit = {
    val values = batch.column(place)
    if (values.hasNull)
      (0 until batch.numRows()).filter(row => (leftOut == null || !leftOut(row)) && values.isNullAt(row))
        .foreach { row =>
          val value = expression.eval(batch.getRow(row))
          throw new IllegalStateException(s"$expression is $value where its column is null")
        }
  }
}

private[blocks] object ColumnarReader {

  /** How a column comes about. */
  sealed trait Column extends Serializable { def dataType: DataType }

  /** As it is in the batch.
    *
    * @param required throws for a row where the column is null; without it, nulls are values like others
    */
  final case class Read(place: Int, dataType: DataType, required: Option[Expression] = None) extends Column

  /** The same in every row. */
  final case class Constant(value: Long) extends Column { override def dataType: DataType = LongType }
}
