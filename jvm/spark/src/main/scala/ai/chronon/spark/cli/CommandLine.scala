package ai.chronon.spark.cli

/** A command line that cannot be run as it stands; the message says what to write instead. */
final class UsageException(message: String) extends IllegalArgumentException(message)

/** Subcommand and flags, parsed: `--flag value`, `--flag=value`, `--flag`, and `--flag a b` for lists. */
final case class CommandLine(subcommand: String, values: Map[String, Seq[String]]) {
  def has(flag: String): Boolean = values.contains(flag)

  def one(flag: String): Option[String] = values.get(flag).flatMap(_.headOption)

  def required(flag: String): String =
    one(flag).getOrElse(throw new UsageException(s"$subcommand: --$flag is required"))

  def many(flag: String): Seq[String] = values.getOrElse(flag, Nil)

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
      case Nil                                   => seen
      case word :: rest if word.startsWith("--") =>
        val (name, inline) = word.drop(2).split("=", 2) match {
          case Array(n, v) => (n, Some(v))
          case _           => (word.drop(2), None)
        }
        val flag = command.flags.find(_.name == name).getOrElse(
          throw new UsageException(
            s"${command.name} has no flag --$name; it has ${command.flags.map("--" + _.name).mkString(" ")}"
          )
        )
        if (!flag.built)
          throw new UsageException(s"${command.name}: --$name is not built yet; nothing has been computed")
        if (seen.contains(name)) throw new UsageException(s"${command.name}: --$name is given twice")
        val (taken, left) = words(command, flag, inline, rest)
        flags(command, left, seen + (name -> taken))
      case word :: _ => throw new UsageException(s"${command.name}: `$word` belongs to no flag")
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
      case Arity.Many =>
        val (values, left) = rest.span(!isFlag(_))
        if (inline.isEmpty && values.isEmpty) throw missing
        (inline.toSeq ++ values, left)
    }
  }

  private def isFlag(word: String): Boolean = word.startsWith("--")

  private def names(built: Boolean): String =
    Flags.subcommands.filter(_.built == built).map(_.name).mkString(", ")
}
