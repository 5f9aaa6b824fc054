package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those who run the service see: health, settings, metrics, documents, and how it stops. */
class OperationsTest {
  private static final String KEYS = "[{\"user_id\":\"5\"}]";

  @Test
  void healthAndReadiness() throws Exception {
    try (TestServer server = TestServer.start()) {
      assertEquals("{\"live\":true}", server.get("/healthz").body());
      HttpResponse<String> ready = server.get("/readyz");
      assertEquals(200, ready.statusCode());
      assertEquals("{\"ready\":true,\"checks\":{\"metadata\":\"ok\",\"native\":\"ok\"}}", ready.body());

      server.source.metadataProblem = "the store does not answer";
      HttpResponse<String> notReady = server.get("/readyz");
      assertEquals(503, notReady.statusCode());
      assertEquals("{\"ready\":false,\"checks\":{\"metadata\":\"the store does not answer\",\"native\":\"ok\"}}", notReady.body());
    }
  }

  /** The reference shows environment, system properties and the store's credentials here. */
  @Test
  void theConfigShowsNoSecrets() throws Exception {
    JsonObject config =
        new JsonObject()
            .put("online.class", "com.example.ShopApi")
            .put("online.api.props", new JsonObject().put("password", "hunter2").put("host", "db.internal"))
            .put("db.password", "hunter2");
    try (TestServer server = TestServer.start(config)) {
      String shown = server.get("/config").body();
      JsonObject json = new JsonObject(shown);
      assertEquals("com.example.ShopApi", json.getString("online.class"));
      assertEquals(Set.of("password", "host"), json.getJsonObject("online.api.props").fieldNames());
      assertFalse(shown.contains("hunter2") || shown.contains("db.internal"), shown);
      assertNull(json.getValue("PATH"), "environment");
      assertNull(json.getValue("java.home"), "system properties");
      assertNull(json.getValue("db.password"));
    }
  }

  @Test
  void theCatalogListsNamesAndSchemas() throws Exception {
    try (TestServer server = TestServer.start()) {
      assertEquals("{\"joinNames\":[\"shop/training.v1\"]}", server.get("/v1/joins").body());
      assertEquals(
          "{\"joins\":[\"shop/<offline>.v1\",\"shop/training.v1\"],\"groupBys\":[\"shop.purchases.v1\"]}", server.get("/v1/catalog").body());
      JsonObject join = new JsonObject(server.get("/v1/join/shop%2Ftraining.v1/schema").body());
      assertEquals(Set.of("joinName", "keySchema", "valueSchema", "schemaHash", "valueInfos"), join.fieldNames());
      JsonObject info = join.getJsonArray("valueInfos").getJsonObject(0);
      assertEquals(Set.of("fullName", "groupName", "prefix", "leftKeys", "schemaString"), info.fieldNames());
      assertEquals(new JsonArray().add("user_id"), info.getJsonArray("leftKeys"));
      JsonObject groupBy = new JsonObject(server.get("/v1/groupby/shop.purchases.v1/schema").body());
      assertEquals(Set.of("groupByName", "keySchema", "valueSchema"), groupBy.fieldNames());
    }
  }

