package ai.chronon.online.derive

import ai.chronon.api._

import scala.util.Try

/** An expression over named columns, evaluated without Spark and to Spark SQL's results (its default, non-ANSI mode). */
private[online] sealed abstract class Expression(val dataType: DataType) {

  /** @param column the value of a column, null included */
  def eval(column: String => AnyRef): AnyRef
}

private[online] object Expression {
  import Syntax._

  /** The expression, or none if any of it is not evaluated here, or would not mean here what it means to Spark. */
  def compile(text: String, columns: Seq[StructField]): Option[Expression] =
    try new Typer(columns).typed(new ExpressionParser(text).parse())
    catch { case _: NotHere => None }

  /** A column as it is. */
  def column(field: StructField): Expression = expression(field.fieldType)(row => row(field.name))

  private def expression(dataType: DataType)(f: (String => AnyRef) => AnyRef): Expression =
    new Expression(dataType) { override def eval(column: String => AnyRef): AnyRef = f(column) }

  private final class Typer(columns: Seq[StructField]) {

    def typed(syntax: Syntax): Option[Expression] = syntax match {
      case Literal(text) if isDecimal(text) => None // as a result of its own it would be a decimal
      case other                            => Some(build(other))
    }

    private def isDecimal(text: String) = text.matches("\\d*\\.\\d*")

    private def build(syntax: Syntax): Expression = syntax match {
      case Column(name)          => column(name)
      case Literal(text)         => literal(text)
      case Text(value)           => expression(StringType)(_ => value)
      case Constant(value)       => expression(BooleanType)(_ => value)
      case Unary("not", operand) =>
        val inner = boolean(operand)
        expression(BooleanType) { row =>
          val value = inner.eval(row)
          if (value == null) null else Boolean.box(!value.asInstanceOf[Boolean])
        }
      case Unary(_, operand)   => negative(build(operand))
      case Binary("and", a, b) => logic(boolean(a), boolean(b), decisive = false)
      case Binary("or", a, b)  => logic(boolean(a), boolean(b), decisive = true)
      case Binary(operator, a, b) if "+-*/".contains(operator) => arithmetic(operator, a, b)
      case Binary(operator, a, b)                              => comparison(operator, a, b)
      case IsNull(operand, negated)                            =>
        val inner = build(operand)
        expression(BooleanType)(row => Boolean.box((inner.eval(row) == null) != negated))
      case Cast(operand, typeName)                 => cast(build(operand), typeName)
      case Call("coalesce", all)                   => firstOf(all)
      case Call("nvl" | "ifnull", all @ Seq(_, _)) => firstOf(all)
      case Call("if", Seq(condition, yes, no))     => choice(Seq(condition -> yes), Some(no))
      case Case(branches, otherwise)               => choice(branches, otherwise)
      case Call(name, _)                           => throw new NotHere(name)
    }

    // Spark resolves names without regard to case: a name that is not there exactly so, or not once, is left to it.
    private def column(name: String): Expression = columns.filter(_.name.equalsIgnoreCase(name)) match {
      case Seq(field) if field.name == name => expression(field.fieldType)(row => row(name))
      case _                                => throw new NotHere(s"column $name")
    }

    private def literal(text: String): Expression = {
      def constant(dataType: DataType, value: => AnyRef) = {
        val made = Try(value).getOrElse(throw new NotHere(text))
        expression(dataType)(_ => made)
      }
      if (text.matches("\\d+")) constant(IntType, Int.box(text.toInt))
      else if (text.matches("\\d+[lL]")) constant(LongType, Long.box(text.dropRight(1).toLong))
      else if (text.matches("[\\d.]+([eE][+-]?\\d+)?[dD]"))
        constant(DoubleType, Double.box(text.dropRight(1).toDouble))
      else if (text.matches("[\\d.]+[eE][+-]?\\d+")) constant(DoubleType, Double.box(text.toDouble))
      else throw new NotHere(text)
    }

    private def boolean(syntax: Syntax): Expression = {
      val built = build(syntax)
      if (built.dataType != BooleanType) throw new NotHere("a condition that is no boolean")
      built
    }

    /** Operands in their common type; a decimal literal becomes a double beside floats and doubles. */
    private def widened(operands: Seq[Syntax], to: Option[DataType] = None): Seq[Expression] = {
      val built = operands.map {
        case Literal(text) if isDecimal(text) => Left(text)
        case other                            => Right(build(other))
      }
      val types = built.collect { case Right(operand) => operand.dataType }
      val decimals = built.exists(_.isLeft)
      if (types.isEmpty || (decimals && types.exists(t => t != DoubleType && t != FloatType)))
        throw new NotHere("decimals")
      val common =
        if (decimals) DoubleType
        else if (types.distinct.size == 1) types.head
        else if (types.forall(ranks.contains)) types.maxBy(ranks.indexOf(_))
        else throw new NotHere("operands of different types")
      built.map {
        case Left(text) =>
          val value = Double.box(text.toDouble)
          expression(DoubleType)(_ => value)
        case Right(operand) => converted(operand, to.getOrElse(common))
      }
    }

    private def numbers(operands: Seq[Syntax], to: Option[DataType]): Seq[Expression] = {
      val result = widened(operands)
      if (!ranks.contains(result.head.dataType)) throw new NotHere("arithmetic on what is no number")
      // Each operand goes to the type by itself: by way of the common one an int beside a float would be rounded.
      if (to.isDefined) widened(operands, to) else result
    }

    private def negative(operand: Expression): Expression = operand.dataType match {
      case IntType    => nullSafe(operand, IntType)(n => Int.box(-n.intValue))
      case LongType   => nullSafe(operand, LongType)(n => Long.box(-n.longValue))
      case FloatType  => nullSafe(operand, FloatType)(n => Float.box(-n.floatValue))
      case DoubleType => nullSafe(operand, DoubleType)(n => Double.box(-n.doubleValue))
      case _          => throw new NotHere("minus")
    }

    private def arithmetic(operator: String, a: Syntax, b: Syntax): Expression = {
      val isQuotient = operator == "/"
      val operands = numbers(Seq(a, b), if (isQuotient) Some(DoubleType) else None)
      val (left, right) = (operands.head, operands.last)
      if (isQuotient) quotient(left, right)
      else left.dataType match {
        case IntType => binary(left, right, IntType)((x, y) =>
            Int.box(whole(operator, x.intValue.toLong, y.intValue.toLong).toInt)
          )
        case LongType =>
          binary(left, right, LongType)((x, y) => Long.box(whole(operator, x.longValue, y.longValue)))
        case FloatType => binary(left, right, FloatType) { (x, y) =>
            val (p, q) = (x.floatValue, y.floatValue)
            Float.box(operator match { case "+" => p + q; case "-" => p - q; case _ => p * q })
          }
        case DoubleType => binary(left, right, DoubleType) { (x, y) =>
            val (p, q) = (x.doubleValue, y.doubleValue)
            Double.box(operator match { case "+" => p + q; case "-" => p - q; case _ => p * q })
          }
        case _ => throw new NotHere("arithmetic on narrow numbers") // of two shorts Spark makes a short
      }
    }

    private def whole(operator: String, x: Long, y: Long): Long =
      operator match { case "+" => x + y; case "-" => x - y; case _ => x * y }

    private def quotient(left: Expression, right: Expression): Expression =
      binary(left, right, DoubleType) { (x, y) =>
        if (y.doubleValue == 0.0) null else Double.box(x.doubleValue / y.doubleValue)
      }

    private def comparison(operator: String, a: Syntax, b: Syntax): Expression = {
      val operands = widened(Seq(a, b))
      val (left, right) = (operands.head, operands.last)
      val equality = Set("=", "==", "<>", "!=")(operator)
      val compare: (AnyRef, AnyRef) => Int = left.dataType match {
        case IntType | ShortType | ByteType | LongType =>
          (x, y) => java.lang.Long.compare(x.asInstanceOf[Number].longValue, y.asInstanceOf[Number].longValue)
        case FloatType | DoubleType =>
          (x, y) => ordered(x.asInstanceOf[Number].doubleValue, y.asInstanceOf[Number].doubleValue)
        case BooleanType if equality => (x, y) => if (x == y) 0 else 1
        case StringType if equality  => (x, y) => if (x.toString == y.toString) 0 else 1
        case _ => throw new NotHere(s"comparison of ${DataType.toString(left.dataType)}")
      }
      val holds: Int => Boolean = operator match {
        case "=" | "=="  => _ == 0
        case "<>" | "!=" => _ != 0
        case "<"         => _ < 0
        case "<="        => _ <= 0
        case ">"         => _ > 0
        case _           => _ >= 0
      }
      expression(BooleanType) { row =>
        val x = left.eval(row)
        val y = if (x == null) null else right.eval(row)
        if (y == null) null else Boolean.box(holds(compare(x, y)))
      }
    }

    /** NaN equals itself and is larger than everything; the two zeros are equal. */
    private def ordered(x: Double, y: Double): Int = if (x == y) 0 else java.lang.Double.compare(x, y)

    /** AND is decided by a false, OR by a true, even beside a null. */
    private def logic(left: Expression, right: Expression, decisive: Boolean): Expression =
      expression(BooleanType) { row =>
        val x = left.eval(row)
        if (x != null && x.asInstanceOf[Boolean] == decisive) x
        else {
          val y = right.eval(row)
          if (y != null && y.asInstanceOf[Boolean] == decisive) y
          else if (x == null || y == null) null
          else Boolean.box(!decisive)
        }
      }

    private def firstOf(operands: Seq[Syntax]): Expression = {
      val all = widened(operands)
      expression(all.head.dataType)(row => all.iterator.map(_.eval(row)).find(_ != null).orNull)
    }

    private def choice(branches: Seq[(Syntax, Syntax)], otherwise: Option[Syntax]): Expression = {
      val conditions = branches.map { case (condition, _) => boolean(condition) }
      val results = widened(branches.map(_._2) ++ otherwise)
      val pairs = conditions.zip(results)
      expression(results.head.dataType) { row =>
        pairs.find { case (condition, _) => condition.eval(row) == java.lang.Boolean.TRUE } match {
          case Some((_, result))           => result.eval(row)
          case None if otherwise.isDefined => results.last.eval(row)
          case None                        => null
        }
      }
    }

    private def cast(operand: Expression, typeName: String): Expression = {
      if (!ranks.contains(operand.dataType)) throw new NotHere("a cast of what is no number")
      typeName match {
        case "double"          => converted(operand, DoubleType)
        case "float" | "real"  => converted(operand, FloatType)
        case "bigint" | "long" => converted(operand, LongType)
        case "int" | "integer" => converted(operand, IntType)
        case other             => throw new NotHere(s"cast to $other")
      }
    }
  }

  /** Numbers from narrow to wide. */
  private val ranks: Seq[DataType] = Seq(ByteType, ShortType, IntType, LongType, FloatType, DoubleType)

  private def converted(operand: Expression, dataType: DataType): Expression =
    if (operand.dataType == dataType) operand
    else {
      val fractional = operand.dataType == FloatType || operand.dataType == DoubleType
      dataType match {
        case DoubleType => nullSafe(operand, DoubleType)(n => Double.box(n.doubleValue))
        // Spark leaves out a float between a whole number and a double, and with it the rounding: that is its business.
        case FloatType if !fractional => throw new NotHere("a whole number as a float")
        case FloatType                => nullSafe(operand, FloatType)(n => Float.box(n.floatValue))
        case LongType                 => nullSafe(operand, LongType)(n => Long.box(n.longValue))
        // Fractions stop at the largest int, longs lose their high bits.
        case IntType if fractional => nullSafe(operand, IntType)(n => Int.box(n.doubleValue.toInt))
        case IntType               => nullSafe(operand, IntType)(n => Int.box(n.longValue.toInt))
        case ShortType             => nullSafe(operand, ShortType)(n => Short.box(n.shortValue))
        case other                 => throw new NotHere(s"conversion to ${DataType.toString(other)}")
      }
    }

  private def nullSafe(operand: Expression, dataType: DataType)(f: Number => AnyRef): Expression =
    expression(dataType) { row =>
      val value = operand.eval(row)
      if (value == null) null else f(value.asInstanceOf[Number])
    }

  private def binary(
      left: Expression,
      right: Expression,
      dataType: DataType
  )(f: (Number, Number) => AnyRef): Expression =
    expression(dataType) { row =>
      val x = left.eval(row)
      val y = if (x == null) null else right.eval(row)
      if (y == null) null else f(x.asInstanceOf[Number], y.asInstanceOf[Number])
    }
}
