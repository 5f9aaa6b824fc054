import sbt._
import sbt.Keys._
import sbtassembly.AssemblyPlugin.autoImport._

import scala.sys.process.Process

/** Groups of settings that build.sbt puts together; one value per concern. */
object Build {
  val nativeLibrary =
    taskKey[File]("Builds the native library; a folder that holds native/<os>-<arch>/<library>")

  /** A module of plain Java: no Scala library, no Scala version in its name. */
  val javaOnly: Seq[Setting[_]] = Seq(
    autoScalaLibrary := false,
    crossPaths := false,
    crossScalaVersions := Seq(Versions.scala212)
  )

  /** A module that exists for both Scala versions of Spark 3.5. */
  val scalaModule: Seq[Setting[_]] = Seq(
    crossScalaVersions := Seq(Versions.scala212, Versions.scala213),
    scalacOptions ++=
      Seq("-deprecation", "-feature", "-unchecked", "-Xlint:_,-missing-interpolator", "-encoding", "utf8"),
    scalacOptions ++=
      (CrossVersion.partialVersion(scalaVersion.value) match {
        case Some((2, 12)) => Seq(
            "-target:jvm-1.8",
            "-Ywarn-unused:imports,privates,locals",
            "-Xsource:3",
            "-Ypartial-unification"
          )
        case _ => Seq(
            "-release",
            "8",
            "-Wunused:imports,privates,locals",
            "-Xsource:3",
            // The converters that both versions have; 2.12 has no others.
            "-Wconf:cat=deprecation&msg=object JavaConverters:s"
          )
      }),
    Compile / packageDoc / publishArtifact := false
  )

  /** Class files that any JVM from 8 on can load. */
  val javaRelease8: Seq[Setting[_]] = Seq(
    Compile / compile / javacOptions ++= Seq("--release", "8", "-encoding", "UTF-8", "-Xlint:-options")
  )

  /** A program of its own, which brings the JVM that it asks for. */
  val javaRelease17: Seq[Setting[_]] = Seq(
    Compile / compile / javacOptions ++= {
      // Of Scala's converters it uses those that both versions have, which 2.13 deprecates; 2.12 has no others.
      val converters = if (scalaBinaryVersion.value == "2.12") "" else ",-deprecation,-unchecked"
      Seq(
        "--release",
        "17",
        "-encoding",
        "UTF-8",
        s"-Xlint:all,-serial,-processing,-classfile$converters",
        "-Werror"
      )
    }
  )

