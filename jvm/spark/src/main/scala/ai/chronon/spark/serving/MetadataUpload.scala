package ai.chronon.spark.serving

import ai.chronon.api.Constants
import ai.chronon.online.{Api, KVStore, MetadataDirWalker, MetadataEndPoint, MetadataStore}
import ai.chronon.spark.cli.{CommandLine, UsageException}

import java.io.File
import scala.concurrent.Await
import scala.concurrent.duration.DurationInt
import scala.util.{Failure, Success}

/** `metadata-upload`: puts compiled definitions into the store, where the fetcher finds them: each under the last three parts of
  * its path, and the keys of a team's definitions in a list. A folder replaces the lists of its teams; a file is added to its
  * team's.
  */
private[spark] final class MetadataUpload(api: Api) {
  import MetadataUpload._

  def run(line: CommandLine, out: String => Unit): Unit = {
    val path = line.required("conf-path")
    val wanted = line.one("end-point-name").fold(EndPoints) { name =>
      if (!EndPoints.contains(name))
        throw new UsageException(
          s"metadata-upload: --end-point-name = $name: must be one of ${EndPoints.mkString(", ")}"
        )
      List(name)
    }
    val batchSize = line.positive("batch-size").getOrElse(50)
    val found = new MetadataDirWalker(path, wanted).run
    if (found.isEmpty) throw new UsageException(
      s"metadata-upload: --conf-path = $path: there is no valid compiled join, group-by or staging query; the log says what was skipped"
    )
    OnlineSide.withStore(api) { store =>
      val metadata = new MetadataStore(store, Constants.ChrononMetadataKey, TimeoutMillis)
      wanted.foreach { endPoint =>
        val entries =
          if (endPoint == MetadataEndPoint.NameByTeamEndPointName && new File(path).isFile)
            found(endPoint).map { case (team, keys) => team -> (listed(store, team) ++ keys).distinct }
          else found(endPoint)
        val stored = Await.result(metadata.put(entries, endPoint, batchSize), 1.hour)
        val refused = stored.count(!_)
        if (refused > 0) throw new IllegalStateException(
          s"metadata-upload: the store refused $refused of ${stored.size} entries of $endPoint"
        )
        out(s"$endPoint: ${stored.size} entries of $path")
      }
    }
  }

  /** What is in a team's list already. */
  private def listed(store: KVStore, team: String): List[String] =
    store.getStringArray(team, MetadataEndPoint.NameByTeamEndPointName, TimeoutMillis) match {
      case Success(keys) => keys.toList
      // an absent key, or a store that answers it with an empty list
      case Failure(_: NoSuchElementException | _: UnsupportedOperationException) => Nil
      case Failure(cause)                                                        => throw cause
    }
}

private object MetadataUpload {
  val EndPoints = List(MetadataEndPoint.ConfByKeyEndPointName, MetadataEndPoint.NameByTeamEndPointName)
  val TimeoutMillis = 10000L
}
