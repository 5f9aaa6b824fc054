package ai.chronon.online

import ai.chronon.online.KVStore.{GetRequest, GetResponse, TimedValue}
import org.slf4j.{Logger, LoggerFactory}

import java.nio.ByteBuffer
import java.util
import scala.collection.Seq
import scala.collection.mutable.ArrayBuffer
import scala.concurrent.Future
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** What a fetch asks of the store: each key once, all in one `multiGet`. */
private[online] final class StoreReads {
  import StoreReads._

  private val places = new util.HashMap[Key, Integer]
  private val requests = new ArrayBuffer[GetRequest]
  private var start, latencyMillis, totalBytes = 0L

  /** The place of the answer. */
  def add(keyBytes: Array[Byte], dataset: String, afterTsMillis: Option[Long]): Int =
    places.computeIfAbsent(
      new Key(dataset, ByteBuffer.wrap(keyBytes), afterTsMillis),
      _ => {
        requests += GetRequest(keyBytes, dataset, afterTsMillis)
        requests.size - 1
      }
    )

  /** Sends how much the values are; apart from the rest, as it looks at each of them. */
  def reportBytes(
      values: Array[Try[StoredValues]],
      context: Metrics.Context,
      metrics: RequestMetrics
  ): Unit = {
    values.foreach(_.foreach(found => totalBytes += found.bytes))
    if (values.nonEmpty) metrics.distribution(context, "multi_get.bytes", totalBytes)
  }

  /** Of the time that the `multiGet` took, what values of so many bytes stand for. */
  def attributedLatency(bytes: Long): Long = if (totalBytes == 0) 0 else latencyMillis * bytes / totalBytes

  /** What the store answers; it is not asked for nothing. */
  def ask(store: KVStore, context: Metrics.Context, metrics: RequestMetrics): Future[Seq[GetResponse]] =
    if (requests.isEmpty) Future.successful(Nil)
    else {
      metrics.count(context, "multi_get.batch.size", requests.size.toLong)
      start = System.currentTimeMillis()
      // A store may throw instead of returning a failed future.
      try store.multiGet(requests.toVector)
      catch { case NonFatal(cause) => throw counted(cause, context) }
    }

  /** The stored values by place; a request without an answer has a failure. */
  def values(
      answers: Try[Seq[GetResponse]],
      context: Metrics.Context,
      metrics: RequestMetrics
  ): Try[Array[Try[StoredValues]]] = answers match {
    case Failure(cause)                 => Failure(counted(cause, context))
    case Success(_) if requests.isEmpty => Success(Array.empty)
    case Success(found)                 => Try {
        val asked = requests.toArray
        val result = matched(asked, found)
        latencyMillis = System.currentTimeMillis() - start
        report(context, result, metrics)
        result.indices.foreach(i => if (result(i) == null) result(i) = Failure(new Unanswered(asked(i))))
        result
      }
  }

  private def counted(cause: Throwable, context: Metrics.Context): Throwable = {
    context.withSuffix("multi_get").incrementException(cause)
    cause
  }

  private def report(
      context: Metrics.Context,
      values: Array[Try[StoredValues]],
      metrics: RequestMetrics
  ): Unit = {
    val answered = values.count(value => value != null && value.isSuccess)
    metrics.distribution(context, "multi_get.response.length", values.length.toLong)
    metrics.distribution(context, "multi_get.response.success.length", answered.toLong)
    metrics.distribution(context, "multi_get.latency.millis", latencyMillis)
    val unanswered = values.count(_ == null)
    if (unanswered > 0) metrics.count(context, "multi_get.response.unmatched", unanswered.toLong)
    val failed = values.count {
      case Failure(_: NoSuchElementException) | Success(_) | null => false
      case Failure(_)                                             => true
    }
    if (failed > 0) metrics.count(context, "multi_get.response.failure", failed.toLong)
  }
}

