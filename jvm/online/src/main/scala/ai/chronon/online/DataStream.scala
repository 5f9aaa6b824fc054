package ai.chronon.online

import ai.chronon.api.{DataModel, Query}
import ai.chronon.online.streaming.StreamQuery
import org.apache.spark.sql.functions.expr
import org.apache.spark.sql.{DataFrame, SparkSession}
import org.slf4j.{Logger, LoggerFactory}

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

  /** The stream that a query sees: its setups are run, rows filtered, then columns selected, as `StreamQuery` says. */
  def apply(
      query: Query,
      keys: Seq[String] = null,
      dataModel: DataModel.DataModel = DataModel.Events
  ): DataStream = {
    val stream = new StreamQuery(query, keys, dataModel)
    stream.setups.foreach(df.sparkSession.sql(_))
    logger.info(s"topic ${topicInfo.name}: rows where ${stream.conditions.mkString("(", ") AND (", ")")}")
    val rows = stream.conditions.foldLeft(df)(_.where(_))
    val selected = stream.columns.fold(rows)(all =>
      rows.select(all.toSeq.map { case (name, text) => expr(text).as(name) }: _*)
    )
    DataStream(selected, partitions, topicInfo)
  }
}
