package ai.chronon.online.testkit

import ai.chronon.online.KVStore
import ai.chronon.online.KVStore.{GetRequest, PutRequest}
import org.scalatest.funsuite.AnyFunSuite

import java.util.concurrent.TimeoutException
import scala.concurrent.duration.DurationInt
import scala.concurrent.{Await, Promise}
import scala.util.Success

/** The faults are the ones that they say: tests of fetches rely on it. */
class FaultyStoreSuite extends AnyFunSuite {
  private val inner = new MemoryStore
  private val store = new FaultyStore(inner)
  private val down = new IllegalStateException("down")
  private val requests = Seq("A_BATCH", "B_BATCH").map(GetRequest(Array[Byte](1), _))
  requests.foreach(r => inner.put(PutRequest(r.keyBytes, r.dataset.getBytes, r.dataset, Some(1L))))

  private def get(fault: Fault): Seq[KVStore.GetResponse] = {
    store.fault = fault
    try Await.result(store.multiGet(requests), 30.seconds).toList
    finally store.fault = null
  }
  private def texts(fault: Fault): Seq[String] =
    get(fault).map(_.values.map(_.map(v => new String(v.bytes)).mkString).getOrElse("failed"))

  test("without a fault it is the store inside, and writes always are") {
    assert(texts(null) == Seq("A_BATCH", "B_BATCH"))
    store.fault = Fault.Timeout
    assert(Await.result(
      store.put(PutRequest(Array[Byte](2), Array[Byte](3), "A_BATCH", Some(1L))),
      30.seconds
    ))
    store.fault = null
  }

  test("reads that fail as a whole: in the future, or in the call") {
    assert(intercept[IllegalStateException](get(Fault.Error(down))) eq down)
    intercept[TimeoutException](get(Fault.Timeout))
    store.fault = Fault.Throws(down)
    assert(intercept[IllegalStateException](store.multiGet(requests)) eq down)
    store.fault = null
  }

  test("reads that fail in part") {
    assert(texts(Fault.Partial(down, _ == "A_BATCH")) == Seq("failed", "B_BATCH"))
    assert(texts(Fault.Unanswered(_ == "A_BATCH")) == Seq("B_BATCH"))
    assert(texts(Fault.Empty) == Seq("", ""))
    assert(get(Fault.Nulls).forall(_.values == Success(null)))
  }

  test("answers that are right and look otherwise") {
    assert(texts(Fault.WrongOrder) == Seq("B_BATCH", "A_BATCH"))
    val copies = get(Fault.Copies)
    assert(copies.zip(requests).forall { case (answer, request) =>
      answer.request != request && answer.request.keyBytes.sameElements(request.keyBytes)
    })
  }

  test("a slow read waits for its promise") {
    val until = Promise[Unit]()
    store.fault = Fault.Slow(until)
    val slow = store.multiGet(requests)
    store.fault = null
    assert(!slow.isCompleted)
    until.success(())
    assert(Await.result(slow, 30.seconds).size == 2)
  }
}
