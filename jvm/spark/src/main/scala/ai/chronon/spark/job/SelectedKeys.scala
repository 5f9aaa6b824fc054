package ai.chronon.spark.job

import ai.chronon.spark.KeyPair
import ai.chronon.spark.source.SelectOrder

/** The order in which the reference lists the left keys of a part: a map from right to left names, iterated. */
object SelectedKeys {
  def inStoredOrder(keys: Seq[KeyPair]): Seq[String] = {
    val toLeft = keys.map(k => k.right -> k.left).toMap
    SelectOrder.of(keys.map(_.right).distinct).map(toLeft)
  }
}
