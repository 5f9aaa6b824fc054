package ai.chronon.online.oracle

import ai.chronon.api._
import ai.chronon.online.KVStore.{GetRequest, GetResponse, PutRequest, TimedValue}
import ai.chronon.online._
import ai.chronon.online.serde.ArrayRow

import java.nio.ByteBuffer
import java.nio.charset.StandardCharsets.UTF_8
import java.util
import scala.collection.JavaConverters._
import scala.collection.Seq
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Future}
import scala.util.{Failure, Success, Try}

/** One side of a comparison of fetchers: a store, a fetcher over it, and the calls of a test.
  *
  * The class is compiled against this project alone. A test loads it twice: once as it is, and once more beside the reference's jars
  * in a class loader of their own. So only classes of the JDK cross its methods, and every call in it is one that an integrator's
  * jar could contain.
  */
class FetchWorld extends util.function.BiFunction[String, Array[AnyRef], AnyRef] {
  private val store = new MapStore
  private val logged = new util.ArrayList[Array[AnyRef]]
  private val fetcher = new Fetcher(
    store,
    Constants.ChrononMetadataKey,
    logFunc = (response: LoggableResponse) => {
      logged.synchronized(logged.add(Array[AnyRef](
        response.keyBytes,
        response.valueBytes,
        response.joinName,
        Long.box(response.tsMillis),
        response.schemaHash
      )))
      ()
    },
    externalSourceRegistry = new ExternalSourceRegistry
  )

  /** One entry for all calls: methods of this class have different classes as arguments on the two sides. */
  override def apply(method: String, arguments: Array[AnyRef]): AnyRef = (method, arguments) match {
    case ("put", Array(dataset: String, key: Array[Byte], value: Array[Byte], millis: java.lang.Long)) =>
      store.put(dataset, key, value, millis)
      null
    case ("join", Array(json: String)) =>
      fetcher.putJoinConf(ThriftJsonCodec.fromJsonStr[Join](json, check = false, classOf[Join]))
      null
    case ("fetchJoin", Array(requests: util.List[_])) =>
      answered(fetcher.fetchJoin(all(requests)))
    case ("fetchGroupBys", Array(requests: util.List[_])) => answered(fetcher.fetchGroupBys(all(requests)))
    case ("keyBytes", Array(info: String, keys: util.Map[_, _])) =>
      parsed(info).keyCodec.encode(keys.asInstanceOf[util.Map[String, AnyRef]].asScala.toMap)
    case ("row", Array(info: String, values: Array[_], mutation: java.lang.Boolean)) =>
      val codec = if (mutation) parsed(info).mutationValueAvroCodec else parsed(info).valueAvroCodec
      codec.encodeArray(values.asInstanceOf[Array[Any]])
    case ("thrift", Array(className: String, binary: Array[Byte], tokens)) =>
      val record =
        Class.forName(className, true, getClass.getClassLoader).getDeclaredConstructor().newInstance()
          .asInstanceOf[org.apache.thrift.TBase[Window, Window._Fields]] // whichever it is
      new org.apache.thrift.TDeserializer(
        new org.apache.thrift.protocol.TBinaryProtocol.Factory()
      ).deserialize(
        record,
        binary
      )
      val names: SerializableFunction[String, String] = (name: String) => name.toLowerCase
      val decoder =
        new TBaseDecoderFactory(className, tokens.asInstanceOf[util.Set[String]], names).build()
      Array[AnyRef](described(decoder.dataType), decoder(record).asInstanceOf[AnyRef])
    case ("rowTo", Array(schema: String, value)) =>
      val avro = serde.AvroConversions.toChrononSchema(new org.apache.avro.Schema.Parser().parse(schema))
      Row.to[util.List[Any], String, util.List[Any], util.Map[Any, Any], Any](
        value,
        avro,
        (members: Iterator[Any], _: DataType, node: Option[Any]) => {
          val all = new util.ArrayList[Any](util.Arrays.asList(s"struct $node"))
          members.foreach(all.add)
          all
        },
        (bytes: Array[Byte]) => bytes.mkString("bytes ", ",", ""),
        (elements: Iterator[Any], size: Int) => {
          val all = new util.ArrayList[Any](util.Arrays.asList(s"list $size"))
          elements.foreach(all.add)
          all
        },
        (map: util.Map[Any, Any]) => map,
        null,
        None
      ).asInstanceOf[AnyRef]
    case ("rowFrom", Array(schema: String, value)) =>
      val avro = serde.AvroConversions.toChrononSchema(new org.apache.avro.Schema.Parser().parse(schema))
      Row.from[Array[Any], String, Array[Any], String](
        value,
        avro,
        (members: Array[Any], _: Seq[StructField]) => members.iterator,
        (bytes: String) => bytes.getBytes,
        (elements: Array[Any]) => new util.ArrayList[Any](util.Arrays.asList(elements: _*)),
        (text: String) => text + "!"
      ).asInstanceOf[AnyRef]
    // What the reference's streaming jobs write rows with.
    case ("encodedRow", Array(info: String, what: String, values: Array[_])) =>
      val schema = what match {
        case "key"      => parsed(info).keyChrononSchema
        case "event"    => parsed(info).valueChrononSchema
        case "mutation" => parsed(info).mutationValueChrononSchema
      }
      encoded(schema, values)
    case ("selected", Array(info: String, values: Array[_])) =>
      parsed(info).selectedCodec.encodeArray(values.asInstanceOf[Array[Any]])
    case ("batchIr", Array(info: String, rows: util.List[_]))  => batchIr(parsed(info), rows)
    case ("snapshot", Array(info: String, rows: util.List[_])) => snapshot(parsed(info), rows)
    case ("logged", Array())                                   => logged
    case ("close", Array())                                    =>
      // The reference's fetcher has nothing to close.
      (fetcher: Any) match {
        case closeable: AutoCloseable => closeable.close()
        case _                        =>
      }
      null
    case _ => throw new IllegalArgumentException(s"$method(${arguments.mkString(", ")})")
  }

