package org.apache.spark

/** The listener bus is private to Spark; waiting for it beats sleeping for a while. */
object ListenerBusAccess {
  def drain(context: SparkContext): Unit = context.listenerBus.waitUntilEmpty()
}
