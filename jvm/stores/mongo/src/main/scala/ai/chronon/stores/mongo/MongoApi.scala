package ai.chronon.stores.mongo

import ai.chronon.online.{KVStore, StoreApi}

/** Starts jobs and services on MongoDB: `--online-class ai.chronon.stores.mongo.MongoApi`, with the settings of `MongoSettings`. */
class MongoApi(userConf: Map[String, String]) extends StoreApi(userConf) {
  private val settings = MongoSettings.of(userConf)

  override def genKvStore: KVStore = new MongoStore(settings)
}
