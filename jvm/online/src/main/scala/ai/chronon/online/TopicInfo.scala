package ai.chronon.online

/** A topic, as sources name it: `kafka://name/key=value/key=value`.
  *
  * @param topicType the kind of bus; `kafka` where a text names none
  */
case class TopicInfo(name: String, topicType: String, params: Map[String, String])

object TopicInfo {
  private val DefaultType = "kafka"

  /** Reads the text form. A parameter without a value is its own value. */
  def parse(topic: String): TopicInfo = {
    assert(topic != null && topic.nonEmpty, "a source's topic is empty: write it as type://name/key=value")
    val (topicType, rest) = halves(topic, "://").getOrElse((DefaultType, topic))
    val tokens = rest.split("/").toList
    val params = tokens.drop(1).map(token => halves(token, "=").getOrElse((token, token)))
    TopicInfo(tokens.headOption.getOrElse(""), topicType, params.toMap)
  }

  /** What stands before and after the first separator, if there is one. */
  private def halves(text: String, separator: String): Option[(String, String)] =
    text.indexOf(separator) match {
      case -1 => None
      case at => Some((text.substring(0, at), text.substring(at + separator.length)))
    }
}
