package ai.chronon.api

import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.ObjectMapper

/** What definitions carry in `metaData.customJson`, the place for settings that have no field of their own. */
object CustomJson {
  private val mapper = new ObjectMapper

  /** A member as the JSON has it (text, number, truth value, Java list or map); null where it is absent, and where the
    * text is no JSON object: authors write what they like there.
    */
  def member(metaData: MetaData, key: String): Any =
    Option(metaData).flatMap(m => Option(m.getCustomJson)).map { text =>
      try mapper.readValue(text, classOf[java.util.Map[String, Any]]).get(key)
      catch { case _: JsonProcessingException => null }
    }.getOrElse(null)

  /** The team whose list names the definition. */
  def owningTeam(metaData: MetaData): String =
    member(metaData, Constants.TeamOverride) match {
      case team: String => team
      case _            => metaData.getTeam
    }
}
