package ai.chronon.spark.cli

/** How many words a flag takes. */
sealed trait Arity
object Arity {

  /** None: it is there or not. */
  case object Presence extends Arity

  /** One. */
  case object One extends Arity

  /** All words up to the next flag. */
  case object Many extends Arity

  /** Settings, `-Zkey=value` each, as often as wanted. */
  case object Settings extends Arity
}

/** One flag of the command line.
  *
  * @param name    kebab-case, without dashes
  * @param short   one letter that stands for it behind one dash
  * @param built   whether it does what it says; one that is not built is refused by name
  */
final case class Flag(
    name: String,
    arity: Arity,
    help: String,
    default: Option[String] = None,
    built: Boolean = true,
    short: Option[Char] = None
)

/** One subcommand; one that is not built is known, and refused by name. */
final case class Subcommand(name: String, flags: Seq[Flag], built: Boolean)

/** Every subcommand and flag, in one table: help, parsing and the test of parity with the reference all read it. */
object Flags {
  import Arity._

  val offline: Seq[Flag] = Seq(
    Flag("conf-path", One, "compiled definition: a local path or any address that Hadoop can read"),
    Flag("end-date", One, "last partition to compute", Some("today, UTC")),
    Flag("start-partition-override", One, "first partition to compute, instead of the definition's own"),
    Flag("step-days", One, "partitions per step", Some("30")),
    Flag("run-first-hole", Presence, "also fill partitions before the earliest one of the output"),
    Flag("use-delta-catalog", Presence, "set the Delta extension and catalog", built = false),
    Flag(
      "local-table-mapping",
      Many,
      "local mode: namespace.table=file, one per table; wins over --local-data-path"
    ),
    Flag("local-data-path", One, "local mode: load every csv, json and jsonl file below this folder"),
    Flag(
      "local-warehouse-location",
      One,
      "local mode: where tables are kept",
      Some("<working folder>/local_warehouse")
    ),
    Flag("disable-kryo-serializer", Presence, "no effect: rows never go through Kryo here")
  )

  /** What commands that talk to a store are given. */
  val online: Seq[Flag] = Seq(
    Flag("online-jar", One, "jar of the online class, unless that is on the class path"),
    Flag(
      "online-class",
      One,
      "class that extends ai.chronon.online.Api, for instance ai.chronon.stores.sqlite.SqliteApi"
    ),
    Flag("Z", Arity.Settings, "a setting for the online class, as often as wanted", short = Some('Z'))
  )

  private val confPath: Flag = offline.head

  private val bulkLoad: Seq[Flag] = offline ++ online ++ Seq(
    Flag("uploader", One, "handed to the online class as the setting UPLOADER, in lower case"),
    Flag("is-gcp", Presence, "settings of Google's stores", built = false),
    Flag("gcp-project-id", One, "settings of Google's stores", built = false),
    Flag("gcp-bigtable-instance-id", One, "settings of Google's stores", built = false),
    Flag("enable-upload-clients", One, "settings of Google's stores", built = false)
  )

  private val metadataUpload: Seq[Flag] = online ++ Seq(
    Flag("conf-path", One, "compiled definitions: a file, or a folder with everything below it"),
    Flag("end-point-name", One, "ZIPLINE_METADATA or CHRONON_ENTITY_BY_TEAM alone", Some("both")),
    Flag("batch-size", One, "definitions per write", Some("50"))
  )

  private val metadataExport: Seq[Flag] = offline ++ Seq(
    Flag("input-root-path", One, "local folder of compiled definitions"),
    Flag("output-root-path", One, "local folder to write files to; wins over --output-table-name"),
    Flag("output-table-name", One, "table to write rows to, in partitions of entityType and day"),
    Flag("output-table-properties-json", One, "properties of that table, as a JSON object of texts"),
    Flag("process-embedded-group-bys", Presence, "export group-bys that only joins have on their own too")
  )

  private val fetch: Seq[Flag] = online ++ Seq(
    confPath,
    Flag("key-json", One, "keys of a request as a JSON object, or a list of them"),
    Flag("key-json-file", One, "file with a JSON object of keys per line", short = Some('f')),
    Flag("name", One, "the join as team/name.version, or the group-by"),
    Flag("type", One, "join, group-by or join-stats", Some("join")),
    Flag("at-millis", One, "the moment that is asked about, in milliseconds since 1970", Some("now")),
    Flag("interval", One, "seconds between rounds", Some("1")),
    Flag("loop", Presence, "ask again and again until stopped")
  )

  private val streaming: Seq[Flag] = online ++ Seq(
    Flag("conf-path", One, "compiled definition: a file, or the key of one in the metadata of the store"),
    Flag("kafka-bootstrap", One, "host:port of the brokers, with commas between, instead of the topic's own"),
    Flag("until-end", Presence, "stop where the topic ends at the start, instead of waiting for more"),
    Flag("debug", Presence, "show rows instead of writing them", short = Some('d')),
    Flag("mock-writes", Presence, "do everything but write"),
    Flag("lag-millis", One, "no effect: messages are read as they come", Some("2000"))
  )

  private val exporting: Seq[Flag] = Seq(
    Flag("local-table-export-path", One, "local mode: folder to export tables to at the end"),
    Flag("local-table-export-format", One, "csv, parquet or json", Some("csv")),
    Flag("local-table-export-prefix", One, "put before the name of every exported file")
  )

  private val validate: Seq[Flag] =
    Seq(Flag("expected-result-table", One, "compare the output with this table", built = false))

  private val join: Seq[Flag] =
    Seq(Flag("unset-semantic-hash", Presence, "do not archive anything; store the definition's hash anew"))

  private val parts: Seq[Flag] = Seq(
    Flag("selected-join-parts", Many, "compute only the tables of these parts", built = false),
    Flag("use-cached-left", Presence, "read the left from the bootstrap table", built = false)
  )

  val subcommands: Seq[Subcommand] = Seq(
    Subcommand("join", offline ++ join ++ exporting ++ validate ++ parts, built = true),
    Subcommand("group-by-backfill", offline ++ exporting ++ validate, built = true),
    Subcommand("group-by-upload", offline, built = true),
    Subcommand("group-by-upload-bulk-load", bulkLoad, built = true),
    Subcommand("metadata-export", metadataExport, built = true),
    Subcommand("metadata-upload", metadataUpload, built = true),
    Subcommand("fetch", fetch, built = true),
    Subcommand("group-by-streaming", streaming, built = true)
  ) ++ Seq(
    "join-left",
    "join-final",
    "label-join",
    "staging-query-backfill",
    "analyze",
    "stats-summary",
    "log-summary",
    "log-flattener",
    "consistency-metrics-compute",
    "compare-join-query",
    "model-transform-batch"
  ).map(Subcommand(_, Nil, built = false))

  def help: String = subcommands.filter(_.built).map(help).mkString("\n\n")

  def help(command: Subcommand): String = {
    val lines = command.flags.filter(_.built).map { f =>
      val words = f.arity match {
        case Presence       => s"--${f.name}"
        case One            => s"--${f.name} VALUE" + f.short.map(letter => s", -$letter VALUE").getOrElse("")
        case Many           => s"--${f.name} VALUE …"
        case Arity.Settings => s"-${f.name}KEY=VALUE"
      }
      val default = f.default.map(d => s" (default $d)").getOrElse("")
      f"  $words%-38s ${f.help}$default"
    }
    (s"${command.name}" +: lines).mkString("\n")
  }
}
