package ai.chronon.online.streaming

import ai.chronon.api._

/** The source that a group-by streams from: the first one with a topic.
  *
  * @param topic as written, parameters included
  */
private[online] final case class StreamedSource(topic: String, query: Query, dataModel: DataModel.DataModel)

private[online] object StreamedSource {

  /** @throws ai.chronon.api.InvalidDefinitionException saying why there is nothing that could be streamed */
  def of(groupBy: GroupBy): StreamedSource = {
    def refuse(reason: String): Nothing =
      throw new InvalidDefinitionException(s"group-by ${TableNames.name(groupBy.getMetaData)}: $reason")
    val source = Sources.of(groupBy).find(Sources.topic(_).isDefined).getOrElse(
      refuse("none of its sources has a topic (of entities: a mutationTopic): nothing can be streamed")
    )
    Sources.kind(source) match {
      case SourceKind.OfJoin(_) =>
        refuse("its source is the output of a join, which is not streamed yet: only events and entities are")
      case _ => ()
    }
    if (!groupBy.isSetAggregations)
      refuse(
        "it has no aggregations: what a fetch answers is of the batch alone, and streamed rows are never read"
      )
    if (Sources.accuracy(groupBy) == Accuracy.SNAPSHOT)
      refuse(
        "its accuracy is SNAPSHOT: what a fetch answers is of the batch alone, and streamed rows are never read"
      )
    StreamedSource(Sources.topic(source).get, Sources.query(source), Sources.dataModel(source))
  }
}
