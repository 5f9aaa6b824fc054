package ai.chronon.online

import ai.chronon.api.Extensions.ThrowableOps
import ai.chronon.api._
import ai.chronon.online.Fetcher.{Request, ResponseWithContext}
import org.slf4j.Logger

import scala.util.{Failure, Success, Try}

/** From the fetched features of a join to its derived ones. */
private[online] object JoinDerivations {

  /** The response with its derived values, and with the request's keys in the types of the join's keys.
    *
    * @param codec the join's schemas; without them only the reason is in the response
    */
  def derive(response: ResponseWithContext, codec: Try[JoinCodec])(implicit
      logger: Logger
  ): ResponseWithContext =
    codec match {
      case Failure(cause) =>
        response.ctx.incrementException(cause)
        response.copy(derivedValues = Some(Map("join_codec_fetch_exception" -> cause.traceString)))
      case Success(known) =>
        val start = System.currentTimeMillis()
        val (request, uncastable) = castKeys(response.request, known)
        val result = known.derivation match {
          case None          => response.baseValues
          case Some(program) =>
            val millis = request.atMillis.getOrElse(response.requestStartTs)
            val derived = uncastable match {
              case Some(cause) =>
                response.ctx.incrementException(cause)
                Map[String, AnyRef]("derivation_fetch_exception" -> cause.traceString)
              case None =>
                FetcherBase.DerivationFallback(
                  program,
                  request.keys,
                  response.baseValues,
                  millis,
                  response.ctx
                )
            }
            withoutFailed(derived, response.baseValues)
        }
        response.ctx.distribution("derivation.latency.millis", System.currentTimeMillis() - start)
        response.copy(request = request, derivedValues = Some(result), joinCodec = Some(known))
    }

  /** The keys cast; or as they were, and why one of them cannot be. Its parts have said so already. */
  private def castKeys(request: Request, codec: JoinCodec): (Request, Option[EncodeKeyException]) = {
    var failure: Option[EncodeKeyException] = None
    val cast = request.keys.map { case (name, value) =>
      name -> codec.keyTypes.get(name).map { dataType =>
        Try(KeyCast.castTo(value, dataType)) match {
          case Success(result) => result
          case Failure(cause)  =>
            failure = Some(EncodeKeyException(request.name, s"key $name: ${cause.getMessage}"))
            value
        }
      }.getOrElse(value)
    }
    (request.copy(keys = cast), failure)
  }

  /** Exceptions stay; what was derived under the prefix of a failed part goes: it would look like features. */
  private def withoutFailed(derived: Map[String, AnyRef], base: Map[String, AnyRef]): Map[String, AnyRef] = {
    val exceptions = base.keysIterator.filter(_.endsWith(JoinPlan.ExceptionSuffix)).toList
    if (exceptions.isEmpty) derived
    else {
      val prefixes = exceptions.map(_.stripSuffix(JoinPlan.ExceptionSuffix) + "_")
      derived.filterNot { case (name, _) =>
        !name.endsWith(JoinPlan.ExceptionSuffix) && prefixes.exists(name.startsWith(_))
      } ++ exceptions.map(name => name -> base(name))
    }
  }
}
