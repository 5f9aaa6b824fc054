package ai.chronon.online

import java.io.File

/** The reference implementation's jars, which are never on the class path of ours. */
object OracleJars {
  val folder = new File(sys.env.getOrElse("CHRONON_ORACLE", "../shared/oracle")).getAbsoluteFile
  def online: File = new File(folder, "chronon-online.jar")
  def all: Seq[File] = Seq("online", "api", "aggregator").map(name => new File(folder, s"chronon-$name.jar"))

  /** Why a comparison cannot be made here, if so. */
  def missing: Option[String] =
    if (!online.exists) Some(s"no oracle at $online: set CHRONON_ORACLE to the folder of its jars")
    else if (!scala.util.Properties.versionNumberString.startsWith("2.12."))
      Some("the oracle's jars are of Scala 2.12")
    else None

  /** This process's class path without what we compiled. */
  def libraries: Seq[File] = sys.props("java.class.path").split(File.pathSeparator).toSeq.map(new File(_))
    .filter(_.getName.endsWith(".jar"))

  /** Runs a program of this JDK; its output. Fails with what it wrote if it fails. */
  def jdk(tool: String, arguments: String*): String = {
    val home = new File(sys.props("java.home"))
    val output = new StringBuilder
    val log = scala.sys.process.ProcessLogger { line => output.append(line).append('\n'); () }
    val code = scala.sys.process.Process(new File(home, s"bin/$tool").getPath +: arguments).!(log)
    if (code != 0) throw new IllegalStateException(s"$tool ended with $code:\n$output")
    output.toString
  }
}
