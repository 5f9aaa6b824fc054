package ai.chronon.api

import com.fasterxml.jackson.databind.JsonNode

import scala.collection.JavaConverters._

/** The first place where two JSON trees differ. The order of an object's keys is no difference; `5` and `5.0` are one.
  *
  * @param path     for example `$.sources[0].events.query.setups`
  * @param found    what stands there in the first tree, if anything
  * @param expected what stands there in the second tree, if anything
  */
final case class JsonDifference(path: String, found: Option[JsonNode], expected: Option[JsonNode])

object JsonDifference {

  def first(found: JsonNode, expected: JsonNode): Option[JsonDifference] =
    differ("$", Some(found), Some(expected))

  private def differ(
      path: String,
      found: Option[JsonNode],
      expected: Option[JsonNode]
  ): Option[JsonDifference] =
    (found, expected) match {
      case (Some(a), Some(b)) if a.isObject && b.isObject =>
        val names = a.fieldNames.asScala.toList ++ b.fieldNames.asScala.filterNot(a.has)
        firstOf(names.map(name => () => differ(s"$path.$name", Option(a.get(name)), Option(b.get(name)))))
      case (Some(a), Some(b)) if a.isArray && b.isArray =>
        val indices = 0 until math.max(a.size, b.size)
        firstOf(indices.map(i => () => differ(s"$path[$i]", Option(a.get(i)), Option(b.get(i)))))
      case (a, b) => if (a == b) None else Some(JsonDifference(path, a, b))
    }

  private def firstOf(tries: Seq[() => Option[JsonDifference]]): Option[JsonDifference] =
    tries.iterator.map(_()).collectFirst { case Some(difference) => difference }
}
