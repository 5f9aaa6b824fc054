package ai.chronon.online

/** Ends the use of a store. The interface has nothing to close, but most implementations hold connections. */
private[chronon] object StoreClosing {
  def close(store: KVStore): Unit = (store: Any) match {
    case closeable: AutoCloseable => closeable.close()
    case _                        => ()
  }
}
