package ai.chronon.stores.redis

import ai.chronon.online.{KVStore, StoreApi}

/** Starts jobs and services on Redis: `--online-class ai.chronon.stores.redis.RedisApi`, with the settings of `RedisSettings`. */
class RedisApi(userConf: Map[String, String]) extends StoreApi(userConf) {
  private val settings = RedisSettings.of(userConf)

  override def genKvStore: KVStore = new RedisStore(settings)
}
