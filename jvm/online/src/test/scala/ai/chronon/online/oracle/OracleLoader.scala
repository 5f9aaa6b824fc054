package ai.chronon.online.oracle

import java.io.File
import java.net.{URL, URLClassLoader}
import scala.util.Properties

/** The reference's jars in a class loader of their own. Its classes have our names; everything else is shared. */
object OracleLoader {
  val folder = new File(sys.env.getOrElse("CHRONON_ORACLE", "../shared/oracle"))
  private val jars = Seq("chronon-api.jar", "chronon-aggregator.jar", "chronon-online.jar").map(new File(folder, _))

  /** Why there is nothing to compare with; none if there is. */
  def absent: Option[String] =
    if (!Properties.versionNumberString.startsWith("2.12.")) Some("the oracle's jars are of Scala 2.12")
    else if (!jars.forall(_.exists)) Some(s"no oracle at $folder: set CHRONON_ORACLE to the folder of its jars")
    else None

  /** A side of a comparison on the reference's classes. */
  def world(): java.util.function.BiFunction[String, Array[AnyRef], AnyRef] =
    loader.loadClass(classOf[FetchWorld].getName).getDeclaredConstructor().newInstance()
      .asInstanceOf[java.util.function.BiFunction[String, Array[AnyRef], AnyRef]]

  private lazy val loader: ClassLoader = {
    val driver = classOf[FetchWorld].getProtectionDomain.getCodeSource.getLocation
    new URLClassLoader(jars.map(_.toURI.toURL).toArray[URL] :+ driver, getClass.getClassLoader) {
      override def loadClass(name: String, resolve: Boolean): Class[_] =
        if (!name.startsWith("ai.chronon.") && !name.startsWith("scala.util.Scala")) super.loadClass(name, resolve)
        else getClassLoadingLock(name).synchronized(Option(findLoadedClass(name)).getOrElse(findClass(name)))
    }
  }
}
