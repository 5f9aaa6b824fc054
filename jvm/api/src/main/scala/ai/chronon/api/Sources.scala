package ai.chronon.api

import scala.annotation.tailrec
import scala.collection.JavaConverters._

/** What is the same for all three kinds of source, and what is inferred from the sources of a group-by. */
object Sources {

  def kind(source: Source): SourceKind =
    if (source.isSetEvents) SourceKind.Events(source.getEvents)
    else if (source.isSetEntities) SourceKind.Entities(source.getEntities)
    else if (source.isSetJoinSource) SourceKind.OfJoin(source.getJoinSource)
    else throw new InvalidDefinitionException("a source has none of events, entities and joinSource")

  /** The model of the rows; a join source has that of its join's left. */
  @tailrec
  def dataModel(source: Source): DataModel.Value = kind(source) match {
    case SourceKind.Events(_)    => DataModel.Events
    case SourceKind.Entities(_)  => DataModel.Entities
    case SourceKind.OfJoin(join) => dataModel(join.getJoin.getLeft)
  }

  def query(source: Source): Query = kind(source) match {
    case SourceKind.Events(events)     => events.getQuery
    case SourceKind.Entities(entities) => entities.getQuery
    case SourceKind.OfJoin(join)       => join.getQuery
  }

  /** The query at the root of a chain of join sources. */
  @tailrec
  def rootQuery(source: Source): Query = kind(source) match {
    case SourceKind.OfJoin(join) => rootQuery(join.getJoin.getLeft)
    case _                       => query(source)
  }

  /** The table as written, sub-partition filters (`db.table/sub=x`) included; for a join source its join's output. */
  def rawTable(source: Source): String = kind(source) match {
    case SourceKind.Events(events)     => events.getTable
    case SourceKind.Entities(entities) => entities.getSnapshotTable
    case SourceKind.OfJoin(join)       => TableNames.output(join.getJoin.getMetaData)
  }

  /** The table alone. */
  def table(source: Source): String = cleanSpec(rawTable(source))

  /** `name=value` filters that follow the table's name, in the order written. */
  def subPartitionFilters(source: Source): Map[String, String] = tokens(rawTable(source))

  /** The table of mutations as written, if there is one: only entities have it. */
  def mutationTable(source: Source): Option[String] = kind(source) match {
    case SourceKind.Entities(entities) => Option(entities.getMutationTable)
    case _                             => None
  }

  /** The topic as written, if any; a join source takes its left's, marked so that nobody subscribes to it. */
  def topic(source: Source): Option[String] = kind(source) match {
    case SourceKind.Events(events)     => Option(events.getTopic)
    case SourceKind.Entities(entities) => Option(entities.getMutationTopic)
    case SourceKind.OfJoin(join)       => topic(join.getJoin.getLeft).map(_ + Constants.TopicInvalidSuffix)
  }

  def isCumulative(source: Source): Boolean = source.isSetEvents && source.getEvents.isIsCumulative

  /** The sources of a group-by, none if the field is absent. */
  def of(groupBy: GroupBy): Seq[Source] = Option(groupBy.getSources).map(_.asScala.toList).getOrElse(Nil)

  /** The one model that all sources of a group-by share. */
  def dataModel(groupBy: GroupBy): DataModel.Value = {
    val models = of(groupBy).map(dataModel(_: Source)).distinct
    if (models.length != 1)
      throw new InvalidDefinitionException(
        s"group-by ${TableNames.name(groupBy.getMetaData)}: sources = ${models.mkString(", ")}: all must be of one kind"
      )
    models.head
  }

  /** The accuracy that is stated, else TEMPORAL if any source has a topic, else SNAPSHOT. */
  def accuracy(groupBy: GroupBy): Accuracy = Option(groupBy.getAccuracy).getOrElse(
    if (of(groupBy).exists(topic(_).isDefined)) Accuracy.TEMPORAL else Accuracy.SNAPSHOT
  )

  /** What stands before the first `/`. */
  def cleanSpec(spec: String): String = spec.split("/").head

  /** The `name=value` pieces after the first `/`. */
  def tokens(spec: String): Map[String, String] =
    spec.split("/").drop(1).toList.map(_.split("=", 2)).collect { case Array(name, value) =>
      name -> value
    }.toMap
}

/** The arm of a source that is set. */
sealed trait SourceKind

object SourceKind {
  final case class Events(source: EventSource) extends SourceKind
  final case class Entities(source: EntitySource) extends SourceKind
  final case class OfJoin(source: JoinSource) extends SourceKind
}
