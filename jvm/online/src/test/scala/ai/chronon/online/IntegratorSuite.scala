package ai.chronon.online

import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite

import java.io.File
import java.nio.file.Files
import scala.collection.JavaConverters._
import scala.reflect.io.Directory

/** Class files that an integrator compiled against the reference's jars run on ours, unchanged. */
class IntegratorSuite extends AnyFunSuite with BeforeAndAfterAll {
  private var folder: File = _
  private var jar: File = _

  override def beforeAll(): Unit = if (OracleJars.missing.isEmpty) {
    folder = Files.createTempDirectory("integrator").toFile
    jar = compiled()
  }

  override def afterAll(): Unit = Option(folder).foreach(new Directory(_).deleteRecursively())

  private def integratorTest(name: String)(body: => Unit): Unit = test(name) {
    OracleJars.missing.foreach(reason => cancel(s"skipped: $reason"))
    body
  }

  private def load(name: String): Api =
    OnlineApiLoader.load(s"integrator.$name", Some(jar.getPath), Map("greeting" -> "hello"))

  integratorTest("an Api with its store, handlers and backend: every default, every call") {
    val api = load("IntegratorApi")
    val said =
      api.getClass.getMethod("exercise").invoke(api).asInstanceOf[java.util.Map[String, String]].asScala.toMap
    val expected = Map(
      "put" -> "true",
      "get" -> "v",
      "latest" -> "Success(0)",
      "getString" -> "Success(v)",
      "getString absent" -> "true",
      "getStringArray" -> "a+b",
      "setting" -> "hello",
      "model backend" -> "null",
      "stream builder" -> "null",
      "decoder" -> "u/5",
      "mutation" -> "Mutation(null,null,null)",
      "topic" -> "TopicInfo(events,kafka,Map(host -> h, flag -> flag))",
      "loggable" -> "2",
      "fetcher" -> "Fetcher",
      "built fetcher" -> "Fetcher",
      "built fetcher with a name" -> "true",
      "java fetcher" -> "JavaFetcher",
      "java fetcher with a name" -> "JavaFetcher",
      "java builder" -> "JavaFetcher",
      "register" -> "true",
      "merged" -> "2",
      "batch job" -> "None",
      "external" -> "Success(Map(asked -> doubling))",
      "contextual" -> "Success(Map(k -> 1))",
      "unregistered" -> "true",
      "java handler" -> "(true,Success(Map(k -> 1)))"
    )
    for ((what, value) <- expected) withClue(s"$what: ")(assert(said(what) == value))
    assert(said("notification").startsWith("UnsupportedOperationException: integrator.ListStore"))
    assert(said("same handler twice").startsWith("AssertionError"))
    assert(said.keySet == expected.keySet ++ Set("notification", "same handler twice"))
  }

  private def refused(name: String, in: Option[String] = None): String =
    intercept[IllegalArgumentException](
      OnlineApiLoader.load(name, in.orElse(Option(jar).map(_.getPath)), Map.empty)
    ).getMessage

  integratorTest("classes that do not fit are refused by name") {
    assert(refused(
      "integrator.TwoArguments"
    ).contains("needs one public constructor that takes a scala.collection.immutable.Map"))
    assert(refused("integrator.NoApi").contains("does not extend ai.chronon.online.Api"))
    val thrown = intercept[IllegalArgumentException](load("Throwing"))
    assert(thrown.getMessage.contains("integrator.Throwing") &&
      thrown.getMessage.contains("no credentials for the store"))
    assert(thrown.getCause.isInstanceOf[IllegalStateException])
  }

  test("a class or jar that is not there is refused by name, an abstract class too") {
    assert(refused("no.Such", None).contains("no.Such was not found"))
    assert(refused("no.Such", Some("/no/such.jar")) == "online jar /no/such.jar does not exist")
    assert(refused("ai.chronon.online.Api").contains("is abstract"))
  }

  /** Both sources against the reference's jars, into a jar. */
  private def compiled(): File = {
    val classes = new File(folder, "classes")
    classes.mkdir()
    val path = (OracleJars.all ++ OracleJars.libraries).mkString(File.pathSeparator)
    def source(name: String): File = {
      val file = new File(folder, name)
      val stream = getClass.getResourceAsStream(s"/integrator/$name")
      try Files.copy(stream, file.toPath)
      finally stream.close()
      file
    }
    val java = source("JavaDoubling.java").getPath
    OracleJars.jdk(
      "javac",
      "--release",
      "8",
      "-Xlint:-options",
      "-proc:none",
      "-cp",
      path,
      "-d",
      classes.getPath,
      java
    )
    OracleJars.jdk(
      "java",
      "-cp",
      OracleJars.libraries.mkString(File.pathSeparator),
      "scala.tools.nsc.Main",
      "-nowarn",
      "-target:jvm-1.8",
      "-cp",
      (classes.getPath +: path.split(File.pathSeparator).toSeq).mkString(File.pathSeparator),
      "-d",
      classes.getPath,
      source("Integrator.scala").getPath
    )
    val result = new File(folder, "integrator.jar")
    OracleJars.jdk("jar", "--create", "--file", result.getPath, "-C", classes.getPath, ".")
    result
  }
}
