package ai.chronon.online.testkit

import ai.chronon.online.KVStore
import ai.chronon.online.KVStore.{AppendRequest, GetRequest, GetResponse, PutRequest}

import java.util.concurrent.TimeoutException
import scala.collection.Seq
import scala.concurrent.{Future, Promise}
import scala.util.{Failure, Success}

/** What can go wrong with a read. */
sealed trait Fault

object Fault {

  /** The whole read fails. */
  final case class Error(cause: Throwable) extends Fault

  /** The whole read fails as a client does that waited too long. */
  case object Timeout extends Fault

  /** The call itself throws instead of returning a failed future. */
  final case class Throws(cause: RuntimeException) extends Fault

  /** Every key is there and has no value. */
  case object Empty extends Fault

  /** Keys of datasets for which `of` holds fail on their own. */
  final case class Partial(cause: Throwable, of: String => Boolean = _ => true) extends Fault

  /** Answers of datasets for which `of` holds are left out. */
  final case class Unanswered(of: String => Boolean = _ => true) extends Fault

  /** The answer comes when the promise is kept, and not before. */
  final case class Slow(until: Promise[Unit]) extends Fault

  /** Answers come back to front. */
  case object WrongOrder extends Fault

  /** Answers carry copies of their requests, arrays included. */
  case object Copies extends Fault

  /** Values are null, which no store may give. */
  case object Nulls extends Fault

  /** A null stands among the values of keys of datasets for which `of` holds. */
  final case class NullAmong(of: String => Boolean) extends Fault
}

/** A store whose reads go wrong in the way that is set; null: they go right. Writes always go through. */
class FaultyStore(inner: KVStore) extends KVStore {
  @volatile var fault: Fault = _

  override def create(dataset: String): Unit = inner.create(dataset)
  override def multiPut(puts: Seq[PutRequest]): Future[Seq[Boolean]] = inner.multiPut(puts)
  override def multiAppend(rows: Seq[AppendRequest]): Future[Seq[Boolean]] = inner.multiAppend(rows)
  override def bulkPut(table: String, dataset: String, partition: String): Unit =
    inner.bulkPut(table, dataset, partition)

  override def multiGet(requests: Seq[GetRequest]): Future[Seq[GetResponse]] = {
    def answers = inner.multiGet(requests)
    fault match {
      case null                     => answers
      case Fault.Error(cause)       => Future.failed(cause)
      case Fault.Timeout            => Future.failed(new TimeoutException("the store did not answer in time"))
      case Fault.Throws(cause)      => throw cause
      case Fault.Empty              => Future.successful(requests.map(GetResponse(_, Success(Nil))))
      case Fault.Partial(cause, of) =>
        answers.map(_.map(answer =>
          if (of(answer.request.dataset)) answer.copy(values = Failure(cause)) else answer
        ))
      case Fault.Unanswered(of) => answers.map(_.filterNot(answer => of(answer.request.dataset)))
      case Fault.Slow(until)    => until.future.flatMap(_ => answers)
      case Fault.WrongOrder     => answers.map(_.reverse)
      case Fault.Copies         =>
        answers.map(_.map { answer =>
          val request = answer.request
          answer.copy(request = request.copy(keyBytes = request.keyBytes.clone))
        })
      case Fault.Nulls         => answers.map(_.map(_.copy(values = Success(null))))
      case Fault.NullAmong(of) =>
        answers.map(_.map(answer =>
          if (of(answer.request.dataset)) answer.copy(values = answer.values.map(null +: _)) else answer
        ))
    }
  }
}
