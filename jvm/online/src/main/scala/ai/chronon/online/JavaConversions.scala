package ai.chronon.online

import ai.chronon.online.serde.FeatureRecord

import java.util
import scala.collection.JavaConverters._
import scala.collection.Seq

/** Scala's collections as Java's and back, for the classes of the Java API; null stays null. */
private[online] object JavaConversions {

  def mapped[A, B](values: Seq[A], convert: util.function.Function[A, B]): util.List[B] = {
    val result = new util.ArrayList[B](values.size)
    values.foreach(value => result.add(convert.apply(value)))
    result
  }

  def toScala[A, B](values: util.List[A], convert: util.function.Function[A, B]): Seq[B] =
    values.asScala.map(value => convert.apply(value)).toVector

  def toJava(values: Map[String, AnyRef]): util.Map[String, AnyRef] = Option(values).map(_.asJava).orNull

  def toScala(values: util.Map[String, AnyRef]): Map[String, AnyRef] =
    Option(values).map(_.asScala.toMap).orNull

  def toScala(millis: java.lang.Long): Option[Long] = Option(millis).map(_.longValue)

  def toJava(millis: Option[Long]): java.lang.Long = millis.map(Long.box).orNull

  /** A record's values with records, lists and maps as Java's, at every depth. */
  def toJava(record: FeatureRecord): util.Map[String, AnyRef] = {
    val result = new util.LinkedHashMap[String, AnyRef]
    record.values.foreach { case (name, value) => result.put(name, structured(value)) }
    result
  }

  private def structured(value: Any): AnyRef = value match {
    case record: FeatureRecord           => new JavaFeatureRecord(record)
    case list: scala.collection.Seq[_]   => list.map(structured).asJava
    case map: scala.collection.Map[_, _] =>
      val result = new util.LinkedHashMap[Any, AnyRef]
      map.foreach { case (key, member) => result.put(key, structured(member)) }
      result
    case other => other.asInstanceOf[AnyRef]
  }
}
