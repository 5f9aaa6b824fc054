package ai.chronon.online

import ai.chronon.api.TableNames

/** What a dataset holds, which decides how many versions of a key a store keeps, how long, and how many it returns.
  *
  * @param expires   whether old versions may be deleted: never those of metadata, without which nothing can be served
  * @param versioned whether a read without `afterTsMillis` asks for all versions, or for the newest alone
  */
sealed abstract class Dataset(val expires: Boolean, val versioned: Boolean)

object Dataset {

  /** One value per key and upload. */
  case object Batch extends Dataset(expires = true, versioned = false)

  /** One value per key and event or tile. */
  case object Streaming extends Dataset(expires = true, versioned = true)

  /** Statistics over time. */
  case object Series extends Dataset(expires = false, versioned = true)

  /** Definitions and listings. */
  case object Metadata extends Dataset(expires = false, versioned = false)

  private val BatchSuffix = "_BATCH"

  /** The kind of a dataset, by its name. */
  def of(name: String): Dataset =
    if (name.endsWith("_STREAMING")) Streaming
    else if (name.endsWith("_STATS_BATCH")) Series
    else if (name.endsWith(BatchSuffix)) Batch
    else Metadata

  /** The dataset that a bulk load goes to: loaders name either it or the group-by that it belongs to. */
  def ofBulkLoad(destination: String): String =
    if (destination.endsWith(BatchSuffix)) destination
    else TableNames.clean(destination).toUpperCase + BatchSuffix

  /** The metadata row inside a batch dataset, which does not expire with the rest. */
  val ServingInfoKey = "group_by_serving_info"
}
