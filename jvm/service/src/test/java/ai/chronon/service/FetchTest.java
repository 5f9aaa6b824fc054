package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a fetch answers, over a real server. */
class FetchTest {
  private static final String FEATURES =
      "\"length\":1,\"large\":9007199254740993,\"mean\":0.5,\"nan\":\"NaN\",\"nothing\":null,\"bytes\":\"+/8=\",\"list\":[1,2],"
          + "\"struct\":[\"a\",1,null],\"histogram\":{\"a\\\"b\":2},\"text\":\"<b>5</b>\","
          + "\"ext_scores_exception\":\"java.lang.IllegalStateException: scores are down\"";

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void featuresOfAllTypesComeInTheOrderOfTheKeys() throws Exception {
    HttpResponse<String> answer = server.post(TestServer.JOIN, "[{\"user_id\":\"5\"},{\"user_id\":null},{\"user_id\":7}]");
    assertEquals(200, answer.statusCode());
    assertEquals("application/json", answer.headers().firstValue("content-type").orElseThrow());
    assertEquals(
        "{\"results\":["
            + "{\"status\":\"Success\",\"entityKeys\":{\"user_id\":\"5\"},\"features\":{\"at\":null," + FEATURES + "}},"
            + "{\"status\":\"Success\",\"entityKeys\":{\"user_id\":null}},"
            + "{\"status\":\"Failure\",\"entityKeys\":{\"user_id\":7},\"error\":\"key user_id of shop.purchases.v1 is 7; it must be a text\"}"
            + "]}",
        answer.body());
  }

  @Test
  void everyPathOfBothDialectsFetches() throws Exception {
    String keys = "[{\"user_id\":\"5\"}]";
    String expected = "{\"results\":[{\"status\":\"Success\",\"entityKeys\":{\"user_id\":\"5\"},\"features\":{\"at\":null," + FEATURES + "}}]}";
    List<String> paths = List.of(TestServer.JOIN, TestServer.GROUP_BY, "/v1/fetch/join/shop%2Ftraining.v1", "/v1/fetch/groupby/shop.purchases.v1");
    for (String path : paths) assertEquals(expected, server.post(path, keys).body(), path);
    assertEquals(
        "{\"results\":[{\"status\":\"Success\",\"entityKeys\":{\"user_id\":\"5\"},\"featureAvroString\":\"AAIK\","
            + "\"featuresErrors\":{\"shop_exception\":\"down\"}}]}",
        server.post("/v2/fetch/join/shop%2Ftraining.v1", keys).body());
  }

  @Test
  void theVerticleOfTheZiplineDialectSpeaksHttp2AndCompresses() throws Exception {
    try (TestServer zipline = TestServer.startZipline()) {
      HttpRequest request =
          HttpRequest.newBuilder(zipline.uri("/v1/fetch/join/shop%2Ftraining.v1"))
              .header("accept-encoding", "gzip")
              .POST(HttpRequest.BodyPublishers.ofString("[{\"user_id\":\"5\"}]"))
              .build();
      HttpResponse<java.io.InputStream> answer = zipline.client.send(request, BodyHandlers.ofInputStream());
      assertEquals(java.net.http.HttpClient.Version.HTTP_2, answer.version());
      assertEquals("gzip", answer.headers().firstValue("content-encoding").orElseThrow());
      String body = new String(new java.util.zip.GZIPInputStream(answer.body()).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertTrue(body.startsWith("{\"results\":[{\"status\":\"Success\""), body);
    }
  }

  @Test
  void theTimeIsPassedOn() throws Exception {
    String answer = server.post(TestServer.JOIN + "?atMillis=1700000000000", "[{\"user_id\":\"5\"}]").body();
    assertTrue(answer.contains("\"features\":{\"at\":1700000000000,"), answer);
  }

  @Test
  void namesInForeignScriptsArrive() throws Exception {
    HttpResponse<String> answer = server.post("/v1/features/join/caf%C3%A9%2F%F0%9F%9A%80", "[{\"user_id\":\"5\"}]");
    assertEquals(404, answer.statusCode());
    assertTrue(answer.body().contains("no join café/🚀 in"), answer.body());
  }

  /** curl sends a body as a form unless it is told otherwise, and the server once decoded it as one. */
  @Test
  void theContentTypeDoesNotMatter() throws Exception {
    for (String type : List.of("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "nonsense")) {
      HttpRequest request =
          HttpRequest.newBuilder(server.uri(TestServer.JOIN))
              .header("content-type", type)
              .POST(HttpRequest.BodyPublishers.ofString("[{\"user_id\":\"5%zz&" + "x".repeat(20_000) + "\"}]"))
              .build();
      assertEquals(200, server.client.send(request, BodyHandlers.ofString()).statusCode(), type);
    }
  }

  @Test
  void aFailedFetchIsAnErrorInJson() throws Exception {
    server.source.nextFetch = CompletableFuture.failedFuture(new IllegalStateException("the store is down"));
    HttpResponse<String> answer = server.post(TestServer.JOIN, "[{\"user_id\":\"5\"}]");
    assertEquals(500, answer.statusCode());
    assertEquals("{\"errors\":[\"the store is down\"]}", answer.body());
  }

  @Test
  void aFetchThatTakesTooLongIsGivenUp() throws Exception {
    try (TestServer hasty = TestServer.start(new JsonObject().put("server.fetch.timeout.millis", 50))) {
      hasty.source.nextFetch = new CompletableFuture<>();
      HttpResponse<String> answer = hasty.post(TestServer.JOIN, "[{\"user_id\":\"5\"}]");
      assertEquals(504, answer.statusCode());
      assertTrue(answer.body().startsWith("{\"errors\":[\"no answer within the time limit"), answer.body());
    }
  }

  /** Metadata is read on the thread that asks for a fetch: on the event loop it would hold up every other request. */
  @Test
  void slowMetadataHoldsUpNobodyElse() throws Exception {
    server.source.slowMetadata = new CountDownLatch(1);
    CompletableFuture<HttpResponse<String>> slow = server.postAsync(TestServer.JOIN, "[{\"user_id\":\"5\"}]");
    CompletableFuture<HttpResponse<String>> second = server.postAsync(TestServer.JOIN, "[{\"user_id\":\"6\"}]");
    assertEquals("\"Pong!\"", server.get("/ping").body());
    assertTrue(!slow.isDone() && !second.isDone());
    server.source.slowMetadata.countDown();
    assertEquals(200, slow.join().statusCode());
    assertEquals(200, second.join().statusCode());
  }
}
