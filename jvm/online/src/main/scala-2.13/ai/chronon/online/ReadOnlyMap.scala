package ai.chronon.online

/** A map that is looked at as it is and copied when it is changed. (Scala 2.12 and 2.13 ask for different methods.) */
private[online] abstract class ReadOnlyMap extends scala.collection.immutable.AbstractMap[String, AnyRef]
    with Serializable {

  /** A copy of the usual kind. */
  def copied: Map[String, AnyRef]

  override def updated[V1 >: AnyRef](key: String, value: V1): Map[String, V1] = copied.updated(key, value)
  override def removed(key: String): Map[String, AnyRef] = copied.removed(key)
}
