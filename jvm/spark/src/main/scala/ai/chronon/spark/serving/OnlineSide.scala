package ai.chronon.spark.serving

import ai.chronon.online.{Api, KVStore, OnlineApiLoader, StoreClosing}
import ai.chronon.spark.cli.{CommandLine, UsageException}

/** The integrator's class that a command line names. */
private[spark] object OnlineSide {

  /** @param further settings besides those of `-Z`, which win
    * @throws UsageException naming the class, the jar or the setting that is wrong
    */
  def api(line: CommandLine, further: Map[String, String] = Map.empty): Api =
    try OnlineApiLoader.load(line.required("online-class"), line.one("online-jar"), further ++ line.settings)
    catch {
      case e: IllegalArgumentException if !e.isInstanceOf[UsageException] =>
        throw new UsageException(s"${line.subcommand}: ${e.getMessage}", e)
    }

  /** Works on a store of its own, and closes it if it can be. */
  def withStore[T](api: Api)(body: KVStore => T): T = {
    val store = api.genKvStore
    try body(store)
    finally StoreClosing.close(store)
  }
}
