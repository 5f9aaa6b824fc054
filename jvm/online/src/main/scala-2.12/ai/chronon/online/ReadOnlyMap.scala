package ai.chronon.online

/** A map that is looked at as it is and copied when it is changed. (Scala 2.12 and 2.13 ask for different methods.) */
private[online] abstract class ReadOnlyMap extends scala.collection.AbstractMap[String, AnyRef]
    with Map[String, AnyRef] with Serializable {

  /** A copy of the usual kind. */
  def copied: Map[String, AnyRef]

  override def +[V1 >: AnyRef](entry: (String, V1)): Map[String, V1] = copied + entry
  override def -(key: String): Map[String, AnyRef] = copied - key
}
