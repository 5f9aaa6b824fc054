package ai.chronon.service;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The service on a random port of the loopback interface, over {@link SampleSource}, and a client of it. */
final class TestServer implements AutoCloseable {
  /** The address of the sample join. */
  static final String JOIN = "/v1/features/join/shop%2Ftraining.v1";

  /** The address of the sample group-by. */
  static final String GROUP_BY = "/v1/features/groupby/shop.purchases.v1";

  final SampleSource source = new SampleSource();
  final HttpClient client = HttpClient.newHttpClient();
  private final Vertx vertx;
  private final WebServiceVerticle verticle;
  private final String deployment;

  private TestServer(Vertx vertx, JsonObject config, Function<SampleSource, WebServiceVerticle> verticle) throws Exception {
    this.vertx = vertx;
    this.verticle = verticle.apply(source);
    JsonObject local = new JsonObject().put("server.host", "127.0.0.1").put("server.port", 0).mergeIn(config);
    deployment = await(vertx.deployVerticle(this.verticle, new DeploymentOptions().setConfig(local)));
  }

  static TestServer start() throws Exception {
    return start(new JsonObject());
  }

  static TestServer start(JsonObject config) throws Exception {
    return new TestServer(Vertx.vertx(), config, TestServer::overSample);
  }

  /** The service that users start, over the class that the config names. */
  static TestServer startFetcher(JsonObject config) throws Exception {
    return new TestServer(Vertx.vertx(), config, sample -> new WebServiceVerticle());
  }

  private static WebServiceVerticle overSample(SampleSource sample) {
    return new WebServiceVerticle(settings -> sample);
  }

  static TestServer startZipline() throws Exception {
    return new TestServer(Vertx.vertx(), new JsonObject(), sample -> new FetcherVerticle(settings -> sample));
  }

  static TestServer startWithMetrics() throws Exception {
    return new TestServer(Vertx.vertx(new VertxOptions().setMetricsOptions(ServiceMetrics.on())), new JsonObject(), TestServer::overSample);
  }

  int port() {
    return verticle.actualPort();
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return post(path, body.getBytes(StandardCharsets.UTF_8));
  }

  HttpResponse<String> post(String path, byte[] body) throws IOException, InterruptedException {
    return client.send(request(path, body), HttpResponse.BodyHandlers.ofString());
  }

  CompletableFuture<HttpResponse<String>> postAsync(String path, String body) {
    return client.sendAsync(request(path, body.getBytes(StandardCharsets.UTF_8)), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String path, byte[] body) {
    return HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofByteArray(body)).build();
  }

  /** Begins to stop the service; the future ends when it has stopped. */
  Future<Void> stop() {
    return vertx.undeploy(deployment);
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
