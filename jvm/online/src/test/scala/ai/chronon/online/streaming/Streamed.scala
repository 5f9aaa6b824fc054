package ai.chronon.online.streaming

import ai.chronon.api._
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online.serde.AvroConversions
import ai.chronon.online.{GroupByServingInfoParsed, KVStore}

import java.util
import scala.collection.JavaConverters._
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt

/** Group-bys with a topic, as their upload would describe them. */
object Streamed {
  val BatchDay = "2024-03-17"
  val BatchEnd: Long = PartitionSpec.Daily.epochMillis(BatchDay)

  def list[T](values: T*): util.List[T] = new util.ArrayList(values.asJava)

  def query(selects: Map[String, String], time: String, wheres: String*): Query = {
    val result = new Query()
    if (selects != null) result.setSelects(new util.HashMap(selects.asJava))
    if (time != null) result.setTimeColumn(time)
    if (wheres.nonEmpty) result.setWheres(list(wheres: _*))
    result.setSetups(list[String]())
    result
  }

  def events(topic: String, query: Query): Source = {
    val result = new EventSource()
    result.setTable("db.events")
    result.setTopic(topic)
    result.setQuery(query)
    Source.events(result)
  }

  def entities(topic: String, query: Query): Source = {
    val result = new EntitySource()
    result.setSnapshotTable("db.entities")
    result.setMutationTable("db.mutations")
    result.setMutationTopic(topic)
    result.setQuery(query)
    Source.entities(result)
  }

  def aggregation(operation: Operation, column: String): Aggregation = {
    val result = new Aggregation()
    result.setOperation(operation)
    result.setInputColumn(column)
    result.setArgMap(new util.HashMap[String, String])
    result
  }

  def groupBy(name: String, source: Source, keys: Seq[String], aggregations: Aggregation*): GroupBy = {
    val metaData = new MetaData()
    metaData.setName(name)
    metaData.setTeam("team")
    metaData.setOutputNamespace("ns")
    val result = new GroupBy()
    result.setMetaData(metaData)
    result.setSources(list(source))
    result.setKeyColumns(list(keys: _*))
    result.setAccuracy(Accuracy.TEMPORAL)
    if (aggregations.nonEmpty) result.setAggregations(list(aggregations: _*))
    result
  }

  private def schema(name: String, fields: Seq[(String, DataType)]): String =
    AvroConversions.fromChrononSchema(StructType.from(name, fields.toArray)).toString(true)

  /** @param input the columns that the query reads, in the topic; none for an upload that knows none */
  def info(
      groupBy: GroupBy,
      key: Seq[(String, DataType)],
      selected: Seq[(String, DataType)],
      input: Seq[(String, DataType)]
  ): GroupByServingInfo = {
    val result = new GroupByServingInfo()
    result.setGroupBy(groupBy)
    result.setBatchEndDate(BatchDay)
    result.setKeyAvroSchema(schema("Key", key))
    result.setSelectedAvroSchema(schema("Value", selected))
    if (input.nonEmpty) result.setInputAvroSchema(schema("Input", input))
    result
  }

  def parsed(info: GroupByServingInfo): GroupByServingInfoParsed =
    new GroupByServingInfoParsed(info, PartitionSpec.Daily)

  /** The metadata row of an upload. */
  def upload(info: GroupByServingInfo, store: KVStore): Unit = {
    val row = PutRequest(
      Constants.GroupByServingInfoKey.getBytes,
      ThriftJsonCodec.toJsonStr(info).getBytes,
      TableNames.batchDataset(info.getGroupBy),
      Some(BatchEnd)
    )
    assert(Await.result(store.put(row), 60.seconds))
  }

  /** How much each user spent: events of JSON with user, cents and a time. */
  def spending(topic: String): GroupByServingInfo = info(
    groupBy(
      "team.spending.v1",
      events(topic, query(Map("user" -> "user", "amount" -> "cents / 100"), "at", "cents > 0")),
      Seq("user"),
      aggregation(Operation.SUM, "amount"),
      aggregation(Operation.COUNT, "amount")
    ),
    Seq("user" -> StringType),
    Seq("amount" -> DoubleType),
    Seq("user" -> StringType, "cents" -> LongType, "at" -> LongType)
  )
}