  @Test
  void theOpenApiDocumentHasTheRoutesAndNoOthers() throws Exception {
    try (TestServer server = TestServer.start()) {
      JsonObject document = new JsonObject(server.get("/openapi.json").body());
      Set<String> documented = new TreeSet<>();
      document
          .getJsonObject("paths")
          .forEach(path -> ((JsonObject) path.getValue()).fieldNames().forEach(method -> documented.add(method.toUpperCase() + " " + path.getKey())));
      Routes routes = Routes.over(server.source, null, ServiceSettings.of(new JsonObject()), new InFlight());
      Set<String> routed =
          routes.all().stream()
              .map(route -> route.method() + " " + route.path().replaceAll(":([a-zA-Z]+)", "{$1}"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(routed, documented);
      checkReferences(document, document);
    }
  }

  private static void checkReferences(JsonObject document, Object part) {
    if (part instanceof JsonArray array) array.forEach(item -> checkReferences(document, item));
    if (!(part instanceof JsonObject object)) return;
    String reference = object.getString("$ref");
    if (reference != null) {
      String name = reference.replace("#/components/schemas/", "");
      assertNotNull(document.getJsonObject("components").getJsonObject("schemas").getJsonObject(name), reference);
    } else {
      object.forEach(member -> checkReferences(document, member.getValue()));
    }
  }

  @Test
  void prometheusReadsRequestsByRouteAndTheJvm() throws Exception {
    try (TestServer server = TestServer.startWithMetrics()) {
      server.post(TestServer.JOIN, KEYS);
      server.get("/some/scanner's%20path");
      HttpResponse<String> metrics = server.get("/metrics");
      assertEquals(200, metrics.statusCode());
      List<String> lines = metrics.body().lines().filter(line -> line.startsWith("vertx_http_server_response_time_seconds_count")).toList();
      assertTrue(lines.stream().anyMatch(line -> line.contains("path=\"/v1/features/join/:name\"") && line.contains("code=\"200\"") && line.contains("method=\"POST\"")), metrics.body());
      assertTrue(lines.stream().anyMatch(line -> line.contains("path=\"other\"") && line.contains("code=\"404\"")), lines.toString());
      assertTrue(metrics.body().contains("jvm_memory_used_bytes"), metrics.body());
    }
  }

  @Test
  void prometheusReadsWhatTheNativeLibraryHolds() throws Exception {
    try (TestServer server = TestServer.startWithMetrics()) {
      double before = value(server, "chronon_native_handles");
      double heldBefore = value(server, "chronon_native_held_bytes");
      String served = "ai.chronon.service.ServedApi";
      try (FetcherSource source = FetcherSource.open(ServiceSettings.of(new JsonObject().put("online.class", served)))) {
        List<Map<String, Object>> keys = List.of(new HashMap<>(Map.of("user", 5L)));
        source.fetch(FeatureSource.Kind.GROUP_BY, "shop.sales.v1", keys, ServedApi.BATCH_END + 3_000).toCompletableFuture().get();
        assertEquals(before + 1, value(server, "chronon_native_handles"));
        assertTrue(value(server, "chronon_native_held_bytes") > heldBefore);
        System.gc(); // what counters are read from must not go with it
        assertTrue(value(server, "chronon_native_calls_total") > 0);
        assertEquals(0, value(server, "chronon_native_panics_total"));
      }
      assertEquals(before, value(server, "chronon_native_handles"));
      assertEquals(heldBefore, value(server, "chronon_native_held_bytes"));
    }
  }

  private static double value(TestServer server, String metric) throws Exception {
    String text = server.get("/metrics").body();
    String line = text.lines().filter(each -> each.startsWith(metric + " ")).findFirst().orElseThrow(() -> new AssertionError(text));
    return Double.parseDouble(line.substring(metric.length() + 1));
  }

  @Test
  @Timeout(60)
  void aServerThatStopsFinishesWhatHasBegun() throws Exception {
    try (TestServer server = TestServer.start()) {
      CompletableFuture<List<FeatureSource.Answer>> fetch = new CompletableFuture<>();
      server.source.nextFetch = fetch;
      CompletableFuture<HttpResponse<String>> begun = server.postAsync(TestServer.JOIN, KEYS);
      server.source.fetching.await();
      Future<Void> stopped = server.stop();
      // It stops on its own thread; what came before that is still taken in.
      while (server.get("/readyz").statusCode() == 200) Thread.onSpinWait();

      HttpResponse<String> refused = server.post(TestServer.JOIN, KEYS);
      assertEquals(503, refused.statusCode());
      assertEquals("{\"errors\":[\"the service is stopping; ask another one\"]}", refused.body());
      assertEquals(200, server.get("/healthz").statusCode());
      assertFalse(stopped.isComplete() || begun.isDone() || server.source.closed);

      fetch.complete(List.of(new FeatureSource.Answer(java.util.Map.of("user_id", "5"), java.util.Map.of("n", 1), null)));
      assertEquals(200, begun.get().statusCode());
      assertEquals("{\"results\":[{\"status\":\"Success\",\"entityKeys\":{\"user_id\":\"5\"},\"features\":{\"n\":1}}]}", begun.get().body());
      TestServer.await(stopped);
      assertTrue(server.source.closed);
      assertThrows(java.net.ConnectException.class, () -> server.get("/ping"));
    }
  }

  /** A client that has gone away was once waited for as long as the time limit of a stop. */
  @Test
  void aServerThatStopsWaitsForNobodyWhoHasGone() throws Exception {
    try (TestServer server = TestServer.start(new JsonObject().put("server.shutdown.timeout.millis", 3_600_000))) {
      server.source.nextFetch = new CompletableFuture<>();
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        String head = "POST " + TestServer.JOIN + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + KEYS.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + KEYS).getBytes(StandardCharsets.UTF_8));
        server.source.fetching.await();
      }
      TestServer.await(server.stop());
    }
  }

  @Test
  void aServerThatStopsWaitsOnlySoLong() throws Exception {
    try (TestServer server = TestServer.start(new JsonObject().put("server.shutdown.timeout.millis", 50))) {
      server.source.nextFetch = new CompletableFuture<>();
      CompletableFuture<HttpResponse<String>> begun = server.postAsync(TestServer.JOIN, KEYS);
      server.source.fetching.await();
      TestServer.await(server.stop());
      assertThrows(Exception.class, begun::get);
      assertTrue(server.source.closed);
    }
  }

  @Test
  void thereIsNoSparkOnTheClassPath() {
    assertNull(getClass().getResource("/org/apache/spark/SparkContext.class"));
    assertNull(getClass().getResource("/org/apache/spark/sql/SparkSession.class"));
  }
}
