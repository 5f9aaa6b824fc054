package ai.chronon.online

import org.scalatest.funsuite.AnyFunSuite

import java.io.File

/** What integrators' class files can call is there: every public and protected member of the reference's classes. */
class PublicShapesSuite extends AnyFunSuite {

  /** Classes whose every member must be there. */
  private val classes = Seq(
    "Api",
    "KVStore",
    "KVStore$GetRequest",
    "KVStore$GetRequest$",
    "KVStore$TimedValue",
    "KVStore$GetResponse",
    "KVStore$PutRequest",
    "KVStore$PutRequest$",
    "StringArrayConverter",
    "StreamDecoder",
    "Mutation",
    "Mutation$",
    "StreamBuilder",
    "TopicInfo",
    "TopicInfo$",
    "DataStream",
    "DataStream$",
    "LoggableResponse",
    "LoggableResponseBase64",
    "ModelBackend",
    "RunModelInferenceRequest",
    "RunModelInferenceResponse",
    "ExternalSourceHandler",
    "ExternalSourceHandler$",
    "ExternalSourceFactory",
    "ExternalSourceRegistry",
    "ExternalSourceRegistry$ContextualHandler",
    "FlagStore",
    "FlexibleExecutionContext",
    "FutureConverters",
    "SerializableFunction",
    "JavaExternalSourceHandler",
    "JavaRequest",
    "JavaResponse",
    "JTry",
    "JavaStatsRequest",
    "JavaStatsResponse",
    "JavaSeriesStatsResponse",
    "JavaStructuredResponse",
    "JavaFeatureRecord",
    "JavaFetcher",
    "JavaFetcher$Builder",
    "Fetcher",
    "Fetcher$Request",
    "Fetcher$Request$",
    "Fetcher$Response",
    "Fetcher$StructuredResponse",
    "Fetcher$StatsRequest",
    "Fetcher$StatsResponse",
    "Fetcher$SeriesStatsResponse",
    "Fetcher$PrefixedRequest",
    "Fetcher$ColumnSpec",
    "Fetcher$ResponseWithContext",
    "Fetcher$ColumnSpec$",
    "FetcherResponseWithTs",
    "JoinCodec",
    "MetadataStore",
    "MetadataDirWalker",
    "MetadataEndPoint",
    "MetadataEndPoint$",
    "DataMetrics",
    "TBaseDecoderFactory",
    "ThriftDecoder",
    "TTLCache",
    "GroupByServingInfoParsed",
    "serde.AvroCodec",
    "serde.AvroConversions",
    "serde.ArrayRow",
    "serde.FeatureRecord",
    "Metrics$Name$",
    "Metrics$Environment$",
    "Metrics$Tag$",
    "Metrics$Context"
  )

  /** Members that are left out on purpose: how they start, and why. A row that no longer leaves anything out fails. */
  private val absent: Seq[(String, String, String)] = Seq(
    ("Fetcher", "logResponseInternal", "a step of the reference's own logging, called by nobody else"),
    ("Fetcher", "logResponseStats", "a step of the reference's own metrics, called by nobody else"),
    ("JoinCodec", "deriveFunc", "derivations are a program of the fetcher's own, with a fallback of its own"),
    ("JoinCodec", "renameOnlyDeriveFunc", "the same"),
    ("JoinCodec", "fullDerivedSchema", "a step on the way to valueSchema, which is there"),
    (
      "GroupByServingInfoParsed",
      "aggregator",
      "returns a class of the reference's aggregation, which is native here"
    ),
    ("GroupByServingInfoParsed", "deriveFunc", "derivations are compiled once per join, not per parsed info"),
    ("GroupByServingInfoParsed", "ir", "intermediate results are decoded by the native library alone"),
    ("GroupByServingInfoParsed", "tiledCodec", "tiles are decoded by the native library alone"),
    (
      "serde.AvroCodec",
      "encodeRecord",
      "takes an encoder of Avro's own, which callers have no means to read back"
    )
  )

  // One run of javap for all classes of a side: its start takes longer than its work.
  private lazy val theirs = members(OracleJars.all)
  private lazy val present = members(ours)

  for (name <- classes) test(name) {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    val lacking = theirs(name).diff(present(name))
    val left = absent.filter(_._1 == name)
    val unexplained =
      lacking.filterNot(member => left.exists { case (_, start, _) => called(member).startsWith(start) })
    assert(unexplained.isEmpty, s"\n${unexplained.toSeq.sorted.mkString("\n")}\nare missing")
    for ((_, start, _) <- left)
      assert(
        lacking.exists(called(_).startsWith(start)),
        s"nothing of $name that starts with $start is missing any more"
      )
  }

  test("class files are of Java 8") {
    for (name <- classes) {
      val resource = s"/ai/chronon/online/${name.replace('.', '/')}.class"
      val stream = new java.io.DataInputStream(getClass.getResourceAsStream(resource))
      val major =
        try { stream.readInt(); stream.readUnsignedShort(); stream.readUnsignedShort() }
        finally stream.close()
      assert(major == 52, name)
    }
  }

  private def ours: Seq[File] = Seq(classOf[KVStore], classOf[ai.chronon.api.StructType])
    .map(c => new File(c.getProtectionDomain.getCodeSource.getLocation.toURI))

  /** Signatures by class, without what compilers add for themselves. */
  private def members(path: Seq[File]): Map[String, Set[String]] = {
    val arguments = Seq("-protected", "-cp", path.mkString(File.pathSeparator)) ++
      classes.map("ai.chronon.online." + _)
    val blocks = OracleJars.jdk("javap", arguments: _*).split("(?m)^}$").map(_.trim).filter(_.nonEmpty)
    assert(blocks.length == classes.size, s"javap knows ${blocks.length} of ${classes.size} classes of $path")
    classes.zip(blocks.toSeq.map { block =>
      block.split('\n').toSeq.map(_.trim)
        .filter(line => line.endsWith(";") && !line.contains("$anonfun$") && !line.contains("$outer"))
        .filterNot(line => line.contains("access$") || line.contains("ai$chronon$online$TTLCache"))
        .toSet
    }).toMap
  }

  /** The name of a method or field. */
  private def called(member: String): String =
    member.takeWhile(_ != '(').stripSuffix(";").split(' ').last
}
