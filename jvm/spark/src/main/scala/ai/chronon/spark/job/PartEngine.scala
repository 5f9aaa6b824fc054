package ai.chronon.spark.job

import ai.chronon.api.{Accuracy, ColumnNames, DataModel, JoinPart, Sources}
import ai.chronon.spark.{Definitions, KeyPair}

/** How the rows of a part are brought to the left: the table of left model, right model and accuracy. */
sealed trait PartEngine

object PartEngine {

  /** Events as of the left row's own time. */
  case object TemporalEvents extends PartEngine

  /** Events as of the start of the left row's day, or of the end of an entity row's partition. */
  case object SnapshotEvents extends PartEngine

  /** Rows of one entity snapshot, aggregated. */
  case object AggregatedEntities extends PartEngine

  /** Rows of one entity snapshot as they are. */
  case object PlainEntities extends PartEngine

  /** Entities as of the left row's own time, by their mutations. */
  case object TemporalEntities extends PartEngine

  def of(left: DataModel.Value, part: JoinPart): PartEngine = {
    val groupBy = part.getGroupBy
    val temporal = left == DataModel.Events && Sources.accuracy(groupBy) == Accuracy.TEMPORAL
    if (Sources.dataModel(groupBy) == DataModel.Events) if (temporal) TemporalEvents else SnapshotEvents
    else if (temporal) TemporalEntities
    else if (Definitions.aggregations(groupBy).isEmpty) PlainEntities
    else AggregatedEntities
  }
}

/** One part of a join, resolved.
  *
  * @param keys in the order of the group-by's key columns
  */
final case class PartPlan(part: JoinPart, engine: PartEngine, keys: Seq[KeyPair], prefix: String) {
  def label: String = Definitions.label(part.getGroupBy)
}

object PartPlan {
  def of(left: DataModel.Value, part: JoinPart): PartPlan =
    PartPlan(part, PartEngine.of(left, part), Definitions.keyPairs(part), ColumnNames.fullPrefix(part))
}
