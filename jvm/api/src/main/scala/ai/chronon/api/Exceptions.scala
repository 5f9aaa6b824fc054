package ai.chronon.api

import scala.collection.Seq

/** A request that cannot be answered, with its name. */
class FetchException(requestName: String, message: String)
    extends IllegalArgumentException(s"Failed to fetch $requestName: $message") {
  def getRequestName: String = requestName
}

/** A request of a join without keys that a part of it needs. */
case class KeyMissingException(requestName: String, missingKeys: Seq[String], query: Map[String, Any])
    extends FetchException(
      requestName,
      s"Missing keys $missingKeys required by $requestName in query: $query"
    )

/** A request for a join or group-by that its team does not list as served. */
case class InvalidEntityException(requestName: String)
    extends FetchException(requestName, s"Invalid entity $requestName: its team does not list it as served")

/** Keys that cannot be written as the key bytes of a group-by. */
case class EncodeKeyException(requestName: String, message: String)
    extends IllegalArgumentException(s"Failed to encode key for $requestName: $message")
