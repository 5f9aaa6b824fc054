package ai.chronon.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ServiceSettingsTest {
  @Test
  void defaultsAreThoseOfTheReferenceWhereItHasThem() {
    ServiceSettings settings = ServiceSettings.of(new JsonObject());
    assertEquals(8080, settings.port());
    assertEquals(10L << 20, settings.bodyLimit());
    assertEquals(Map.of(), settings.apiProps());
  }

  @Test
  void propertiesBecomeTextsAndTeamsAList() {
    JsonObject merged =
        new JsonObject()
            .put("online.api.props", new JsonObject().put("port", 6379).put("tls", true).put("host", "db"))
            .put("catalog.teams", "shop, travel");
    ServiceSettings settings = ServiceSettings.of(merged);
    assertEquals(Map.of("port", "6379", "tls", "true", "host", "db"), settings.apiProps());
    assertEquals(List.of("shop", "travel"), settings.teams());
    assertEquals(List.of("a", "b"), ServiceSettings.of(new JsonObject().put("catalog.teams", new JsonArray().add("a").add("b"))).teams());
  }

  @TestFactory
  Stream<DynamicTest> whatDoesNotFitIsNamed() {
    JsonObject nulls = new JsonObject().put("password", (String) null);
    return Map.<String, JsonObject>of(
            "setting server.port is 65536; it must be a whole number from 0 to 65535", new JsonObject().put("server.port", 65_536),
            "setting server.port is 80a; it must be a whole number from 0 to 65535", new JsonObject().put("server.port", "80a"),
            "setting server.workers is 1.5; it must be a whole number from 1 to 1000", new JsonObject().put("server.workers", 1.5),
            "setting server.host is  ; it must be a text that is not empty", new JsonObject().put("server.host", " "),
            "setting online.api.props is a String; it must be a JSON object", new JsonObject().put("online.api.props", "password=hunter2"),
            "setting online.api.props.password is null; it must be a text, number or boolean", new JsonObject().put("online.api.props", nulls),
            "setting catalog.teams is [1]; it must be names of teams, as a list or with commas", new JsonObject().put("catalog.teams", new JsonArray().add(1)))
        .entrySet()
        .stream()
        .map(
            bad ->
                DynamicTest.dynamicTest(
                    bad.getKey(),
                    () -> assertEquals(bad.getKey(), assertThrows(IllegalArgumentException.class, () -> ServiceSettings.of(bad.getValue())).getMessage())));
  }
}
