package ai.chronon.spark.metadata

import ai.chronon.spark.catalog.TableUtils
import ai.chronon.spark.cli.{CommandLine, UsageException}
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.ObjectMapper
import org.slf4j.LoggerFactory

import java.nio.file.{Files, Path, Paths}
import scala.collection.JavaConverters._

/** The flags of `metadata-export`, read before any session is opened.
  *
  * @throws ai.chronon.spark.cli.UsageException naming the flag that cannot be followed
  */
private[spark] final class MetadataExportCommand(line: CommandLine) {
  private val log = LoggerFactory.getLogger(getClass)

  private val root: Path = {
    val text = line.required("input-root-path")
    val path = Paths.get(text)
    if (!Files.exists(path)) throw wrong("input-root-path", text, "there is no such local file or folder")
    path
  }
  private val folder: Option[Path] = line.one("output-root-path").map(Paths.get(_).toAbsolutePath.normalize)
  private val table: Option[String] = line.one("output-table-name")
  if (folder.isEmpty && table.isEmpty)
    throw new UsageException("metadata-export: --output-root-path or --output-table-name is required")
  folder.filter(_.startsWith(root.toAbsolutePath.normalize)).foreach { inside =>
    throw wrong("output-root-path", inside.toString, s"is below $root, and the next export would read it")
  }
  private val properties: Map[String, String] =
    line.one("output-table-properties-json").map(propertiesOf).getOrElse(Map.empty)

  /** @param day partition of the table */
  def run(tables: TableUtils, day: String, out: String => Unit): Unit = {
    val (exported, failed) =
      new MetadataExport(
        root,
        line.has("process-embedded-group-bys"),
        new FeatureDescriber(tables, day)
      ).run()
    // a folder wins, as in the reference
    folder match {
      case Some(to) => out(s"$to: ${MetadataExport.toFiles(exported, root, to)} files of $root")
      case None     => table.foreach { name =>
          MetadataExport.toTable(exported, tables, name, day, properties)
          out(s"$name: ${exported.length} rows of $root for $day")
        }
    }
    failed.foreach { f =>
      log.warn(s"${f.path} is not exported: ${f.reason}")
      out(s"not exported: ${f.path}: ${f.reason}")
    }
  }

  private def propertiesOf(text: String): Map[String, String] = {
    val tree =
      try new ObjectMapper().readTree(text)
      catch {
        case e: JsonProcessingException =>
          throw wrong("output-table-properties-json", text, s"no JSON: ${e.getOriginalMessage}")
      }
    if (!tree.isObject || tree.elements.asScala.exists(!_.isValueNode))
      throw wrong("output-table-properties-json", text, """must be an object of texts, {"key": "value"}""")
    tree.fields.asScala.map(e => e.getKey -> e.getValue.asText).toMap
  }

  private def wrong(flag: String, value: String, problem: String) =
    new UsageException(s"metadata-export: --$flag = $value: $problem")
}
