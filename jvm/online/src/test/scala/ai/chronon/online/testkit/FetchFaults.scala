package ai.chronon.online.testkit

import ai.chronon.api.PartitionSpec
import ai.chronon.jni.{NativeLeaks, NativeStats}
import ai.chronon.online.Fetcher.Request

import java.util.concurrent.TimeoutException
import scala.concurrent.Promise
import scala.util.Success

/** What a fetch answers when reads of a store go wrong: the same whatever the store, nothing waits for ever, and no native
  * object is left behind.
  */
trait FetchFaults { this: KVStoreContract =>
  private val failure = new IllegalStateException("one shard is down")

  /** Everything that a fetch of a join answers. */
  private def fetched(served: Served): Map[String, AnyRef] = await(asked(served)).head.values.get

  private def asked(served: Served) =
    served.fetcher.fetchJoin(Seq(Request(
      "team/all.v1",
      Map("user" -> Long.box(1L)),
      Some(served.batchEnd + 3600000L)
    )))

  private def faultTest(name: String)(body: Served => Unit): Unit = storeTest(s"fetch: $name") { store =>
    val before = NativeStats.read()
    // Yesterday: no store has let go of it.
    val served = new Served(store, PartitionSpec.Daily.at(today - day))
    try {
      assert(fetched(served) == Served.Features, "before anything is wrong")
      body(served)
      served.store.fault = null
      assert(fetched(served) == Served.Features, "after everything is right again")
    } finally served.fetcher.close()
    val after = NativeStats.read()
    assert(
      after.openServingPlans == before.openServingPlans && NativeLeaks.count == 0,
      s"$before, then $after"
    )
  }

  faultTest("an error of the whole read is the error of the fetch") { served =>
    served.store.fault = Fault.Error(failure)
    assert(intercept[IllegalStateException](fetched(served)) eq failure)
    served.store.fault = Fault.Throws(failure)
    assert(intercept[IllegalStateException](fetched(served)) eq failure)
  }

  faultTest("a timeout of the whole read is the error of the fetch") { served =>
    served.store.fault = Fault.Timeout
    intercept[TimeoutException](fetched(served))
  }

  faultTest("a slow read is waited for, and others are answered meanwhile") { served =>
    val until = Promise[Unit]()
    served.store.fault = Fault.Slow(until)
    val slow = asked(served)
    served.store.fault = null
    assert(fetched(served) == Served.Features && !slow.isCompleted)
    until.success(())
    assert(await(slow).head.values == Success(Served.Features))
  }

  faultTest("a read that breaks off when it is slow fails its fetch alone") { served =>
    val until = Promise[Unit]()
    served.store.fault = Fault.Slow(until)
    val slow = asked(served)
    served.store.fault = null
    until.failure(failure)
    assert(intercept[IllegalStateException](await(slow)) eq failure)
  }

  faultTest("keys that fail on their own, and answers that are empty, null or left out, are no data") {
    served =>
      for (fault <- Seq(Fault.Partial(failure), Fault.Empty, Fault.Nulls, Fault.Unanswered())) {
        served.store.fault = fault
        assert(fetched(served).isEmpty, fault.toString)
      }
  }

  faultTest("a part of the data is there: its features are") { served =>
    for (
      fault <-
        Seq(Fault.Partial(failure, _.endsWith("_STREAMING")), Fault.Unanswered(_.endsWith("_STREAMING")))
    ) {
      served.store.fault = fault
      assert(fetched(served) == Served.Features - "p_team_live_v1_amount_sum", fault.toString)
    }
    served.store.fault = Fault.Partial(failure, _ == "TEAM_PLAIN_V1_BATCH")
    assert(fetched(served) == Map("p_team_live_v1_amount_sum" -> 6.0))
  }

  faultTest("answers in another order, or with copies of their requests, are the same answers") { served =>
    for (fault <- Seq(Fault.WrongOrder, Fault.Copies)) {
      served.store.fault = fault
      assert(fetched(served) == Served.Features, fault.toString)
    }
  }
}
