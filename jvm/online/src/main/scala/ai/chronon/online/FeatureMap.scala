package ai.chronon.online

import ai.chronon.jni.FetchAnswer

import java.util

/** The values of one group-by for one request, each decoded when it is asked for. */
private[online] trait FeatureSlots {
  def apply(slot: Int): AnyRef
}

/** What the native library answered. */
private[online] final class NativeSlots(answer: FetchAnswer, part: Int) extends FeatureSlots {
  override def apply(slot: Int): AnyRef = answer.value(part, slot)
}

/** Values that are there already. */
private[online] final class ComputedSlots(values: Array[AnyRef]) extends FeatureSlots {
  override def apply(slot: Int): AnyRef = values(slot)
}

/** Where each feature of a response is: names are put together and indexed once, not for each request.
  *
  * @param parts names of the features of each part, in the order of its slots, prefixes included
  */
private[online] final class FeatureLayout(parts: Array[Array[String]]) {
  private val all = for (p <- parts.indices.toArray; s <- parts(p).indices) yield (parts(p)(s), p, s)

  /** Whether two parts have a feature of the same name; the later part wins if it is there. */
  val ambiguous: Boolean = all.map(_._1).distinct.length < all.length

  val names: Array[String] = all.map(_._1)
  private val partOf: Array[Int] = all.map(_._2)
  private val slotOf: Array[Int] = all.map(_._3)
  private val places = new util.HashMap[String, Integer](names.length * 2)
  names.indices.foreach(i => places.put(names(i), i))

  def size: Int = names.length
  def part(place: Int): Int = partOf(place)
  def slot(place: Int): Int = slotOf(place)

  /** The place of a name, or -1. */
  def place(name: String): Int = {
    val found = places.get(name)
    if (found == null) -1 else found
  }
}

/** Features by name, read in place from what the native library answered. Immutable; a value is decoded at most once, or
  * twice if two threads ask at the same moment.
  *
  * @param parts  the values of each part of the layout; null for a part that has none
  * @param extras what else the response holds: exceptions, values of external parts. They come first when names clash
  */
private[online] final class FeatureMap private (
    layout: FeatureLayout,
    parts: Array[FeatureSlots],
    extras: Map[String, AnyRef]
) extends ReadOnlyMap {
  import FeatureMap.NotDecoded

  private val decoded: Array[AnyRef] = {
    val values = new Array[AnyRef](layout.size)
    util.Arrays.fill(values, NotDecoded)
    values
  }

  private def value(place: Int): AnyRef = {
    var result = decoded(place)
    if (result eq NotDecoded) {
      result = parts(layout.part(place))(layout.slot(place))
      decoded(place) = result
    }
    result
  }

  private def isThere(place: Int): Boolean = parts(layout.part(place)) != null

  override def get(name: String): Option[AnyRef] =
    if (extras.nonEmpty && extras.contains(name)) extras.get(name)
    else {
      val place = layout.place(name)
      if (place >= 0 && isThere(place)) Some(value(place)) else None
    }

  override def contains(name: String): Boolean = extras.contains(name) || {
    val place = layout.place(name)
    place >= 0 && isThere(place)
  }

  override def iterator: Iterator[(String, AnyRef)] =
    places.map(place => layout.names(place) -> value(place)) ++ extras.iterator

  override lazy val size: Int = places.size + extras.size

  private def places: Iterator[Int] =
    layout.names.indices.iterator.filter(place => isThere(place) && !extras.contains(layout.names(place)))

  override def copied: Map[String, AnyRef] = {
    val builder = Map.newBuilder[String, AnyRef]
    iterator.foreach(builder += _)
    builder.result()
  }

  /** The same features and these, which come first when names clash. */
  def withExtras(more: Map[String, AnyRef]): FeatureMap = new FeatureMap(layout, parts, extras ++ more)

  // The answer is bytes of a native call: what travels is the features.
  private def writeReplace(): AnyRef = copied
}

private[online] object FeatureMap {
  private object NotDecoded

  def apply(
      layout: FeatureLayout,
      parts: Array[FeatureSlots],
      extras: Map[String, AnyRef]
  ): Map[String, AnyRef] =
    if (!layout.ambiguous) new FeatureMap(layout, parts, extras)
    else {
      val builder = Map.newBuilder[String, AnyRef]
      for (place <- layout.names.indices if parts(layout.part(place)) != null)
        builder += layout.names(place) -> parts(layout.part(place))(layout.slot(place))
      builder.result() ++ extras
    }

  /** A map with more entries, which come first when names clash, without decoding what it has. */
  def extended(map: Map[String, AnyRef], more: Map[String, AnyRef]): Map[String, AnyRef] = map match {
    case _ if more.isEmpty  => map
    case lazily: FeatureMap => lazily.withExtras(more)
    case other              => other ++ more
  }
}
