package ai.chronon.online

import ai.chronon.api.{Constants, DataModel, Query}
import org.apache.spark.sql.functions.expr
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.slf4j.{Logger, LoggerFactory}

import scala.collection.JavaConverters._
import scala.collection.Seq

/** Opens the topics of one kind of bus. An `Api` returns one for a kind that is not built in. */
trait StreamBuilder {
  def from(topicInfo: TopicInfo)(implicit session: SparkSession, props: Map[String, String]): DataStream
}

/** The messages of a topic as a streaming frame.
  *
  * @param partitions how many partitions the topic has
  */
case class DataStream(df: DataFrame, partitions: Int, topicInfo: TopicInfo) {
  @transient lazy val logger: Logger = LoggerFactory.getLogger(getClass)

  /** The stream that a query sees: its setups are run, then columns are selected, then rows filtered.
    *
    * Besides the author's columns there are `ts` and, for entities, `is_before` and `mutation_ts`. Rows without a time, and rows
    * in which all `keys` are null, are left out. A query without selects sees all columns as they are.
    */
  def apply(
      query: Query,
      keys: Seq[String] = null,
      dataModel: DataModel.DataModel = DataModel.Events
  ): DataStream = {
    Option(query.getSetups).foreach(_.asScala.foreach(df.sparkSession.sql))
    val timeColumn = Option(query.getTimeColumn).getOrElse(Constants.TimeColumn)
    val (added, time) = dataModel match {
      case DataModel.Entities =>
        val flags = Seq(Constants.ReversalColumn, Constants.MutationTimeColumn)
        (flags.map(name => name -> name), Constants.MutationTimeColumn)
      case _ => (Nil, Constants.TimeColumn)
    }
    val selects = Option(query.getSelects).map { authored =>
      val own = authored.asScala.map { case (name, text) => name -> Option(text).getOrElse(s"`$name`") }
      val missing = ((Constants.TimeColumn -> timeColumn) +: added).filterNot { case (name, _) =>
        own.contains(name)
      }
      missing ++ own
    }
    val selected = selects match {
      case Some(columns) => df.select(columns.map { case (name, text) => expr(text).as(name) }.toSeq: _*)
      case None          => df
    }
    // What was not selected still has the name that the source gives it.
    val timeName = if (selects.isEmpty && time == Constants.TimeColumn) timeColumn else time
    val wheres = Option(query.getWheres).map(_.asScala).getOrElse(Nil) ++ Seq(s"$timeName IS NOT NULL") ++
      Option(keys).filter(_.nonEmpty).map(_.map(key => s"`$key` IS NOT NULL").mkString(" OR "))
    logger.info(
      s"topic ${topicInfo.name}: selecting ${selects.getOrElse("*")} where ${wheres.mkString(" AND ")}"
    )
    DataStream(wheres.foldLeft(selected)(_.where(_)), partitions, topicInfo)
  }
}
