package ai.chronon.spark.cli

/** A command line that cannot be run as it stands; the message says what to write instead. */
final class UsageException(message: String, cause: Throwable = null)
    extends IllegalArgumentException(message, cause)

/** Subcommand and flags, parsed: `--flag value`, `--flag=value`, `--flag`, `--flag a b` for lists, `-f value` for those with a
  * letter, and `-Zkey=value` for settings.
  */
final case class CommandLine(subcommand: String, values: Map[String, Seq[String]]) {
  def has(flag: String): Boolean = values.contains(flag)

  def one(flag: String): Option[String] = values.get(flag).flatMap(_.headOption)

  def required(flag: String): String =
    one(flag).getOrElse(throw new UsageException(s"$subcommand: --$flag is required"))

  def many(flag: String): Seq[String] = values.getOrElse(flag, Nil)

  /** What `-Zkey=value` says; the last one of a key counts. */
  def settings: Map[String, String] = many("Z").map { text =>
    text.split("=", 2) match {
      case Array(key, value) if key.nonEmpty => key -> value
      case _ => throw new UsageException(s"$subcommand: -Z$text: write -Zkey=value")
    }
  }.toMap

  def positive(flag: String): Option[Int] = one(flag).map { text =>
    val number = scala.util.Try(text.toInt).toOption.filter(_ > 0)
    number.getOrElse(
      throw new UsageException(s"$subcommand: --$flag = $text: must be a whole number above zero")
    )
  }
}

object CommandLine {
  def parse(args: Seq[String]): CommandLine = {
    val name = args.headOption.getOrElse(throw new UsageException(
      s"a subcommand is needed, one of ${names(built = true)}"
    ))
    val command = Flags.subcommands.find(_.name == name).getOrElse(
      throw new UsageException(s"there is no subcommand $name; there are ${names(built = true)}")
    )
    if (!command.built)
      throw new UsageException(s"the subcommand $name is not built yet; there are ${names(built = true)}")
    CommandLine(name, flags(command, args.tail.toList, Map.empty))
  }

  @annotation.tailrec
  private def flags(
      command: Subcommand,
      args: List[String],
      seen: Map[String, Seq[String]]
  ): Map[String, Seq[String]] =
    args match {
      case Nil                          => seen
      case word :: rest if isFlag(word) =>
        val (flag, inline) = named(command, word)
        val name = flag.name
        if (!flag.built)
          throw new UsageException(s"${command.name}: --$name is not built yet; nothing has been computed")
        if (seen.contains(name) && flag.arity != Arity.Settings)
          throw new UsageException(s"${command.name}: --$name is given twice")
        val (taken, left) = words(command, flag, inline, rest)
        flags(command, left, seen + (name -> (seen.getOrElse(name, Nil) ++ taken)))
      case word :: _ => throw new UsageException(s"${command.name}: `$word` belongs to no flag")
    }

  /** The flag that a word names, and the value that stands in the same word. */
  private def named(command: Subcommand, word: String): (Flag, Option[String]) = {
    val found =
      if (word.startsWith("--")) {
        val (name, inline) = word.drop(2).split("=", 2) match {
          case Array(n, v) => (n, Some(v))
          case _           => (word.drop(2), None)
        }
        command.flags.find(f => f.name == name && f.arity != Arity.Settings).map(_ -> inline)
      } else command.flags.find(_.short.contains(word(1))).map(_ -> Some(word.drop(2)).filter(_.nonEmpty))
    found.getOrElse(throw new UsageException(
      s"${command.name} has no flag ${word.takeWhile(_ != '=')}; it has " +
        command.flags.map(f => if (f.arity == Arity.Settings) s"-${f.name}" else s"--${f.name}").mkString(" ")
    ))
  }

  private def words(
      command: Subcommand,
      flag: Flag,
      inline: Option[String],
      rest: List[String]
  ): (Seq[String], List[String]) = {
    def missing = new UsageException(s"${command.name}: --${flag.name} needs a value: ${flag.help}")
    flag.arity match {
      case Arity.Presence =>
        inline.foreach(v =>
          throw new UsageException(s"${command.name}: --${flag.name} takes no value, found $v")
        )
        (Nil, rest)
      case Arity.One => inline match {
          case Some(value)                                => (Seq(value), rest)
          case None if rest.headOption.exists(!isFlag(_)) => (Seq(rest.head), rest.tail)
          case None                                       => throw missing
        }
      case Arity.Many | Arity.Settings =>
        val (values, left) = rest.span(!isFlag(_))
        if (inline.isEmpty && values.isEmpty) throw missing
        (inline.toSeq ++ values, left)
    }
  }

  /** Two dashes, or one before a letter: numbers may be negative. */
  private def isFlag(word: String): Boolean =
    word.startsWith("--") || (word.length > 1 && word.head == '-' && word(1).isLetter)

  private def names(built: Boolean): String =
    Flags.subcommands.filter(_.built == built).map(_.name).mkString(", ")
}
