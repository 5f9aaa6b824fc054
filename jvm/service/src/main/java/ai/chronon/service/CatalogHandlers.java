package ai.chronon.service;

import ai.chronon.service.FeatureSource.Catalog;
import ai.chronon.service.FeatureSource.Kind;
import ai.chronon.service.FeatureSource.Schema;
import io.vertx.core.Handler;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The handlers that say what can be fetched: names and schemas, from the metadata. */
final class CatalogHandlers {
  private final FeatureSource source;
  private final WorkerExecutor workers;
  private final ServiceSettings settings;

  CatalogHandlers(FeatureSource source, WorkerExecutor workers, ServiceSettings settings) {
    this.source = source;
    this.workers = workers;
    this.settings = settings;
  }

  /** Names of the joins that are marked online. */
  void onlineJoins(RoutingContext context) {
    answer(context, () -> new JsonObject().put("joinNames", new JsonArray(source.catalog().onlineJoins())));
  }

  /** Names of all joins and group-bys. */
  void catalog(RoutingContext context) {
    answer(
        context,
        () -> {
          Catalog catalog = source.catalog();
          List<String> joins = Stream.concat(catalog.onlineJoins().stream(), catalog.otherJoins().stream()).sorted().toList();
          return new JsonObject().put("joins", new JsonArray(joins)).put("groupBys", new JsonArray(catalog.groupBys()));
        });
  }

  /** Keys and features of one join or group-by. */
  Handler<RoutingContext> schema(Kind kind) {
    return context -> {
      String name = context.pathParam("name");
      answer(context, () -> json(kind, source.schema(kind, name)));
    };
  }

  private static JsonObject json(Kind kind, Schema schema) {
    JsonObject json =
        new JsonObject()
            .put(kind == Kind.JOIN ? "joinName" : "groupByName", schema.name())
            .put("keySchema", schema.keySchema())
            .put("valueSchema", schema.valueSchema());
    if (kind == Kind.GROUP_BY) return json;
    JsonArray values = new JsonArray();
    schema
        .values()
        .forEach(
            value ->
                values.add(
                    new JsonObject()
                        .put("fullName", value.fullName())
                        .put("groupName", value.groupName())
                        .put("prefix", value.prefix())
                        .put("leftKeys", new JsonArray(value.leftKeys()))
                        .put("schemaString", value.schema())));
    return json.put("schemaHash", schema.hash()).put("valueInfos", values);
  }

  private void answer(RoutingContext context, Supplier<JsonObject> read) {
    FetchHandlers.blocking(workers, () -> read.get().toBuffer())
        .timeout(settings.fetchTimeoutMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(json -> context.response().putHeader("content-type", "application/json").end(json))
        .onFailure(failure -> Errors.fail(context, failure));
  }
}
