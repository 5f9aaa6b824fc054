package ai.chronon.service;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Launcher;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;

/**
 * The main class: Vert.x' own launcher, with metrics on.
 *
 * <p>Started as {@code run ai.chronon.service.WebServiceVerticle -Dserver.port=9000 -conf config.json}.
 */
public class ChrononServiceLauncher extends Launcher {
  private static final int FAILED = 1;

  /** Starts the service, or any other command of Vert.x' launcher. */
  public static void main(String[] arguments) {
    new ChrononServiceLauncher().dispatch(arguments);
  }

  @Override
  public void beforeStartingVertx(VertxOptions options) {
    options.setMetricsOptions(ServiceMetrics.on());
  }

  /** Ends the process with a status that tells whoever started it; Vert.x' own launcher would end it with 0. */
  @Override
  public void handleDeployFailed(Vertx vertx, String verticle, DeploymentOptions options, Throwable cause) {
    vertx.close().onComplete(closed -> System.exit(FAILED));
  }
}
