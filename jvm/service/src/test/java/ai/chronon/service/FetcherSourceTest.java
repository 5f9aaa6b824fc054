package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.chronon.jni.NativeStats;
import ai.chronon.online.serde.AvroCodec;
import ai.chronon.online.testkit.Fault;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole service over the fetcher of an integrator's class, from a store's bytes to JSON. */
class FetcherSourceTest {
  private static final String JOIN = "/v1/features/join/shop%2Ftraining.v1";
  private static final String AT = "?atMillis=" + (ServedApi.BATCH_END + 1_500);
  private static final JsonObject CONFIG =
      new JsonObject()
          .put("online.class", "ai.chronon.service.ServedApi")
          .put("online.api.props", new JsonObject().put("retries", 3))
          .put("catalog.teams", "shop,nobody");

  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.startFetcher(CONFIG);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aJoinHasTheFeaturesOfItsPartsAsOfTheTime() throws Exception {
    String expected =
        "{\"results\":[{\"status\":\"Success\",\"entityKeys\":{\"user\":5},\"features\":{\"shop_users_v1_country\":\"CH\",\"shop_sales_v1_amount_sum\":%s}}]}";
    assertSameJson(String.format(expected, "1.5"), server.post(JOIN + AT, "[{\"user\":\"5\"}]"));
    assertSameJson(String.format(expected, "3.5"), server.post(JOIN, "[{\"user\":5}]"));
    assertSameJson(String.format(expected, "3.5"), server.post("/v1/fetch/join/shop.training.v1", "[{\"user\":5}]"));
    assertEquals("3", ServedApi.settings.apply("retries"), "what the class was made with");
  }

  @Test
  void aGroupBysAnswersAlignWithNullAndUnknownKeys() throws Exception {
    String keys = "[{\"user\":null},{\"user\":5},{\"user\":6},{\"other\":5}]";
    HttpResponse<String> answer = server.post("/v1/features/groupby/shop.users.v1", keys);
    assertEquals(200, answer.statusCode());
    JsonArray results = new JsonObject(answer.body()).getJsonArray("results");
    assertEquals(4, results.size());
    assertEquals("{\"status\":\"Success\",\"entityKeys\":{\"user\":null}}", results.getJsonObject(0).encode());
    assertEquals("{\"country\":\"CH\"}", results.getJsonObject(1).getJsonObject("features").encode());
    assertEquals(null, results.getJsonObject(2).getValue("features"));
    assertEquals("Failure", results.getJsonObject(3).getString("status"));
    assertTrue(results.getJsonObject(3).getString("error").contains("user"), results.getJsonObject(3).encode());
  }

  @Test
  void featuresAsAvroAreInTheSchemaOfTheJoin() throws Exception {
    JsonObject schema = new JsonObject(server.get("/v1/join/shop%2Ftraining.v1/schema").body());
    HttpResponse<String> answer = server.post("/v2/fetch/join/shop%2Ftraining.v1" + AT, "[{\"user\":5}]");
    JsonObject result = new JsonObject(answer.body()).getJsonArray("results").getJsonObject(0);
    byte[] bytes = Base64.getDecoder().decode(result.getString("featureAvroString"));
    var values = AvroCodec.of(schema.getString("valueSchema")).decodeMap(bytes);
    assertEquals("CH", values.apply("shop_users_v1_country"));
    assertEquals(1.5, values.apply("shop_sales_v1_amount_sum"));
    assertEquals(new JsonObject(), result.getJsonObject("featuresErrors"));
  }

  @Test
  void metadataIsListedAndDescribed() throws Exception {
    assertEquals("{\"joinNames\":[\"shop/training.v1\"]}", server.get("/v1/joins").body());
    assertEquals(
        "{\"joins\":[\"shop/removed.v1\",\"shop/training.v1\"],\"groupBys\":[\"shop.sales.v1\",\"shop.users.v1\"]}",
        server.get("/v1/catalog").body());
    JsonObject join = new JsonObject(server.get("/v1/join/shop.training.v1/schema").body());
    assertEquals(
        new JsonArray("[{\"fullName\":\"shop_users_v1_country\",\"groupName\":\"shop.users.v1\",\"prefix\":\"shop_users_v1\",\"leftKeys\":[\"user\"],\"schemaString\":\"\\\"string\\\"\"},"
            + "{\"fullName\":\"shop_sales_v1_amount_sum\",\"groupName\":\"shop.sales.v1\",\"prefix\":\"shop_sales_v1\",\"leftKeys\":[\"user\"],\"schemaString\":\"\\\"double\\\"\"}]"),
        join.getJsonArray("valueInfos"));
    assertEquals(10, join.getString("schemaHash").length());
    JsonObject groupBy = new JsonObject(server.get("/v1/groupby/shop.sales.v1/schema").body());
    assertEquals("amount_sum", new JsonObject(groupBy.getString("valueSchema")).getJsonArray("fields").getJsonObject(0).getString("name"));
  }

  @Test
  void whatIsUnknownIs404AndAStoreThatIsDownIsNot() throws Exception {
    assertEquals(404, server.post("/v1/features/join/shop%2Fother.v1", "[{\"user\":5}]").statusCode());
    assertEquals(404, server.get("/v1/join/shop%2Fother.v1/schema").statusCode());
    assertEquals(404, server.get("/v1/groupby/shop.other.v1/schema").statusCode());
    assertEquals("{\"ready\":true,\"checks\":{\"metadata\":\"ok\",\"native\":\"ok\"}}", server.get("/readyz").body());

    ServedApi.store.fault_$eq(new Fault.Error(new IllegalStateException("the store is down")));
    HttpResponse<String> unread = server.post("/v1/features/join/shop%2Fother.v1", "[{\"user\":5}]");
    assertEquals(500, unread.statusCode(), unread.body());
    assertTrue(unread.body().contains("joins/shop/other.v1"), unread.body());
    HttpResponse<String> ready = server.get("/readyz");
    assertEquals(503, ready.statusCode());
    assertTrue(ready.body().contains("the store is down"), ready.body());
  }

  @Test
  void nothingNativeIsHeldAfterAStop() throws Exception {
    long before = NativeStats.read().openServingPlans();
    assertEquals(200, server.post(JOIN, "[{\"user\":5}]").statusCode());
    assertTrue(NativeStats.read().openServingPlans() > before);
    TestServer.await(server.stop());
    assertEquals(before, NativeStats.read().openServingPlans());
  }

  @Test
  void settingsThatNameNoClassAreRefused() {
    JsonObject missing = CONFIG.copy();
    missing.remove("online.class");
    assertTrue(failure(missing).contains("setting online.class is missing"), failure(missing));
    assertTrue(failure(CONFIG.copy().put("online.class", "com.example.Nobody")).contains("com.example.Nobody"));
    assertTrue(failure(CONFIG.copy().put("online.jar", "no/such.jar")).contains("no/such.jar"));
  }

  private static String failure(JsonObject config) {
    return assertThrows(IllegalArgumentException.class, () -> FetcherSource.open(ServiceSettings.of(config))).getMessage();
  }

  private static void assertSameJson(String expected, HttpResponse<String> answer) {
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals(new JsonObject(expected), new JsonObject(answer.body()));
  }
}
