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

  /** The stream that a query sees: its setups are run, rows filtered, then columns selected.
    *
    * Filters read the columns of the topic. A row is left out where the author's `wheres` say so, without a time, and when all
    * `keys` are null. Besides the author's columns there are `ts` and, for entities, `is_before` and `mutation_ts`; a
    * column of the author's with such a name goes before. A query without selects sees all columns as they are.
    */
  def apply(
      query: Query,
      keys: Seq[String] = null,
      dataModel: DataModel.DataModel = DataModel.Events
  ): DataStream = {
    for (setups <- Option(query.getSetups); setup <- setups.asScala) df.sparkSession.sql(setup)
    val selects = Option(query.getSelects).map(_.asScala.toMap)
    def expressionOf(name: String): String =
      selects.flatMap(_.get(name)).filter(_ != null).getOrElse(s"`$name`")

    val eventTime = Option(query.getTimeColumn).getOrElse(Constants.TimeColumn)
    val ofModel: Map[String, String] =
      if (dataModel != DataModel.Entities) Map.empty
      else Seq(Constants.ReversalColumn, Constants.MutationTimeColumn).map(name => name -> s"`$name`").toMap
    val present = ofModel.getOrElse(Constants.MutationTimeColumn, eventTime) + " IS NOT NULL"
    val keyed =
      Option(keys).filter(_.nonEmpty).map(_.map(key => s"${expressionOf(key)} IS NOT NULL").mkString(" OR "))
    val conditions = Option(query.getWheres).toSeq.flatMap(_.asScala) ++ Seq(present) ++ keyed
    logger.info(s"topic ${topicInfo.name}: rows where ${conditions.mkString("(", ") AND (", ")")}")

    val rows = conditions.foldLeft(df)(_.where(_))
    val columns = selects.map { authored =>
      ofModel ++ Map(Constants.TimeColumn -> eventTime) ++
        authored.keys.map(name => name -> expressionOf(name))
    }
    val selected =
      columns.fold(rows)(all => rows.select(all.toSeq.map { case (name, text) => expr(text).as(name) }: _*))
    DataStream(selected, partitions, topicInfo)
  }
}
