package ai.chronon.online

import ai.chronon.api.{Constants, ExternalPart, ExternalSource}
import ai.chronon.online.Fetcher.{Request, Response}
import org.slf4j.LoggerFactory

import scala.collection.{Seq, concurrent, mutable}
import scala.concurrent.{ExecutionContext, Future}
import scala.util.control.NonFatal
import scala.util.{Failure, Success, Try}

/** The handlers of external sources by the source's name, and the factories that make those that are not there yet.
  *
  * The source `contextual`, whose features are the request's own keys, is there from the start.
  */
class ExternalSourceRegistry extends Serializable {
  import ExternalSourceRegistry._

  class ContextualHandler extends ExternalSourceHandler {
    override def fetch(requests: Seq[Request]): Future[Seq[Response]] =
      Future.successful(requests.map(request => Response(request, Success(request.keys))))
  }

  val handlerMap: mutable.Map[String, ExternalSourceHandler] =
    concurrent.TrieMap(Constants.ContextualSourceName -> new ContextualHandler)

  val handlerFactoryMap: mutable.Map[String, ExternalSourceFactory] = concurrent.TrieMap.empty

  def add(name: String, handler: ExternalSourceHandler): Unit = {
    assert(!handlerMap.contains(name), s"there is a handler for external source `$name` already")
    handlerMap.put(name, handler)
    ()
  }

  def addFactory(name: String, factory: ExternalSourceFactory): Unit = {
    assert(!handlerFactoryMap.contains(name), s"there is a factory `$name` of external sources already")
    handlerFactoryMap.put(name, factory)
    ()
  }

  /** Makes handlers for the sources of these parts that have none and name a factory.
    *
    * @throws java.lang.IllegalArgumentException if a source's configuration names no factory, or one that is not registered
    */
  def addHandlersByFactory(externalPartsOpt: Option[Seq[ExternalPart]]): Unit =
    for {
      parts <- externalPartsOpt
      source <- parts.iterator.map(_.getSource)
      if source.isSetFactoryConfig && !handlerMap.contains(source.getMetadata.getName)
    } handlerMap.getOrElseUpdate(source.getMetadata.getName, made(source))

  /** Asks each source once. A source without a handler, and a request that its handler leaves out, are failures of those
    * requests.
    */
  def fetchRequests(
      requests: Seq[Request],
      context: Metrics.Context,
      externalPartsOpt: Option[Seq[ExternalPart]] = None
  )(implicit executionContext: ExecutionContext): Future[Seq[Response]] = {
    val start = System.currentTimeMillis()
    makeMissing(requests, externalPartsOpt)
    val answers = requests.groupBy(_.name).toSeq.map { case (name, asked) =>
      ask(name, asked).map { answered =>
        val latency = System.currentTimeMillis() - start
        report(context.copy(groupBy = s"${Constants.ExternalPrefix}_$name"), answered, latency)
        answered
      }
    }
    Future.sequence(answers).map(_.flatten)
  }

  private def made(source: ExternalSource): ExternalSourceHandler = {
    val sourceName = source.getMetadata.getName
    val known = handlerFactoryMap.keys.toSeq.sorted.mkString(", ")
    val factoryName = Option(source.getFactoryConfig.getFactoryName).getOrElse(
      throw new IllegalArgumentException(
        s"external source `$sourceName` has a factoryConfig without factoryName; factories: $known"
      )
    )
    handlerFactoryMap.getOrElse(
      factoryName,
      throw new IllegalArgumentException(
        s"external source `$sourceName` names factory `$factoryName`, which is not registered; factories: $known"
      )
    ).createExternalSourceHandler(source)
  }

  /** A handler that cannot be made is missing for its own requests, not an error of the whole fetch. */
  private def makeMissing(requests: Seq[Request], externalParts: Option[Seq[ExternalPart]]): Unit = {
    val missing = requests.iterator.map(_.name).filterNot(handlerMap.contains).toSet
    if (missing.nonEmpty) externalParts.getOrElse(Nil)
      .filter(part => missing(part.getSource.getMetadata.getName))
      .foreach { part =>
        try addHandlersByFactory(Some(Seq(part)))
        catch {
          case NonFatal(error) =>
            log.error(
              s"no handler could be made for external source ${part.getSource.getMetadata.getName}",
              error
            )
        }
      }
  }

  private def ask(name: String, requests: Seq[Request])(implicit
      executionContext: ExecutionContext
  ): Future[Seq[Response]] = handlerMap.get(name) match {
    case None =>
      val error = new IllegalArgumentException(
        s"external source `$name` is not registered; there are: ${handlerMap.keys.toSeq.sorted.mkString(", ")}"
      )
      Future.successful(requests.map(Response(_, Failure(error))))
    case Some(handler) =>
      // A handler may throw instead of returning a failed future.
      Future.fromTry(Try(handler.fetch(requests))).flatten.map { responses =>
        val byRequest = responses.iterator.map(response => response.request -> response).toMap
        requests.map { request =>
          byRequest.getOrElse(
            request,
            Response(request, Failure(new IllegalStateException(s"Missing response for request $request")))
          )
        }
      }.recover { case NonFatal(error) => requests.map(Response(_, Failure(error))) }
  }

  private def report(context: Metrics.Context, responses: Seq[Response], latencyMillis: Long): Unit = {
    val (succeeded, failed) = responses.partition(_.values.isSuccess)
    context.distribution("response.latency", latencyMillis)
    context.count("response.failures", failed.size.toLong)
    context.count("response.successes", succeeded.size.toLong)
    context.count(
      "response.value_count",
      succeeded.iterator.map(r => Option(r.values.get).fold(0L)(_.size.toLong)).sum
    )
  }
}

private object ExternalSourceRegistry {
  private val log = LoggerFactory.getLogger(classOf[ExternalSourceRegistry])
}