private[online] object StoreReads {
  private implicit val logger: Logger = LoggerFactory.getLogger(classOf[StoreReads])

  private final case class Key(dataset: String, keyBytes: ByteBuffer, afterTsMillis: Option[Long])

  /** The store left out the answer to a request. */
  final class Unanswered(request: GetRequest)
      extends IllegalStateException(s"the store gave no answer for a key of dataset ${request.dataset}")

  /** Answers by the place of their request. */
  private def matched(asked: Array[GetRequest], answers: Seq[GetResponse]): Array[Try[StoredValues]] = {
    val result = new Array[Try[StoredValues]](asked.length)
    if (!areInOrder(asked, answers, result)) find(asked, answers, result)
    result
  }

  /** Whether each request was answered in its place, as by most stores: then nothing need be looked for. */
  private def areInOrder(
      asked: Array[GetRequest],
      answers: Seq[GetResponse],
      result: Array[Try[StoredValues]]
  ): Boolean = {
    val each = answers.iterator
    var place = 0
    var fits = true
    while (fits && place < asked.length && each.hasNext) {
      val answer = each.next()
      fits = answer != null && (answer.request eq asked(place)) && answer.values != null
      if (fits) {
        result(place) = checked(answer.values)
        place += 1
      }
    }
    fits && place == asked.length && !each.hasNext
  }

  private def checked(values: Try[Seq[TimedValue]]): Try[StoredValues] = values match {
    case Success(null)   => Failure(new NullPointerException("the store answered with null"))
    case Success(found)  => Success(new StoredValues(found))
    case Failure(reason) => Failure(reason)
  }

  /** Looks for the request of each answer: it should be the very one; that of a store which rebuilt it is found by content. */
  private def find(
      asked: Array[GetRequest],
      answers: Seq[GetResponse],
      result: Array[Try[StoredValues]]
  ): Unit = {
    val identical = new util.IdentityHashMap[GetRequest, Integer](asked.length * 2)
    val byKeyBytes = new util.IdentityHashMap[Array[Byte], util.ArrayList[Integer]](asked.length * 2)
    lazy val byContent = {
      val index = new util.HashMap[Key, Integer](asked.length * 2)
      asked.indices.foreach(i => index.put(keyOf(asked(i)), i))
      index
    }
    asked.indices.foreach { i =>
      identical.put(asked(i), i)
      byKeyBytes.computeIfAbsent(asked(i).keyBytes, _ => new util.ArrayList[Integer](2)).add(i)
    }
    var position = 0
    answers.foreach { answer =>
      if (answer != null && answer.request != null && answer.values != null) {
        var place = identical.get(answer.request)
        if (place == null) place = sharingKeyBytes(asked, byKeyBytes, answer.request)
        if (place == null && position < asked.length && keyOf(asked(position)) == keyOf(answer.request))
          place = position
        if (place == null) place = byContent.get(keyOf(answer.request))
        if (place != null) result(place) = checked(answer.values)
      }
      position += 1
    }
  }

  private def sharingKeyBytes(
      asked: Array[GetRequest],
      byKeyBytes: util.IdentityHashMap[Array[Byte], util.ArrayList[Integer]],
      request: GetRequest
  ): Integer = {
    val candidates = byKeyBytes.get(request.keyBytes)
    if (candidates == null) null
    else {
      val found = candidates.stream().filter(i => asked(i) == request).findFirst()
      if (found.isPresent) found.get else null
    }
  }

  private def keyOf(request: GetRequest): Key =
    Key(request.dataset, ByteBuffer.wrap(request.keyBytes), request.afterTsMillis)
}

/** What the store has of a key, looked through once, as there may be thousands of values: when somebody asks first, who will
  * then find them in the core's cache.
  */
private[online] final class StoredValues(found: Seq[TimedValue]) {

  /** In an array, gone through by index: a sequence's iterator costs more than what is done with a value. */
  private val values: Array[TimedValue] = found.toArray
  private lazy val facts = new StoredValues.Facts(values)

  def count: Long = values.length.toLong
  def nulls: Long = facts.withoutBytes
  def bytes: Long = facts.bytes

  /** The first of the newest values; null if there is none. */
  def newest: TimedValue = facts.newest

  /** Those of a time or later. */
  def from(millis: Long): Array[TimedValue] =
    if (facts.oldest >= millis) values else values.filter(_.millis >= millis)
}

private[online] object StoredValues {
  val None = new StoredValues(Nil)

  private final class Facts(values: Array[TimedValue]) {
    var withoutBytes: Long = 0
    var bytes: Long = 0
    var oldest: Long = Long.MaxValue
    var newest: TimedValue = _

    values.foreach { value =>
      if (value == null || value.bytes == null) withoutBytes += 1 else bytes += value.bytes.length
      if (value != null) {
        if (value.millis < oldest) oldest = value.millis
        if (newest == null || value.millis > newest.millis) newest = value
      }
    }
  }
}
