package ai.chronon.online

import ai.chronon.online.KVStore.{GetRequest, GetResponse, TimedValue}
import org.slf4j.{Logger, LoggerFactory}

import java.nio.ByteBuffer
import java.util
import scala.collection.Seq
import scala.collection.mutable.ArrayBuffer
import scala.concurrent.{ExecutionContext, Future}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** What a fetch asks of the store: each key once, all in one `multiGet`. */
private[online] final class StoreReads {
  import StoreReads._

  private val places = new util.HashMap[Key, Integer]
  private val requests = new ArrayBuffer[GetRequest]
  private var latencyMillis, totalBytes = 0L

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

  /** Of the time that the `multiGet` took, what values of so many bytes stand for. */
  def attributedLatency(bytes: Long): Long = if (totalBytes == 0) 0 else latencyMillis * bytes / totalBytes

  /** The answers by place; a request without one has none. */
  def run(store: KVStore, context: Metrics.Context)(implicit
      executionContext: ExecutionContext
  ): Future[Array[Try[Seq[TimedValue]]]] =
    if (isEmpty) Future.successful(Array.empty)
    else {
      context.count("multi_get.batch.size", requests.size.toLong)
      val start = System.currentTimeMillis()
      val asked: Seq[GetRequest] = requests.toVector
      // A store may throw instead of returning a failed future.
      val answered =
        try store.multiGet(asked)
        catch {
          case NonFatal(cause) =>
            context.withSuffix("multi_get").incrementException(cause)
            throw cause
        }
      answered.failed.foreach(context.withSuffix("multi_get").incrementException(_))(executionContext)
      answered.map { answers =>
        val result = matched(asked, answers)
        report(context, result, asked.size - result.count(_ != null), System.currentTimeMillis() - start)
        result.indices.foreach(i => if (result(i) == null) result(i) = Failure(new Unanswered(asked(i))))
        result
      }(executionContext)
    }

  private def report(
      context: Metrics.Context,
      values: Array[Try[Seq[TimedValue]]],
      unanswered: Int,
      latency: Long
  ): Unit = {
    val size = new ValueSizes
    var answered = 0L
    values.foreach {
      case Success(found) =>
        size.add(found)
        answered += 1
      case _ =>
    }
    latencyMillis = latency
    totalBytes = size.bytes
    context.distribution("multi_get.bytes", size.bytes)
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
  private implicit val logger: Logger = LoggerFactory.getLogger(classOf[StoreReads])

  private final case class Key(dataset: String, keyBytes: ByteBuffer, afterTsMillis: Option[Long])

  /** The store left out the answer to a request. */
  final class Unanswered(request: GetRequest)
      extends IllegalStateException(s"the store gave no answer for a key of dataset ${request.dataset}")

  /** Answers by the place of their request: an answer should carry the very request; a store that rebuilt it is matched by content.
    */
  private def matched(asked: Seq[GetRequest], answers: Seq[GetResponse]): Array[Try[Seq[TimedValue]]] = {
    val result = new Array[Try[Seq[TimedValue]]](asked.size)
    val identical = new util.IdentityHashMap[GetRequest, Integer](asked.size * 2)
    val byKeyBytes = new util.IdentityHashMap[Array[Byte], util.ArrayList[Integer]](asked.size * 2)
    lazy val byContent = {
      val index = new util.HashMap[Key, Integer](asked.size * 2)
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
        if (place == null && position < asked.size && keyOf(asked(position)) == keyOf(answer.request))
          place = position
        if (place == null) place = byContent.get(keyOf(answer.request))
        if (place != null) result(place) = answer.values match {
          case Success(null) => Failure(new NullPointerException("the store answered with null"))
          case other         => other
        }
      }
      position += 1
    }
    result
  }

  private def sharingKeyBytes(
      asked: Seq[GetRequest],
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

/** How many values there are, of how many bytes. One pass without objects, as a key may have thousands of them. */
private[online] final class ValueSizes {
  var count: Long = 0
  var bytes: Long = 0
  var newestMillis: Long = Long.MinValue

  def add(values: Seq[TimedValue]): this.type = {
    values.foreach { value =>
      count += 1
      if (value.bytes != null) bytes += value.bytes.length
      if (value.millis > newestMillis) newestMillis = value.millis
    }
    this
  }
}
