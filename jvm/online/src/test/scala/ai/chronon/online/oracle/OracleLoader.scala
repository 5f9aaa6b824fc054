package ai.chronon.online.oracle

import ai.chronon.online.OracleJars

import java.net.{URL, URLClassLoader}

/** The reference's jars in a class loader of their own. Its classes have our names; everything else is shared. */
object OracleLoader {

  /** A side of a comparison on the reference's classes. */
  def world(): java.util.function.BiFunction[String, Array[AnyRef], AnyRef] =
    loader.loadClass(classOf[FetchWorld].getName).getDeclaredConstructor().newInstance()
      .asInstanceOf[java.util.function.BiFunction[String, Array[AnyRef], AnyRef]]

  private lazy val loader: ClassLoader = {
    val driver = classOf[FetchWorld].getProtectionDomain.getCodeSource.getLocation
    new URLClassLoader(OracleJars.all.map(_.toURI.toURL).toArray[URL] :+ driver, getClass.getClassLoader) {
      override def loadClass(name: String, resolve: Boolean): Class[_] =
        if (!name.startsWith("ai.chronon.") && !name.startsWith("scala.util.Scala"))
          super.loadClass(name, resolve)
        else getClassLoadingLock(name).synchronized(Option(findLoadedClass(name)).getOrElse(findClass(name)))
    }
  }
}
