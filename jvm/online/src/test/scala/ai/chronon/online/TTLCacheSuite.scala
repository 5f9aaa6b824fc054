package ai.chronon.online

import org.scalatest.concurrent.Eventually
import org.scalatest.funsuite.AnyFunSuite
import org.scalatest.time.{Seconds, Span}

import java.util.concurrent.atomic.{AtomicInteger, AtomicLong}

class TTLCacheSuite extends AnyFunSuite with Eventually {
  implicit override val patienceConfig: PatienceConfig = PatienceConfig(timeout = Span(10, Seconds))

  private val now = new AtomicLong(1000)
  private def cache(f: String => Int) =
    new TTLCache[String, Int](f, _ => Metrics.Context("test"), 100, () => now.get, 10)

  test("a value is computed once, and again in the background when it is old") {
    val calls = new AtomicInteger
    val values = cache(_ => calls.incrementAndGet())
    assert(values("k") == 1)
    now.addAndGet(100)
    assert(values("k") == 1 && calls.get == 1)
    now.addAndGet(1)
    assert(values("k") == 1) // the old one, while a new one is made
    eventually(assert(values("k") == 2))
    assert(values.refresh("k") == 2)
    now.addAndGet(11)
    values.refresh("k")
    eventually(assert(values("k") == 3))
  }

  test("what cannot be computed is thrown and not kept") {
    val calls = new AtomicInteger
    val values = cache(_ => if (calls.incrementAndGet() == 1) throw new IllegalStateException("first") else 5)
    assert(intercept[IllegalStateException](values("k")).getMessage == "first")
    assert(values("k") == 5)
  }

  // An error, as opposed to an exception, used to leave the entry marked: it was never computed again.
  test("after an error in the background the next read tries again") {
    val calls = new AtomicInteger
    val values = cache { _ =>
      val call = calls.incrementAndGet()
      if (call == 2) throw new AssertionError("no round trip") else call
    }
    assert(values("k") == 1)
    now.addAndGet(101)
    values("k")
    eventually(assert(calls.get == 2))
    eventually { values("k"); assert(calls.get >= 3) }
    eventually(assert(values("k") >= 3))
  }
}
