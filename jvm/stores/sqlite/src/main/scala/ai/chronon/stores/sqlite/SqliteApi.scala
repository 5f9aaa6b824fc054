package ai.chronon.stores.sqlite

import ai.chronon.online.{KVStore, StoreApi}

/** Starts jobs and services on an SQLite file: `--online-class ai.chronon.stores.sqlite.SqliteApi`, with the settings of `SqliteSettings`. */
class SqliteApi(userConf: Map[String, String]) extends StoreApi(userConf) {
  private val settings = SqliteSettings.of(userConf)

  override def genKvStore: KVStore = new SqliteStore(settings)
}
