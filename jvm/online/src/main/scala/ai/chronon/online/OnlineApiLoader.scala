package ai.chronon.online

import java.io.File
import java.lang.reflect.{Constructor, InvocationTargetException, Modifier}
import java.net.URLClassLoader

/** Makes an integrator's `Api` out of the name of its class, and of the jar that it is in if it is not on the class path. */
object OnlineApiLoader {

  /** @param className what `--online-class` or `online.class` names
    * @param jar       what `--online-jar` or `online.jar` names
    * @param userConf  the settings that its constructor is given
    * @throws java.lang.IllegalArgumentException naming the class or jar, and what would be right
    */
  def load(className: String, jar: Option[String], userConf: Map[String, String]): Api = {
    val where = jar.map(path => s"jar $path or the class path").getOrElse("the class path")
    val api = find(className, where, jar.map(classesOf).getOrElse(parent))
    val constructor = constructorOf(api)
    try constructor.newInstance(userConf).asInstanceOf[Api]
    catch {
      case failed: InvocationTargetException =>
        val cause = failed.getTargetException
        throw new IllegalArgumentException(s"online class $className could not be made: $cause", cause)
      case failed: LinkageError => throw unlinked(className, failed)
    }
  }

  /** The classes of a jar behind those of this process: copies of ours that were packed into it are not used. */
  private def classesOf(jar: String): ClassLoader = {
    val file = new File(jar)
    if (!file.isFile) throw new IllegalArgumentException(s"online jar $jar does not exist")
    new URLClassLoader(Array(file.toURI.toURL), parent)
  }

  private def parent: ClassLoader =
    Option(Thread.currentThread.getContextClassLoader).getOrElse(getClass.getClassLoader)

  private def find(className: String, where: String, classes: ClassLoader): Class[_] =
    try {
      val found = Class.forName(className, true, classes)
      if (!classOf[Api].isAssignableFrom(found))
        throw new IllegalArgumentException(s"online class $className does not extend ${classOf[Api].getName}")
      if (Modifier.isAbstract(found.getModifiers))
        throw new IllegalArgumentException(
          s"online class $className is abstract: name a class that can be made"
        )
      found
    } catch {
      case missing: ClassNotFoundException =>
        throw new IllegalArgumentException(s"online class $className was not found in $where", missing)
      case failed: LinkageError => throw unlinked(className, failed)
    }

  private def constructorOf(api: Class[_]): Constructor[_] =
    api.getConstructors.headOption
      .filter(c => c.getParameterTypes.toSeq == Seq(classOf[Map[String, String]]))
      .getOrElse(throw new IllegalArgumentException(
        s"online class ${api.getName} needs one public constructor that takes a scala.collection.immutable.Map, and has: " +
          Option(api.getConstructors.mkString(", ")).filter(_.nonEmpty).getOrElse("none")
      ))

  private def unlinked(className: String, cause: LinkageError) =
    new IllegalArgumentException(
      s"online class $className does not fit the classes of this process: $cause",
      cause
    )
}
