package ai.chronon.api

/** What the rows of a source are: things that happened at a time, or the state of things at the end of a partition. */
object DataModel extends Enumeration {
  type DataModel = Value
  val Entities, Events = Value
}
