package ai.chronon.online.derive

import scala.collection.mutable.ArrayBuffer

/** What an expression says, before types are looked at. */
private[derive] sealed trait Syntax
private[derive] object Syntax {
  case class Column(name: String) extends Syntax
  case class Literal(text: String) extends Syntax
  case class Text(value: String) extends Syntax
  case class Constant(value: java.lang.Boolean) extends Syntax
  case class Unary(operator: String, operand: Syntax) extends Syntax
  case class Binary(operator: String, left: Syntax, right: Syntax) extends Syntax
  case class IsNull(operand: Syntax, negated: Boolean) extends Syntax
  case class Call(name: String, arguments: Seq[Syntax]) extends Syntax
  case class Cast(operand: Syntax, typeName: String) extends Syntax
  case class Case(branches: Seq[(Syntax, Syntax)], otherwise: Option[Syntax]) extends Syntax
}

/** Thrown where an expression leaves the part of SQL that is evaluated here; it never leaves this package. */
private[derive] final class NotHere(what: String) extends Exception(what, null, false, false)

/** Reads the part of Spark's SQL that is evaluated without Spark: arithmetic, comparisons, logic, `CASE`, `CAST`, calls. */
private[derive] final class ExpressionParser(text: String) {
  import ExpressionParser._
  import Syntax._

  private val tokens = tokenize(text)
  private var at = 0

  def parse(): Syntax = {
    val result = or()
    if (at < tokens.length) throw new NotHere(s"`${tokens(at).text}`")
    result
  }

  private def keyword(word: String): Boolean =
    at < tokens.length && tokens(at).kind == Word && tokens(at).text.equalsIgnoreCase(word) && {
      at += 1; true
    }

  private def symbol(symbols: String*): Option[String] =
    if (at < tokens.length && tokens(at).kind == Symbol && symbols.contains(tokens(at).text)) {
      at += 1
      Some(tokens(at - 1).text)
    } else None

  private def expect(found: Boolean, what: String): Unit = if (!found) throw new NotHere(s"no $what")

  private def leftToRight(operand: () => Syntax, operator: () => Option[String]): Syntax = {
    var result = operand()
    var next = operator()
    while (next.isDefined) {
      result = Binary(next.get, result, operand())
      next = operator()
    }
    result
  }

  private def word(name: String): Option[String] = if (keyword(name)) Some(name) else None

  private def or(): Syntax = leftToRight(() => and(), () => word("or"))
  private def and(): Syntax = leftToRight(() => not(), () => word("and"))
  private def not(): Syntax = if (keyword("not")) Unary("not", not()) else comparison()

  private def comparison(): Syntax = {
    val left = sum()
    if (keyword("is")) {
      val negated = keyword("not")
      expect(keyword("null"), "NULL behind IS")
      IsNull(left, negated)
    } else symbol("=", "==", "<>", "!=", "<", "<=", ">", ">=") match {
      case Some(operator) => Binary(operator, left, sum())
      case None           => left
    }
  }

  private def sum(): Syntax = leftToRight(() => product(), () => symbol("+", "-"))
  private def product(): Syntax = leftToRight(() => sign(), () => symbol("*", "/"))
  private def sign(): Syntax =
    if (symbol("-").isDefined) Unary("-", sign())
    else if (symbol("+").isDefined) throw new NotHere("unary plus")
    else primary()

  private def primary(): Syntax = {
    if (at >= tokens.length) throw new NotHere("an end")
    val token = tokens(at)
    at += 1
    token.kind match {
      case Number                      => Literal(token.text)
      case Quoted                      => Text(token.text)
      case Name                        => column(token.text)
      case Symbol if token.text == "(" =>
        val inner = or()
        expect(symbol(")").isDefined, ")")
        inner
      case Word => token.text.toLowerCase match {
          case "true"                         => Constant(true)
          case "false"                        => Constant(false)
          case "case"                         => branches()
          case "cast"                         => cast()
          case reserved if Reserved(reserved) => throw new NotHere(reserved)
          case lower                          =>
            if (symbol("(").isDefined) Call(lower, arguments()) else column(token.text)
        }
      case _ => throw new NotHere(s"`${token.text}`")
    }
  }

  private def column(name: String): Syntax =
    if (symbol(".", "[").isDefined) throw new NotHere("a member of a struct or map") else Column(name)

  private def arguments(): Seq[Syntax] = {
    val result = ArrayBuffer(or())
    while (symbol(",").isDefined) result += or()
    expect(symbol(")").isDefined, ")")
    result.toSeq
  }

  private def cast(): Syntax = {
    expect(symbol("(").isDefined, "(")
    val operand = or()
    expect(keyword("as"), "AS")
    val typeName =
      tokens.lift(at).filter(_.kind == Word).getOrElse(throw new NotHere("no type")).text.toLowerCase
    at += 1
    expect(symbol(")").isDefined, ")")
    Cast(operand, typeName)
  }

  private def branches(): Syntax = {
    val result = ArrayBuffer.empty[(Syntax, Syntax)]
    while (keyword("when")) {
      val condition = or()
      expect(keyword("then"), "THEN")
      result += condition -> or()
    }
    expect(result.nonEmpty, "WHEN behind CASE")
    val otherwise = if (keyword("else")) Some(or()) else None
    expect(keyword("end"), "END")
    Case(result.toSeq, otherwise)
  }
}

private object ExpressionParser {
  private val Word = 0
  private val Number = 1
  private val Quoted = 2
  private val Name = 3
  private val Symbol = 4
  private case class Token(kind: Int, text: String)

  /** Words that begin something else where a column could stand. */
  private val Reserved = Set(
    "null",
    "interval",
    "date",
    "timestamp",
    "select",
    "exists",
    "distinct",
    "between",
    "in",
    "like",
    "rlike",
    "when",
    "then",
    "else",
    "end",
    "from",
    "is",
    "and",
    "or",
    "not",
    "as",
    "div",
    "struct",
    "array",
    "map"
  )

  private val Pattern = (
    "\\s*(?:" +
      "((?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?[A-Za-z]*)" + // numbers, with what follows them at once
      "|([A-Za-z_][A-Za-z0-9_]*)" +
      "|'([^'\\\\]*)'(?!\\s*['\"])" +
      "|`([^`]+)`" +
      "|(<=>|<=|>=|<>|!=|==|[=<>+\\-*/(),.\\[\\]])" +
      ")"
  ).r

  private def tokenize(text: String): Array[Token] = {
    val result = ArrayBuffer.empty[Token]
    val matcher = Pattern.pattern.matcher(text)
    var at = 0
    while (text.substring(at).trim.nonEmpty) {
      if (!matcher.find(at) || matcher.start != at || text.startsWith("--", at))
        throw new NotHere(text.substring(at))
      val kinds = Seq(Number, Word, Quoted, Name, Symbol)
      val kind = kinds.indices.find(i => matcher.group(i + 1) != null).get
      val token = Token(kinds(kind), matcher.group(kind + 1))
      // A minus before a minus would begin a comment.
      if (token.text == "-" && result.lastOption.exists(t => t.kind == Symbol && t.text == "-"))
        throw new NotHere("--")
      result += token
      at = matcher.end
    }
    result.toArray
  }
}
