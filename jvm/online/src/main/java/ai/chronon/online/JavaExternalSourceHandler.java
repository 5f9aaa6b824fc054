package ai.chronon.online;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import scala.collection.Seq;
import scala.concurrent.Future;

/** A handler of an external source that is written in Java. */
public abstract class JavaExternalSourceHandler extends ExternalSourceHandler {

  /** Answers each request with a response that carries a request of the same name and keys. */
  public abstract CompletableFuture<List<JavaResponse>> fetchJava(List<JavaRequest> requests);

  @Override
  public Future<Seq<Fetcher.Response>> fetch(Seq<Fetcher.Request> requests) {
    return FutureConverters.toScala(
        fetchJava(JavaConversions.mapped(requests, JavaRequest::fromScalaRequest))
            .thenApply(responses -> JavaConversions.toScala(responses, JavaResponse::toScala)));
  }
}
