package integrator;

import ai.chronon.online.JTry;
import ai.chronon.online.JavaExternalSourceHandler;
import ai.chronon.online.JavaRequest;
import ai.chronon.online.JavaResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

public class JavaDoubling extends JavaExternalSourceHandler {
  @Override
  public CompletableFuture<List<JavaResponse>> fetchJava(List<JavaRequest> requests) {
    return CompletableFuture.supplyAsync(
        () ->
            requests.stream()
                .map(request -> new JavaResponse(request, JTry.success(request.keys)))
                .collect(Collectors.toList()));
  }
}
