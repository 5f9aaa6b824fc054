package ai.chronon.online.streaming

import ai.chronon.api.{Constants, DataModel, Query}

import scala.collection.JavaConverters._
import scala.collection.Seq

/** What the query of a streamed source does to the rows of its topic, as texts of SQL.
  *
  * Filters read the columns of the topic. A row is left out where the author's `wheres` say so, without a time, and when all
  * `keys` are null. Besides the author's columns there are `ts` and, for entities, `is_before` and `mutation_ts`; a
  * column of the author's with such a name goes before.
  *
  * @param keys columns of which one must not be null; null or empty for none
  */
private[online] final class StreamQuery(query: Query, keys: Seq[String], dataModel: DataModel.DataModel) {

  /** Statements that run before anything else. */
  val setups: List[String] = Option(query.getSetups).toList.flatMap(_.asScala)

  private val selects: Option[Map[String, String]] = Option(query.getSelects).map(_.asScala.toMap)

  private val eventTime = Option(query.getTimeColumn).getOrElse(Constants.TimeColumn)

  private val ofModel: Map[String, String] =
    if (dataModel != DataModel.Entities) Map.empty
    else Seq(Constants.ReversalColumn, Constants.MutationTimeColumn).map(name => name -> s"`$name`").toMap

  /** Name and expression of every column; none if the query selects nothing, which keeps all columns as they are. */
  val columns: Option[Map[String, String]] = selects.map { authored =>
    ofModel ++ Map(Constants.TimeColumn -> eventTime) ++ authored.keys.map(name => name -> expressionOf(name))
  }

  /** All must hold for a row to be seen. */
  val conditions: Seq[String] = {
    val keyed =
      Option(keys).filter(_.nonEmpty).map(_.map(key => present(expressionOf(key))).mkString(" OR "))
    val timed = present(ofModel.getOrElse(Constants.MutationTimeColumn, eventTime))
    Option(query.getWheres).toSeq.flatMap(_.asScala) ++ Seq(timed) ++ keyed
  }

  private def present(expression: String): String = s"($expression) IS NOT NULL"

  private def expressionOf(name: String): String =
    selects.flatMap(_.get(name)).filter(_ != null).getOrElse(s"`$name`")
}
