package ai.chronon.spark.serving

import ai.chronon.api.{Constants, GroupBy}
import ai.chronon.online.streaming.kafka.{GroupByStreaming, StreamOptions}
import ai.chronon.online.{Api, MetadataStore}
import ai.chronon.spark.ConfFile
import ai.chronon.spark.cli.{CommandLine, UsageException}

import java.io.File

/** `group-by-streaming`: the rows of a group-by's topic into the store, until the process is told to end. */
private[spark] final class StreamingCommand(api: Api) {

  def run(line: CommandLine, out: String => Unit): Unit = {
    val options = StreamOptions(
      bootstrap = line.one("kafka-bootstrap"),
      settings = line.settings,
      untilEnd = line.has("until-end"),
      showRows = line.has("debug"),
      noWrites = line.has("mock-writes")
    )
    new GroupByStreaming(definition(line.required("conf-path")), api, options, out).run()
    ()
  }

  /** A file of this path, or of its last part in the working folder, where schedulers put it; else what the store has under it. */
  private def definition(path: String): GroupBy =
    Seq(new File(path), new File(new File(path).getName)).find(_.isFile) match {
      case Some(file) => ConfFile.read(file.getPath, classOf[GroupBy], check = false)
      case None       => OnlineSide.withStore(api) { store =>
          val metadata =
            new MetadataStore(store, Constants.ChrononMetadataKey, StreamingCommand.MetadataMillis)
          metadata.getConf[GroupBy](path).getOrElse(throw new UsageException(
            s"group-by-streaming: --conf-path = $path: there is no such file, and the store's metadata has no group-by of that path"
          ))
        }
    }
}

private object StreamingCommand {
  private val MetadataMillis = 10000L
}
