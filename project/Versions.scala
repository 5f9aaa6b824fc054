/** Every version of the JVM build, each resolved with all its transitive artefacts before it was written here. */
object Versions {
  // The Scala releases inside Spark 3.5: the library that our classes meet at run time.
  val scala212 = "2.12.18"
  val scala213 = "2.13.8"

  // Spark 3.5 for 2.13 is complete on Maven Central only up to 3.5.4.
  def spark(scalaVersion: String): String = if (scalaVersion.startsWith("2.13.")) "3.5.4" else "3.5.7"

  // What Spark 3.5 carries. Compiling against it keeps us from calling anything newer.
  val arrow = "12.0.1"
  val avro = "1.11.4"
  val jackson = "2.15.2"
  val libthrift = "0.12.0"

  // Generated code names the version of its compiler, see api/flatbuffers.
  val flatbuffers = "23.5.26"
  val sqlite = "3.54.1.0"
  // Newer ones do not resolve completely.
  val lettuce = "6.8.1.RELEASE"
  val mongo = "5.14.0"
  val mongoServer = "1.47.0"

  // What Spark 3.5's Kafka connector has, so that both can be on one class path.
  val kafka = "3.4.1"

  val scalaTest = "3.2.19"

  // The newest Vert.x whose core, web, config and metrics are all on Maven Central; it asks for this Jackson.
  val vertx = "4.5.27"
  val serviceJackson = "2.18.6"
  val micrometer = "1.13.6"
  val logback = "1.5.18"
}
