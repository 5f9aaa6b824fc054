package ai.chronon.online.testkit

import ai.chronon.api._
import ai.chronon.online.KVStore.PutRequest
import ai.chronon.online._

import java.nio.charset.StandardCharsets.UTF_8
import java.util
import java.util.concurrent.ConcurrentLinkedQueue
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Future}

/** Two group-bys in a store, one of which streams, a join of both, and a fetcher over them.
  *
  * @param inner    where everything is stored
  * @param batchDay the day at whose start the batch ends
  */
private[chronon] class Served(
    inner: KVStore = new MemoryStore,
    batchDay: String = Served.BatchDay,
    modelBackend: ModelBackend = null
) {
  import Served._

  val batchEnd: Long = PartitionSpec.Daily.epochMillis(batchDay)
  val logged = new ConcurrentLinkedQueue[LoggableResponse]
  val registry = new ExternalSourceRegistry
  val store: CountingStore = new CountingStore(inner)
  val fetcher: Fetcher = new Fetcher(
    store,
    Constants.ChrononMetadataKey,
    logFunc = (response: LoggableResponse) => { logged.add(response); () },
    externalSourceRegistry = registry,
    modelBackend = modelBackend
  )

  Seq(plain, live).foreach(putInfo(_))
  putBatch(plain, 1L, Array("one", 41L), batchEnd)
  putBatch(plain, 2L, Array(null, 42L), batchEnd)
  for ((amount, millis) <- Seq(1.0 -> 1000L, 2.0 -> 2000L, 3.0 -> 3000L))
    putRow(1L, amountRow(amount), batchEnd + millis)
  put(join("team.all.v1", part(plain), part(live, "p")))

  def put(join: Join): Unit = put(
    Constants.ChrononMetadataKey,
    ("joins/" + join.getMetaData.getName.replaceFirst("\\.", "/")).getBytes(UTF_8),
    ThriftJsonCodec.toJsonStr(join).getBytes(UTF_8),
    System.currentTimeMillis()
  )

  /** Publishes a group-by as an upload does, as of a day. */
  def putInfo(groupBy: GroupBy, day: String = batchDay): Unit = putInfo(groupBy, info(groupBy, day))

  def putInfo(groupBy: GroupBy, info: GroupByServingInfo): Unit =
    putInfo(groupBy, ThriftJsonCodec.toJsonStr(info), PartitionSpec.Daily.epochMillis(info.getBatchEndDate))

  def putInfo(groupBy: GroupBy, text: String, millis: Long): Unit =
    put(
      TableNames.batchDataset(groupBy),
      Constants.GroupByServingInfoKey.getBytes(UTF_8),
      text.getBytes(UTF_8),
      millis
    )

  def putBatch(groupBy: GroupBy, user: Long, row: Array[Any], millis: Long): Unit =
    putBatch(groupBy, user, parsed(groupBy).selectedCodec.encodeArray(row), millis)

  def putBatch(groupBy: GroupBy, user: Long, bytes: Array[Byte], millis: Long): Unit =
    put(TableNames.batchDataset(groupBy), keyBytes(user), bytes, millis)

  /** What a stream stores of an amount. */
  def amountRow(amount: Double): Array[Byte] = parsed(live).valueAvroCodec.encodeArray(Array[Any](amount))

  def putRow(user: Long, bytes: Array[Byte], millis: Long): Unit =
    put(TableNames.streamingDataset(live), keyBytes(user), bytes, millis)

  private def parsed(groupBy: GroupBy) =
    new GroupByServingInfoParsed(info(groupBy, batchDay), PartitionSpec.Daily)

  private def keyBytes(user: Long) = serde.AvroCodec.of(KeySchema).encode(Map("user" -> Long.box(user)))

  private def put(dataset: String, key: Array[Byte], value: Array[Byte], millis: Long): Unit =
    assert(Await.result(inner.put(PutRequest(key, value, dataset, Some(millis))), 30.seconds))
}

