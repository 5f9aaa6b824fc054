package ai.chronon.online

import ai.chronon.api._
import ai.chronon.online.Fetcher.{Request, Response}

import scala.collection.Seq
import scala.collection.mutable
import scala.concurrent.{ExecutionContext, Future}
import scala.util.{Failure, Success, Try}

/** The external parts of joins: what each needs of a request, and one call for all requests to a source. */
private[online] object ExternalFetch {

  /** One external part of a join. */
  final class Part(val part: ExternalPart) {
    val fullName: String = ExternalParts.fullName(part)
    private val exceptionKey = fullName + JoinPlan.ExceptionSuffix
    private val source = ExternalParts.sourceName(part)
    private val isContextual = ExternalParts.isContextual(part)

    /** Right and left name of each key. */
    private val keys: Seq[(String, String)] = {
      val leftOf = ExternalParts.rightToLeft(part)
      ExternalParts.keyNames(part).map(right => right -> leftOf.getOrElse(right, right))
    }

    /** The request for the source: without a time, as sources have always been asked. */
    def request(of: Request): Either[KeyMissingException, Request] = {
      val missing = if (isContextual) Nil else keys.map(_._2).filterNot(of.keys.contains).distinct
      if (missing.nonEmpty) Left(KeyMissingException(source, missing.toVector, of.keys))
      else Right(Request(
        source,
        keys.map { case (right, left) => right -> of.keys.getOrElse(left, null) }.toMap
      ))
    }

    def named(values: Try[Map[String, AnyRef]]): Map[String, AnyRef] = values match {
      case Success(null)     => Map.empty
      case Success(features) => features.map { case (name, value) => s"${fullName}_$name" -> value }
      // The exception itself: callers in this process can tell exceptions apart by their class.
      case Failure(cause) => Map(exceptionKey -> cause)
    }
  }

  /** The external features of each request.
    *
    * @param ask gets the answers of the sources of these parts
    */
  def fetch(
      requests: Seq[(Request, Seq[Part])],
      context: Metrics.Context,
      ask: (Seq[Request], Seq[ExternalPart]) => Future[Seq[Response]]
  )(implicit executionContext: ExecutionContext): Future[Seq[Response]] = {
    val start = System.currentTimeMillis()
    val asked = mutable.LinkedHashSet.empty[Request]
    val parts = requests.map { case (request, all) =>
      all.map { part =>
        val partRequest = part.request(request)
        partRequest.foreach(asked += _)
        part -> partRequest
      }
    }
    context.distribution("response.external_pre_processing.latency", System.currentTimeMillis() - start)
    val externals = requests.flatMap(_._2.map(_.part)).distinct
    val answers =
      if (asked.isEmpty) Future.successful(Seq.empty[Response]) else ask(asked.toVector, externals)
    answers.map { responses =>
      val valuesOf =
        responses.map(response => (response.request.name, response.request.keys) -> response.values).toMap
      requests.zip(parts).map { case ((request, _), all) =>
        val features = all.foldLeft(Map.empty[String, AnyRef]) { case (result, (part, partRequest)) =>
          result ++ part.named(partRequest match {
            case Left(missing) => Failure(missing)
            case Right(sent)   => valuesOf.getOrElse(
                (sent.name, sent.keys),
                Failure(new IllegalStateException(s"Missing response for request $sent"))
              )
          })
        }
        Response(request, Success(features))
      }
    }
  }
}