  val forkedTests: Seq[Setting[_]] = Seq(
    Test / fork := true,
    Test / parallelExecution := false,
    Test / javaOptions ++= Seq("-Xmx3g", "-Xss4m", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"),
    // Small frames spend their time in planning, which is over before the second compiler would pay off.
    Test / javaOptions ++= Seq("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=256m"),
    // Tests find checked-in files and the oracle relative to the repository.
    Test / baseDirectory := (ThisBuild / baseDirectory).value
  )

  /** What spark-submit adds by itself on JDK 17, and what arrow-java asks for. */
  val sparkTestFlags: Seq[Setting[_]] = Seq(
    Test / javaOptions ++= {
      val opened = Seq(
        "java.lang",
        "java.lang.invoke",
        "java.lang.reflect",
        "java.io",
        "java.net",
        "java.nio",
        "java.util",
        "java.util.concurrent",
        "java.util.concurrent.atomic",
        "jdk.internal.ref",
        "sun.nio.ch",
        "sun.nio.cs",
        "sun.security.action",
        "sun.util.calendar"
      )
      opened.map(name => s"--add-opens=java.base/$name=ALL-UNNAMED") ++ Seq(
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dspark.driver.host=127.0.0.1",
        "-Dspark.ui.enabled=false",
        s"-Djava.io.tmpdir=${tmpFolder(target.value)}",
        s"-Dderby.system.home=${target.value / "derby"}"
      )
    }
  )

  /** What arrow-java asks for on JDK 17; the Spark module has it among its own flags. */
  val arrowTestFlags: Seq[Setting[_]] =
    Seq(Test / javaOptions += "--add-opens=java.base/java.nio=ALL-UNNAMED")

  /** Puts the native library on the class path of tests (compiling alone never builds it). */
  val withNativeLibrary: Seq[Setting[_]] = Seq(
    nativeLibrary := stageNativeLibrary((ThisBuild / baseDirectory).value, target.value, streams.value.log),
    Test / fullClasspath += Attributed.blank(nativeLibrary.value)
  )

  /** A jar of the FlatBuffers run time as `ai.chronon.jni.flatbuffers`; the imports of the generated files name that. */
  val relocatedFlatbuffers: Seq[Setting[_]] = Seq(
    libraryDependencies += Dependencies.flatbuffers,
    assembly / assemblyOutputPath :=
      (ThisBuild / baseDirectory).value / "build" / "flatbuffers-relocated.jar",
    assembly / assemblyShadeRules :=
      Seq(ShadeRule.rename("com.google.flatbuffers.**" -> "ai.chronon.jni.flatbuffers.@1").inAll),
    assembly / test := {},
    assembly / assemblyMergeStrategy := {
      case PathList("META-INF", _ @_*) => MergeStrategy.discard
      case _                           => MergeStrategy.deduplicate
    }
  )

  /** The one jar that a user adds to a stock Spark: our classes, the native library, and what serving needs that Spark lacks. */
  val bundle: Seq[Setting[_]] = assembled("chronon-native-spark") ++ Seq(
    assembly / fullClasspath := (Runtime / fullClasspath).value :+ Attributed.blank(nativeLibrary.value),
    assemblyPackageScala / assembleArtifact := false
  )

  /** The HTTP service with everything that it needs, the native library and Scala's too: a program in one jar. */
  val serviceBundle: Seq[Setting[_]] = assembled("chronon-native-service") ++ Seq(
    assembly / fullClasspath := (Runtime / fullClasspath).value :+ Attributed.blank(nativeLibrary.value),
    assembly / mainClass := Some("ai.chronon.service.ChrononServiceLauncher")
  )

  /** A store and its client, without what the jobs and the service that load it have already. */
  def storeBundle(name: String, host: Project): Seq[Setting[_]] =
    assembled(s"chronon-native-store-$name") ++ Seq(
      assembly / fullClasspath := {
        val there = (host / Runtime / fullClasspath).value.map(_.data).toSet
        (Runtime / fullClasspath).value.filterNot(entry => there(entry.data))
      },
      assemblyPackageScala / assembleArtifact := false
    )

  /** `build/<name>.jar`, for Scala 2.13 with a suffix. */
  private def assembled(name: String): Seq[Setting[_]] = Seq(
    assembly / assemblyOutputPath := {
      val suffix = if (scalaBinaryVersion.value == "2.12") "" else "_" + scalaBinaryVersion.value
      (ThisBuild / baseDirectory).value / "build" / s"$name$suffix.jar"
    },
    assembly / test := {},
    assembly / assemblyMergeStrategy := {
      case PathList("META-INF", "MANIFEST.MF")                     => MergeStrategy.discard
      case PathList("META-INF", "services", _ @_*)                 => MergeStrategy.filterDistinctLines
      case PathList(path @ _*) if path.last == "module-info.class" => MergeStrategy.discard
      // Licences and lists of versions, of which every library has its own under one name.
      case PathList("META-INF", _ @_*) => MergeStrategy.first
      case _                           => MergeStrategy.deduplicate
    }
  )

  private def tmpFolder(target: File): File = {
    val folder = target / "tmp"
    IO.createDirectory(folder)
    folder
  }

  /** scripts/native does the work (cargo decides what is stale) and fills build/native. */
  private def stageNativeLibrary(root: File, target: File, log: Logger): File = {
    val script = root / "scripts" / "native"
    val staged = target / "native-resources"
    val code = Process(Seq(script.getPath), root).!(log)
    if (code != 0) sys.error(s"scripts/native failed with exit code $code: its output is above")
    IO.delete(staged)
    IO.createDirectory(staged)
    if ((root / "build" / "native").exists) IO.copyDirectory(root / "build" / "native", staged / "native")
    staged
  }
}