/** Counts the keys of each read of features. */
private[chronon] class CountingStore(inner: KVStore) extends FaultyStore(inner) {
  val reads = new ConcurrentLinkedQueue[Seq[KVStore.GetRequest]]
  override def multiGet(requests: Seq[KVStore.GetRequest]): Future[Seq[KVStore.GetResponse]] = {
    // Metadata is read when it likes.
    if (
      requests.exists(request =>
        request.dataset.startsWith("TEAM_") &&
          new String(request.keyBytes) != Constants.GroupByServingInfoKey
      )
    )
      reads.add(requests)
    super.multiGet(requests)
  }
}

private[chronon] object Served {
  val BatchDay = "2024-03-17"
  val BatchEnd: Long = PartitionSpec.Daily.epochMillis(BatchDay)

  /** What a request for user 1 answers an hour after the batch's end. */
  val Features: Map[String, Any] = Map(
    "team_plain_v1_name" -> "one",
    "team_plain_v1_age" -> 41L,
    "p_team_live_v1_amount_sum" -> 6.0
  )

  def schema(name: String, fields: (String, DataType)*): String =
    serde.AvroConversions.fromChrononSchema(StructType.from(name, fields.toArray)).toString(true)
  val KeySchema: String = schema("Key", "user" -> LongType)

  private def metaData(name: String): MetaData = {
    val result = new MetaData()
    result.setName(name)
    result.setTeam("team")
    result
  }

  private def events(topic: String): Source = {
    val query = new Query()
    query.setTimeColumn("ts")
    query.setSetups(new util.ArrayList[String])
    val source = new EventSource()
    source.setTable("db.t")
    if (topic != null) source.setTopic(topic)
    source.setQuery(query)
    Source.events(source)
  }

  private def groupBy(name: String, accuracy: Accuracy): GroupBy = {
    val result = new GroupBy()
    result.setMetaData(metaData(name))
    result.setSources(new util.ArrayList(Seq(events(if (accuracy == Accuracy.TEMPORAL) "topic"
    else null)).asJava))
    result.setKeyColumns(new util.ArrayList(Seq("user").asJava))
    result.setAccuracy(accuracy)
    result
  }

  val plain: GroupBy = groupBy("team.plain.v1", Accuracy.SNAPSHOT)
  val gone: GroupBy = groupBy("team.gone.v1", Accuracy.SNAPSHOT)
  val live: GroupBy = {
    val result = groupBy("team.live.v1", Accuracy.TEMPORAL)
    val sum = new Aggregation()
    sum.setInputColumn("amount")
    sum.setOperation(Operation.SUM)
    sum.setArgMap(new util.HashMap[String, String])
    result.setAggregations(new util.ArrayList(Seq(sum).asJava))
    result
  }

  def info(groupBy: GroupBy, batchDay: String = BatchDay): GroupByServingInfo = {
    val result = new GroupByServingInfo()
    result.setGroupBy(groupBy)
    result.setBatchEndDate(batchDay)
    result.setKeyAvroSchema(KeySchema)
    result.setSelectedAvroSchema(
      if (groupBy.isSetAggregations) schema("Value", "amount" -> DoubleType)
      else schema("Value", "name" -> StringType, "age" -> LongType)
    )
    result
  }

  def part(groupBy: GroupBy, prefix: String = null): JoinPart = {
    val result = new JoinPart()
    result.setGroupBy(groupBy)
    if (prefix != null) result.setPrefix(prefix)
    result
  }

  def join(name: String, parts: JoinPart*): Join = {
    val result = new Join()
    result.setMetaData(metaData(name))
    result.setLeft(events(null))
    result.setJoinParts(new util.ArrayList(parts.asJava))
    result
  }

  def external(
      name: String,
      key: String,
      value: String,
      mapping: Map[String, String],
      prefix: String = null,
      dataType: DataType = LongType
  ): ExternalPart = {
    val source = new ExternalSource()
    source.setMetadata(metaData(name))
    source.setKeySchema(DataType.toTDataType(StructType.from("k", Array(key -> dataType))))
    source.setValueSchema(DataType.toTDataType(StructType.from("v", Array(value -> dataType))))
    val result = new ExternalPart()
    result.setSource(source)
    if (mapping.nonEmpty) result.setKeyMapping(mapping.asJava)
    if (prefix != null) result.setPrefix(prefix)
    result
  }

  def derivation(name: String, expression: String): Derivation = {
    val result = new Derivation()
    result.setName(name)
    result.setExpression(expression)
    result
  }
}
