package ai.chronon.service;

import ai.chronon.service.FeatureSource.Kind;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.PlatformHandler;
import java.util.List;
import java.util.regex.Pattern;

/** Everything that the service answers, in one table. Clients of either dialect find their own paths. */
final class Routes {
  /**
   * One row of the table.
   *
   * @param path as Vert.x writes it, with {@code :name} for a part that varies
   * @param counted whether a server that stops waits for it, and takes no new one
   */
  record Route(HttpMethod method, String path, boolean counted, Handler<RoutingContext> handler) {
    private Pattern pattern() {
      return Pattern.compile(path.replaceAll(":[a-zA-Z]+", "[^/]+"));
    }
  }

  private final List<Route> routes;

  private Routes(List<Route> routes) {
    this.routes = routes;
  }

  /** The table over one source of features. */
  static Routes over(FeatureSource source, WorkerExecutor workers, ServiceSettings settings, InFlight inFlight) {
    FetchHandlers fetch = new FetchHandlers(source, workers, settings);
    CatalogHandlers catalog = new CatalogHandlers(source, workers, settings);
    OperationsHandlers operations = new OperationsHandlers(source, workers, settings, inFlight);
    return new Routes(
        List.of(
            post("/v1/features/join/:name", fetch.features(Kind.JOIN)),
            post("/v1/features/groupby/:name", fetch.features(Kind.GROUP_BY)),
            post("/v1/fetch/join/:name", fetch.features(Kind.JOIN)),
            post("/v1/fetch/groupby/:name", fetch.features(Kind.GROUP_BY)),
            post("/v2/fetch/join/:name", fetch.avro()),
            post(
                "/v1/fetch/modeltransforms/:name",
                OperationsHandlers.notBuilt("ModelTransforms, definitions of the zipline dialect, cannot be fetched yet")),
            get("/v1/joins", catalog::onlineJoins),
            get("/v1/catalog", catalog::catalog),
            get("/v1/join/:name/schema", catalog.schema(Kind.JOIN)),
            get("/v1/groupby/:name/schema", catalog.schema(Kind.GROUP_BY)),
            get(
                "/v1/stats/:tableName",
                OperationsHandlers.notBuilt("statistics of tables, ENHANCED_STATS of the zipline dialect, cannot be read yet")),
            look("/ping", operations::ping),
            look("/config", operations::config),
            look("/healthz", operations::live),
            look("/readyz", operations::ready),
            look("/metrics", operations::metrics),
            look("/openapi.json", OperationsHandlers.document("/openapi.json", "application/json")),
            look("/", OperationsHandlers.document("/page.html", "text/html; charset=utf-8"))));
  }

  List<Route> all() {
    return routes;
  }

  /** A router for the table; what is not in it is a JSON error. */
  Router router(Vertx vertx, ServiceSettings settings, InFlight inFlight) {
    Router router = Router.router(vertx);
    Errors.install(router, settings);
    BodyHandler body = BodyHandler.create(false).setBodyLimit(settings.bodyLimit());
    for (Route route : routes) {
      io.vertx.ext.web.Route added = router.route(route.method(), route.path());
      // Platform handlers are those that may come before the one that reads the body.
      PlatformHandler count = context -> count(context, inFlight);
      PlatformHandler takeAnyType = Routes::takeAnyType;
      if (route.counted()) added.handler(count);
      if (route.method() == HttpMethod.POST) added.handler(takeAnyType).handler(body);
      added.handler(route.handler());
    }
    return router;
  }

  /** The table's path that an address matches, or {@code other}: a label that takes few values. */
  String template(String path) {
    return routes.stream().filter(route -> route.pattern().matcher(path).matches()).map(Route::path).findFirst().orElse("other");
  }

  private static void count(RoutingContext context, InFlight inFlight) {
    if (!inFlight.enter()) {
      // The connection is not to be used again: the next request would meet a closed port. HTTP/2 forbids the header.
      if (context.request().version() != HttpVersion.HTTP_2) context.response().putHeader("connection", "close");
      throw new RequestException(503, "the service is stopping; ask another one");
    }
    context.addEndHandler(done -> inFlight.leave());
    context.next();
  }

  /** Bodies are JSON whatever their header says, as curl's says form: the body handler must not decode them. */
  private static void takeAnyType(RoutingContext context) {
    context.request().headers().remove("content-type");
    context.next();
  }

  private static Route post(String path, Handler<RoutingContext> handler) {
    return new Route(HttpMethod.POST, path, true, handler);
  }

  private static Route get(String path, Handler<RoutingContext> handler) {
    return new Route(HttpMethod.GET, path, true, handler);
  }

  /** What is answered until the very end, by a server that stops too. */
  private static Route look(String path, Handler<RoutingContext> handler) {
    return new Route(HttpMethod.GET, path, false, handler);
  }
}