  /** With the members of structs, which the types' own texts leave out. */
  private def described(dataType: DataType): String = dataType match {
    case StructType(name, fields) =>
      fields.map(f => s"${f.name}:${described(f.fieldType)}").mkString(s"$name{", ",", "}")
    case ListType(element) => s"list<${described(element)}>"
    case MapType(key, v)   => s"map<${described(key)},${described(v)}>"
    case other             => DataType.toString(other)
  }

  private def parsed(info: String) = new GroupByServingInfoParsed(
    ThriftJsonCodec.fromJsonStr[GroupByServingInfo](info, check = false, classOf[GroupByServingInfo]),
    PartitionSpec("yyyy-MM-dd", 24L * 3600 * 1000)
  )

  private def all(requests: util.List[_]): Seq[Fetcher.Request] = requests.asScala.map {
    case Array(name: String, keys: util.Map[_, _], atMillis: java.lang.Long) =>
      Fetcher.Request(
        name,
        keys.asInstanceOf[util.Map[String, AnyRef]].asScala.toMap,
        Option(atMillis).map(_.longValue)
      )
  }

  /** For each response the features by name, or the failure. */
  private def answered(responses: Future[Seq[Fetcher.Response]]): util.List[AnyRef] = {
    val result = new util.ArrayList[AnyRef]
    Await.result(responses, 60.seconds).foreach { response =>
      result.add(response.values match {
        case Success(null)   => null
        case Success(values) => new util.TreeMap[String, AnyRef](values.asJava)
        case Failure(cause)  => cause.getMessage
      })
    }
    result
  }

  // What follows exists on the reference's side alone: it is where stored batch data comes from.

  private def call(on: AnyRef, method: String, arguments: AnyRef*): AnyRef =
    on.getClass.getMethods.find(m => m.getName == method && m.getParameterCount == arguments.size).get.invoke(
      on,
      arguments: _*
    )

  private def aggregated(info: GroupByServingInfoParsed, rows: util.List[_]): (AnyRef, AnyRef) = {
    val aggregator = call(info, "aggregator")
    val update =
      aggregator.getClass.getMethods.find(m => m.getName == "update" && m.getParameterCount == 2).get
    var ir = call(aggregator, "init")
    rows.asScala.foreach { case Array(millis: java.lang.Long, values: Array[_]) =>
      ir = update.invoke(aggregator, ir, new ArrayRow(values.asInstanceOf[Array[Any]], millis))
    }
    (aggregator, ir)
  }

  private def batchIr(info: GroupByServingInfoParsed, rows: util.List[_]): AnyRef = {
    val (aggregator, ir) = aggregated(info, rows)
    val last = call(aggregator, "normalizeBatchIr", ir)
    encoded(call(info, "irChrononSchema"), Array[Any](call(last, "collapsed"), hops(call(last, "tailHops"))))
  }

  private def hops(irs: AnyRef): AnyRef = {
    val result = new util.ArrayList[Any]
    irs.asInstanceOf[Array[Array[Array[Any]]]].foreach { level =>
      val inner = new util.ArrayList[Any]
      if (level != null) level.foreach(inner.add(_))
      result.add(inner)
    }
    result
  }

  /** What a snapshot upload stores: the outputs as of the batch's end. */
  private def snapshot(info: GroupByServingInfoParsed, rows: util.List[_]): AnyRef = {
    val (aggregator, ir) = aggregated(info, rows)
    val finalized = aggregator.getClass.getMethods.find(_.getName == "lambdaAggregateFinalized").get.invoke(
      aggregator,
      call(aggregator, "denormalizeBatchIr", call(aggregator, "normalizeBatchIr", ir)),
      Iterator.empty,
      Long.box(info.batchEndTsMillis),
      Boolean.box(false),
      None
    )
    encoded(info.outputChrononSchema, finalized)
  }

  private def encoded(schema: AnyRef, row: Any): Array[Byte] =
    serde.AvroConversions.encodeBytes(schema.asInstanceOf[StructType], null)(row)
}

/** The least that a fetcher asks of a store. */
private class MapStore extends KVStore {
  private val data = new util.concurrent.ConcurrentHashMap[(String, ByteBuffer), Seq[TimedValue]]

  def put(dataset: String, key: Array[Byte], value: Array[Byte], millis: Long): Unit = {
    data.merge(
      (dataset, ByteBuffer.wrap(key)),
      Seq(TimedValue(value, millis)),
      (old, added) => (old ++ added).sortBy(_.millis)
    )
    ()
  }

  override def create(dataset: String): Unit = ()
  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] =
    Future.successful(requests.map { request =>
      val found = Option(data.get((request.dataset, ByteBuffer.wrap(request.keyBytes))))
      val values = found.map(_.filter(v => request.afterTsMillis.forall(v.millis >= _)))
      GetResponse(request, Try(values.getOrElse(throw new NoSuchElementException("no such key"))))
    }.toList)
  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = {
    puts.foreach(p => put(p.dataset, p.keyBytes, p.valueBytes, p.tsMillis.getOrElse(0L)))
    Future.successful(puts.map(_ => true))
  }
  override def bulkPut(table: String, dataset: String, partition: String): Unit =
    throw new UnsupportedOperationException("bulkPut")
}

object FetchWorld {
  def text(value: String): Array[Byte] = value.getBytes(UTF_8)
}
