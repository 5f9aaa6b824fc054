package ai.chronon.api

import scala.collection.JavaConverters._

/** Small definitions for tests, with only the fields that a test names. */
object Samples {

  def metaData(name: String, namespace: String = "ns"): MetaData = {
    val result = new MetaData()
    result.setName(name)
    result.setOutputNamespace(namespace)
    result.setTeam("team")
    result
  }

  def query(selects: (String, String)*): Query = {
    val result = new Query()
    if (selects.nonEmpty) result.setSelects(javaMap(selects))
    result.setTimeColumn("ts")
    result
  }

  def events(table: String, topic: String = null, query: Query = Samples.query()): Source = {
    val source = new EventSource()
    source.setTable(table)
    if (topic != null) source.setTopic(topic)
    source.setQuery(query)
    Source.events(source)
  }

  def entities(table: String, mutationTopic: String = null): Source = {
    val source = new EntitySource()
    source.setSnapshotTable(table)
    if (mutationTopic != null) source.setMutationTopic(mutationTopic)
    source.setQuery(query())
    Source.entities(source)
  }

  def ofJoin(join: Join): Source = {
    val source = new JoinSource()
    source.setJoin(join)
    source.setQuery(query("x" -> "x"))
    Source.joinSource(source)
  }

  def aggregation(
      input: String,
      operation: Operation,
      windows: Seq[Window] = Nil,
      buckets: Seq[String] = Nil,
      args: Map[String, String] = Map.empty
  ): Aggregation = {
    val result = new Aggregation()
    result.setInputColumn(input)
    result.setOperation(operation)
    result.setArgMap(javaMap(args.toSeq))
    if (windows.nonEmpty) result.setWindows(list(windows))
    if (buckets.nonEmpty) result.setBuckets(list(buckets))
    result
  }

  def groupBy(name: String, sources: Seq[Source], aggregations: Aggregation*): GroupBy = {
    val result = new GroupBy()
    result.setMetaData(metaData(name))
    result.setSources(list(sources))
    result.setKeyColumns(list(Seq("k")))
    if (aggregations.nonEmpty) result.setAggregations(list(aggregations))
    result
  }

  def part(groupBy: GroupBy, prefix: String = null, keyMapping: Map[String, String] = Map.empty): JoinPart = {
    val result = new JoinPart()
    result.setGroupBy(groupBy)
    if (prefix != null) result.setPrefix(prefix)
    if (keyMapping.nonEmpty) result.setKeyMapping(javaMap(keyMapping.toSeq))
    result
  }

  def join(name: String, left: Source, parts: JoinPart*): Join = {
    val result = new Join()
    result.setMetaData(metaData(name))
    result.setLeft(left)
    result.setJoinParts(list(parts))
    result
  }

  def derivation(name: String, expression: String): Derivation = {
    val result = new Derivation()
    result.setName(name)
    result.setExpression(expression)
    result
  }

  def list[T](values: Seq[T]): java.util.List[T] = new java.util.ArrayList(values.asJava)

  private def javaMap(pairs: Seq[(String, String)]): java.util.Map[String, String] = {
    val result = new java.util.LinkedHashMap[String, String]()
    pairs.foreach { case (key, value) => result.put(key, value) }
    result
  }
}
