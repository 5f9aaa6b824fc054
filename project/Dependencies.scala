import sbt._

/** Library lists of the modules. Nothing that Spark brings may leave the Provided and Test scopes. */
object Dependencies {
  val scalaTest: Seq[ModuleID] = Seq("org.scalatest" %% "scalatest" % Versions.scalaTest % Test)

  // Intransitive: libthrift would pull an slf4j and an httpclient that Spark does not have.
  val providedBySparkToApi: Seq[ModuleID] = Seq(
    ("org.apache.thrift" % "libthrift" % Versions.libthrift % Provided).intransitive(),
    "com.fasterxml.jackson.core" % "jackson-databind" % Versions.jackson % Provided,
    "org.slf4j" % "slf4j-api" % "2.0.7" % Provided
  )

  /** What serving needs and Spark does not bring: the metrics client whose classes are in public signatures, and the cache of batch
    * values. They travel with the module. The cache has the reference's version; the client is newer than its 2.7, the last that
    * has all of 2.7's constructors, and the thread that sends is not woken for every message any more.
    */
  val onlineOwn: Seq[ModuleID] = Seq(
    "com.datadoghq" % "java-dogstatsd-client" % "2.13.0",
    "com.github.ben-manes.caffeine" % "caffeine" % "2.8.5"
  )

  /** Of what Spark brings, what serving needs too. A process without Spark adds `servingWithoutSpark`. */
  val online: Seq[ModuleID] =
    providedBySparkToApi :+ "org.apache.avro" % "avro" % Versions.avro % Provided

  /** The same libraries for processes that have no Spark: they travel with the module. */
  val servingWithoutSpark: Seq[ModuleID] = online.map(_.withConfigurations(None))

  // Interfaces of streaming and model jobs name Spark's session and data frame; serving never loads those classes.
  def sparkSignatures(scalaVersion: String): Seq[ModuleID] =
    Seq("org.apache.spark" %% "spark-sql" % Versions.spark(scalaVersion) % Provided)

  // What generated code of this version calls; relocated, see jvm/flatbuffers.
  val flatbuffers: ModuleID = "com.google.flatbuffers" % "flatbuffers-java" % Versions.flatbuffers

  // Clients of key-value stores, each in the module of its store alone.
  val sqlite: Seq[ModuleID] = Seq("org.xerial" % "sqlite-jdbc" % Versions.sqlite)
  val redis: Seq[ModuleID] = Seq("io.lettuce" % "lettuce-core" % Versions.lettuce)
  val mongo: Seq[ModuleID] = Seq(
    "org.mongodb" % "mongodb-driver-sync" % Versions.mongo,
    // A server inside the test's JVM, which speaks the real wire protocol.
    "de.bwaldvogel" % "mongo-java-server" % Versions.mongoServer % Test
  )

  /** Kafka's client. Not relocated: its class names stand in users' settings. Spark has what it needs, compression above all. */
  val kafka: Seq[ModuleID] = Seq(("org.apache.kafka" % "kafka-clients" % Versions.kafka).excludeAll(
    Seq("com.github.luben", "org.lz4", "org.xerial.snappy", "org.slf4j").map(ExclusionRule(_)): _*
  ))

  // Compiles an integrator's sources against the oracle's jars.
  def scalaCompiler(scalaVersion: String): Seq[ModuleID] =
    Seq("org.scala-lang" % "scala-compiler" % scalaVersion % Test)

  // The oracle's classes call it; ours never do.
  val oracleNeeds: Seq[ModuleID] = Seq(
    "org.scala-lang.modules" %% "scala-collection-compat" % "2.7.0" % Test,
    "com.yahoo.datasketches" % "sketches-core" % "0.13.4" % Test
  )

  // Spark's own arrow-java: tests of the JNI line send what an operator sends.
  val arrowForTests: Seq[ModuleID] =
    Seq("arrow-vector", "arrow-memory-unsafe").map("org.apache.arrow" % _ % Versions.arrow % Test)

  def spark(scalaVersion: String): Seq[ModuleID] =
    Seq("spark-sql", "spark-hive").map(name =>
      "org.apache.spark" %% name % Versions.spark(scalaVersion) % Provided
    )

  /** What the HTTP service adds to `servingWithoutSpark`. */
  val service: Seq[ModuleID] = Seq(
    "io.vertx" % "vertx-web" % Versions.vertx,
    "io.vertx" % "vertx-config" % Versions.vertx,
    "io.vertx" % "vertx-micrometer-metrics" % Versions.vertx,
    "io.micrometer" % "micrometer-registry-statsd" % Versions.micrometer,
    "io.micrometer" % "micrometer-registry-prometheus" % Versions.micrometer,
    "com.fasterxml.jackson.core" % "jackson-databind" % Versions.serviceJackson,
    "ch.qos.logback" % "logback-classic" % Versions.logback
  )
}
