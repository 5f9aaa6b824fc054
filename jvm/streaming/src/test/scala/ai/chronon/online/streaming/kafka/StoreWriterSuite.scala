package ai.chronon.online.streaming.kafka

import ai.chronon.online.KVStore
import ai.chronon.online.KVStore.{AppendRequest, PutRequest}
import ai.chronon.online.testkit.{FaultyStore, MemoryStore}
import org.scalatest.funsuite.AnyFunSuite

import scala.collection.mutable.ArrayBuffer
import scala.concurrent.Future
import scala.concurrent.duration.DurationInt

/** What is written again, and when it is given up. */
class StoreWriterSuite extends AnyFunSuite {
  private val rows = (1 to 3).map(i =>
    AppendRequest(PutRequest(Array(i.toByte), Array[Byte](1), "A_STREAMING", Some(i.toLong)), i.toLong)
  )

  /** Answers each call as the next of `answers` says, and remembers how many rows it was given. */
  private class Scripted(answers: Seq[Seq[Boolean]]) extends FaultyStore(new MemoryStore) {
    val given = new ArrayBuffer[Int]
    override def multiAppend(rows: scala.collection.Seq[AppendRequest])
        : Future[scala.collection.Seq[Boolean]] = {
      given += rows.size
      Future.successful(answers(given.size - 1))
    }
  }

  private def writer(store: KVStore, attempts: Int) = new StoreWriter(store, (_, _) => (), attempts, 1.millis)

  test("only what failed is tried again") {
    val store = new Scripted(Seq(Seq(true, false, false), Seq(false, true), Seq(true)))
    writer(store, 5).write(rows)
    assert(store.given == Seq(3, 2, 1))
  }

  test("in the end it is an error that says how many rows and where") {
    val store = new Scripted(Seq(Seq(true, false, true), Seq(false), Seq(false)))
    val error = intercept[StoreWriteException](writer(store, 3).write(rows))
    assert(error.getMessage.startsWith("1 of 1 rows were not written to A_STREAMING in attempt 3 of 3"))
  }

  test("a store that answers for other rows has written none") {
    val store = new Scripted(Seq(Seq(true), Seq(true, true, true)))
    writer(store, 2).write(rows)
    assert(store.given == Seq(3, 3))
  }

  test("no rows, no call") {
    val store = new Scripted(Nil)
    writer(store, 1).write(Nil)
    assert(store.given.isEmpty)
  }
}
