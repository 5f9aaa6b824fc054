package ai.chronon.spark.cli

import org.scalatest.funsuite.AnyFunSuite

class CommandLineSuite extends AnyFunSuite {

  test("both spellings of a value, presence flags and lists") {
    val line = CommandLine.parse(Seq(
      "join",
      "--conf-path=a/b=c",
      "--end-date",
      "2024-03-01",
      "--run-first-hole",
      "--local-table-mapping",
      "a.b=x.csv",
      "c.d=y.csv",
      "--step-days",
      "7"
    ))
    assert(line.subcommand == "join")
    assert(line.required("conf-path") == "a/b=c")
    assert(line.one("end-date").contains("2024-03-01"))
    assert(line.has("run-first-hole") && !line.has("unset-semantic-hash"))
    assert(line.many("local-table-mapping") == Seq("a.b=x.csv", "c.d=y.csv"))
    assert(line.positive("step-days").contains(7))
  }

  test("settings of the online class, and flags with a letter") {
    val line = CommandLine.parse(Seq(
      "fetch",
      "-Zpath=a=b",
      "-Z",
      "host=x",
      "port=1",
      "-f",
      "keys.json",
      "--at-millis",
      "-5",
      "-Zpath=c",
      "--loop"
    ))
    assert(line.settings == Map("path" -> "c", "host" -> "x", "port" -> "1"))
    assert(line.one("key-json-file").contains("keys.json") && line.one("at-millis").contains("-5"))
    assert(line.has("loop"))
    assert(CommandLine.parse(Seq("fetch", "-fkeys.json")).one("key-json-file").contains("keys.json"))
    val e = intercept[UsageException](CommandLine.parse(Seq("fetch", "-Zpath")).settings)
    assert(e.getMessage.contains("-Zpath: write -Zkey=value"))
  }

  private val refused: Seq[(String, Seq[String], String)] = Seq(
    ("nothing at all", Nil, "a subcommand is needed"),
    ("an unknown subcommand", Seq("jion"), "there is no subcommand jion"),
    ("an unknown flag", Seq("join", "--conf", "x"), "join has no flag --conf"),
    (
      "a flag of another subcommand",
      Seq("group-by-backfill", "--unset-semantic-hash"),
      "has no flag --unset-semantic-hash"
    ),
    ("a missing value", Seq("join", "--conf-path", "--end-date=2024-03-01"), "--conf-path needs a value"),
    ("a missing last value", Seq("join", "--conf-path"), "--conf-path needs a value"),
    ("a value for a presence flag", Seq("join", "--run-first-hole=true"), "takes no value"),
    ("a stray word", Seq("join", "x"), "`x` belongs to no flag"),
    ("a letter that stands for nothing", Seq("join", "-x", "y"), "join has no flag -x"),
    ("a setting where none is wanted", Seq("join", "-Za=b"), "join has no flag -Za"),
    ("a setting without its name", Seq("fetch", "-Z"), "needs a value"),
    ("a setting with two dashes", Seq("fetch", "--Z=a"), "fetch has no flag --Z"),
    (
      "settings of Google's stores",
      Seq("group-by-upload-bulk-load", "--is-gcp"),
      "--is-gcp is not built yet"
    ),
    ("a flag twice", Seq("join", "--conf-path", "a", "--conf-path", "b"), "given twice"),
    ("selected parts", Seq("join", "--selected-join-parts", "a"), "--selected-join-parts is not built yet"),
    ("cached left", Seq("join", "--use-cached-left"), "--use-cached-left is not built yet"),
    (
      "a result table to compare with",
      Seq("join", "--expected-result-table=x"),
      "--expected-result-table is not built yet"
    )
  )

  refused.foreach { case (name, args, message) =>
    test(s"refused: $name") {
      val e = intercept[UsageException](CommandLine.parse(args))
      assert(e.getMessage.contains(message), e.getMessage)
    }
  }

  Flags.subcommands.filterNot(_.built).foreach { command =>
    test(s"refused by name: ${command.name}") {
      val e = intercept[UsageException](CommandLine.parse(Seq(command.name, "--conf-path", "x")))
      assert(e.getMessage.startsWith(s"the subcommand ${command.name} is not built yet"))
    }
  }

  test("numbers are checked") {
    Seq("0", "-1", "x").foreach { text =>
      val e =
        intercept[UsageException](CommandLine("join", Map("step-days" -> Seq(text))).positive("step-days"))
      assert(e.getMessage.contains(s"--step-days = $text"))
    }
  }
}
