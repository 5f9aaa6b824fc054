import Build._

ThisBuild / organization := "ai.chronon"
ThisBuild / version := "0.1.0"
ThisBuild / versionScheme := Some("early-semver")
ThisBuild / licenses := Seq(License.Apache2)
ThisBuild / scalaVersion := Versions.scala212
Global / onChangedBuildSource := ReloadOnSourceChanges

// A Spark test owns a session, a metastore and up to 3 GB: one test JVM at a time, whatever the number of cores.
Global / concurrentRestrictions ++= Seq(Tags.limit(Tags.ForkedTestGroup, 1), Tags.limit(Tags.Test, 1))

lazy val root = project
  .in(file("."))
  .aggregate(
    flatbuffers,
    nativeJni,
    api,
    online,
    streaming,
    storeSqlite,
    storeRedis,
    storeMongo,
    spark,
    service
  )
  .settings(name := "chronon-native", publish / skip := true, crossScalaVersions := Nil)

/** The run time of generated FlatBuffers code under our own name: Spark has another version of it on its class path. */
lazy val flatbuffers = project
  .in(file("jvm/flatbuffers"))
  .settings(name := "chronon-native-flatbuffers", javaOnly, publish / skip := true, relocatedFlatbuffers)

/** The Java side of the JNI line. Knows no Scala, no Spark, and no library but the relocated one. */
lazy val nativeJni = project
  .in(file("jvm/native-jni"))
  .settings(
    name := "chronon-native-jni",
    javaOnly,
    javaRelease8,
    forkedTests,
    withNativeLibrary,
    arrowTestFlags,
    Compile / unmanagedSourceDirectories += baseDirectory.value / "src" / "generated" / "java",
    Compile / unmanagedJars += (flatbuffers / assembly).value,
    libraryDependencies +=
      "com.github.sbt.junit" % "jupiter-interface" % JupiterKeys.jupiterVersion.value % Test,
    libraryDependencies ++= Dependencies.arrowForTests
  )

/** Definition types: Java generated from api/thrift, and the Scala that integrators use with them. */
lazy val api = project
  .in(file("jvm/api"))
  .settings(
    name := "chronon-native-api",
    scalaModule,
    javaRelease8,
    forkedTests,
    Compile / unmanagedSourceDirectories += baseDirectory.value / "src" / "generated" / "java",
    libraryDependencies ++= Dependencies.providedBySparkToApi ++ Dependencies.scalaTest ++
      Dependencies.oracleNeeds
  )

/** What serves features: the interfaces that integrators implement, and the fetcher. No Spark on its run-time class path. */
lazy val online = project
  .in(file("jvm/online"))
  .dependsOn(nativeJni, api)
  .settings(
    name := "chronon-native-online",
    scalaModule,
    javaRelease8,
    forkedTests,
    withNativeLibrary,
    sparkTestFlags,
    libraryDependencies ++= Dependencies.online ++ Dependencies.onlineOwn ++
      Dependencies.sparkSignatures(scalaVersion.value) ++
      Dependencies.scalaTest ++ Dependencies.oracleNeeds ++ Dependencies.scalaCompiler(scalaVersion.value)
  )

/** One module per key-value store, each with the contract that `online` tests stores by. None knows Spark. Its assembly is what
  * `--online-jar` and `online.jar` name.
  */
def store(name: String, libraries: Seq[ModuleID]) =
  Project(s"store${name.capitalize}", file(s"jvm/stores/$name"))
    .dependsOn(online % "compile->compile;test->test")
    .settings(
      Keys.name := s"chronon-native-store-$name",
      scalaModule,
      forkedTests,
      libraryDependencies ++= Dependencies.online ++ libraries ++ Dependencies.scalaTest,
      storeBundle(name, online)
    )

lazy val storeSqlite = store("sqlite", Dependencies.sqlite)
lazy val storeRedis = store("redis", Dependencies.redis)
lazy val storeMongo = store("mongo", Dependencies.mongo)

/** Streamed rows of a Kafka topic into a store, by a process of its own. */
lazy val streaming = project
  .in(file("jvm/streaming"))
  .dependsOn(online % "compile->compile;test->test", storeSqlite % Test)
  .settings(
    name := "chronon-native-streaming",
    scalaModule,
    forkedTests,
    withNativeLibrary,
    sparkTestFlags,
    libraryDependencies ++= Dependencies.online ++ Dependencies.kafka ++
      Dependencies.sparkSignatures(scalaVersion.value) ++ Dependencies.scalaTest
  )

/** Spark jobs, the command line and the point-in-time operator; its assembly is the drop-in bundle jar. */
lazy val spark = project
  .in(file("jvm/spark"))
  .dependsOn(
    nativeJni,
    api,
    online % "compile->compile;test->test",
    streaming % "compile->compile;test->test",
    storeSqlite % Test
  )
  .settings(
    name := "chronon-native-spark",
    scalaModule,
    javaRelease8,
    forkedTests,
    withNativeLibrary,
    sparkTestFlags,
    libraryDependencies ++= Dependencies.spark(scalaVersion.value) ++ Dependencies.scalaTest,
    bundle
  )

/** The HTTP service: a process of its own, without Spark. Plain Java, once per Scala version that its fetcher exists for. */
lazy val service = project
  .in(file("jvm/service"))
  .dependsOn(nativeJni, api, online % "compile->compile;test->test")
  .settings(
    name := "chronon-native-service",
    scalaModule,
    javaRelease17,
    forkedTests,
    withNativeLibrary,
    libraryDependencies ++= Dependencies.servingWithoutSpark ++ Dependencies.service,
    libraryDependencies +=
      "com.github.sbt.junit" % "jupiter-interface" % JupiterKeys.jupiterVersion.value % Test,
    serviceBundle
  )
