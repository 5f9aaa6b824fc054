package ai.chronon.online

import ai.chronon.online.KVStore.{GetRequest, GetResponse, TimedValue}

import java.nio.ByteBuffer
import java.util
import scala.collection.Seq
import scala.collection.mutable.ArrayBuffer
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** What a fetch asks of the store: each key once, all in one `multiGet`. */
private[online] final class StoreReads {
  import StoreReads._

  private val places = new util.HashMap[Key, Integer]
  private val requests = new ArrayBuffer[GetRequest]

  /** The place of the answer. */
  def add(keyBytes: Array[Byte], dataset: String, afterTsMillis: Option[Long]): Int =
    places.computeIfAbsent(
      new Key(dataset, ByteBuffer.wrap(keyBytes), afterTsMillis),
      _ => {
        requests += GetRequest(keyBytes, dataset, afterTsMillis)
        requests.size - 1
      }
    )

  def isEmpty: Boolean = requests.isEmpty
  def size: Int = requests.size

  /** What is made of the answers by place; a request without an answer is a failure. */
  def run[T](store: KVStore, context: Metrics.Context)(use: Array[Try[StoredValues]] => T)(implicit
      executionContext: ExecutionContext
  ): Future[T] =
    if (isEmpty) Future.fromTry(Try(use(Array.empty)))
    else {
      context.count("multi_get.batch.size", requests.size.toLong)
      val start = System.currentTimeMillis()
      val asked = requests.toArray
      store.multiGet(asked.toVector).map { answers =>
        val result = matched(asked, answers)
        report(context, result, result.count(_ == null), System.currentTimeMillis() - start)
        result.indices.foreach(i => if (result(i) == null) result(i) = Failure(new Unanswered(asked(i))))
        use(result)
      }
    }

  private def report(
      context: Metrics.Context,
      values: Array[Try[StoredValues]],
      unanswered: Int,
      latency: Long
  ): Unit = {
    var bytes = 0L
    var answered = 0L
    values.foreach {
      case Success(found) =>
        bytes += found.bytes
        answered += 1
      case _ =>
    }
    context.distribution("multi_get.bytes", bytes)
    context.distribution("multi_get.response.length", values.length.toLong)
    context.distribution("multi_get.response.success.length", answered)
    context.distribution("multi_get.latency.millis", latency)
    if (unanswered > 0) context.count("multi_get.response.unmatched", unanswered.toLong)
    val failed = values.count {
      case Failure(_: NoSuchElementException) | Success(_) | null => false
      case Failure(_)                                             => true
    }
    if (failed > 0) context.count("multi_get.response.failure", failed.toLong)
  }
}

private[online] object StoreReads {
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

/** What the store has of a key, looked through once, as there may be thousands of values. */
private[online] final class StoredValues(val values: Seq[TimedValue]) {
  private var size: Long = 0
  private var withoutBytes: Long = 0
  private var byteCount: Long = 0
  private var oldest: Long = Long.MaxValue
  private var last: TimedValue = _

  values.foreach { value =>
    size += 1
    if (value.bytes == null) withoutBytes += 1 else byteCount += value.bytes.length
    if (value.millis < oldest) oldest = value.millis
    if (last == null || value.millis > last.millis) last = value
  }

  def count: Long = size
  def nulls: Long = withoutBytes
  def bytes: Long = byteCount

  /** The first of the newest values; null if there is none. */
  def newest: TimedValue = last

  /** Those of a time or later. */
  def from(millis: Long): Seq[TimedValue] =
    if (oldest >= millis) values else values.filter(_.millis >= millis)
}

private[online] object StoredValues {
  val None = new StoredValues(Nil)
}
