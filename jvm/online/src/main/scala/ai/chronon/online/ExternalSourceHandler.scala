package ai.chronon.online

import ai.chronon.api.ExternalSource

import scala.collection.Seq
import scala.concurrent.{ExecutionContext, ExecutionContextExecutor, Future}

/** Fetches the features of one external source: a service, a model, a table that somebody else keeps. */
abstract class ExternalSourceHandler extends Serializable {

  /** For continuations of `fetch`; one pool for all handlers. */
  implicit lazy val executionContext: ExecutionContext = ExternalSourceHandler.executor

  /** Answers each request with a response that carries an equal request. It is called once per fetch, with the requests
    * of all joins and parts, each once.
    */
  def fetch(requests: Seq[Fetcher.Request]): Future[Seq[Fetcher.Response]]
}

object ExternalSourceHandler {
  lazy val executor: ExecutionContextExecutor = FlexibleExecutionContext.buildExecutionContext
}

/** Makes handlers for the sources that name it in their `factoryConfig`. */
abstract class ExternalSourceFactory extends Serializable {
  def createExternalSourceHandler(externalSource: ExternalSource): ExternalSourceHandler
}
