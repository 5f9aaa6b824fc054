package ai.chronon.api

/** A definition that cannot be read, or contradicts itself: one message that names where, what stands there and what
  * would work.
  */
final class InvalidDefinitionException(message: String, cause: Throwable = null)
    extends IllegalArgumentException(message, cause)
