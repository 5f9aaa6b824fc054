package ai.chronon.spark

import ai.chronon.api
import ai.chronon.api.{
  Accuracy,
  Aggregation,
  EntitySource,
  EventSource,
  JoinPart,
  MetaData,
  Operation,
  Query,
  Source,
  TimeUnit,
  Window
}

import scala.collection.JavaConverters._

/** Definitions for tests, as short as the authoring library makes them. */
object Confs {
  def meta(name: String, namespace: String): MetaData =
    new MetaData().setName(name).setOutputNamespace(namespace).setTeam("test")

  def query(
      selects: Seq[(String, String)] = Nil,
      time: String = null,
      start: String = null,
      end: String = null,
      wheres: Seq[String] = Nil,
      partition: String = null
  ): Query = {
    val query = new Query()
    if (selects.nonEmpty) {
      val ordered = new java.util.LinkedHashMap[String, String]()
      selects.foreach { case (k, v) => ordered.put(k, v) }
      query.setSelects(ordered)
    }
    if (wheres.nonEmpty) query.setWheres(wheres.asJava)
    query.setTimeColumn(time).setStartPartition(start).setEndPartition(end).setPartitionColumn(partition)
  }

  /** Columns selected under their own names. */
  def same(columns: String*): Seq[(String, String)] = columns.map(c => c -> c)

  def events(table: String, query: Query, topic: String = null): Source =
    Source.events(new EventSource().setTable(table).setQuery(query).setTopic(topic))

  def entities(table: String, query: Query, mutations: String = null): Source =
    Source.entities(new EntitySource().setSnapshotTable(table).setMutationTable(mutations).setQuery(query))

  def days(n: Int): Window = new Window(n, TimeUnit.DAYS)

  def hours(n: Int): Window = new Window(n, TimeUnit.HOURS)

  def aggregation(
      column: String,
      operation: Operation,
      windows: Seq[Window] = null,
      buckets: Seq[String] = null
  ): Aggregation = {
    val a =
      new Aggregation().setInputColumn(column).setOperation(operation).setArgMap(new java.util.HashMap())
    if (windows != null) a.setWindows(windows.asJava)
    if (buckets != null) a.setBuckets(buckets.asJava)
    a
  }

  def groupBy(
      metaData: MetaData,
      sources: Seq[Source],
      keys: Seq[String],
      aggregations: Seq[Aggregation],
      accuracy: Accuracy = null,
      start: String = null
  ): api.GroupBy = {
    val g = new api.GroupBy().setMetaData(metaData).setSources(sources.asJava).setKeyColumns(keys.asJava)
    if (aggregations != null) g.setAggregations(aggregations.asJava)
    g.setAccuracy(accuracy).setBackfillStartDate(start)
  }

  def part(groupBy: api.GroupBy, keyMapping: Map[String, String] = null, prefix: String = null): JoinPart = {
    val p = new JoinPart().setGroupBy(groupBy).setPrefix(prefix)
    if (keyMapping != null) p.setKeyMapping(keyMapping.asJava)
    p
  }

  def join(metaData: MetaData, left: Source, parts: JoinPart*): api.Join =
    new api.Join().setMetaData(metaData).setLeft(left).setJoinParts(new java.util.ArrayList(parts.asJava))
}
