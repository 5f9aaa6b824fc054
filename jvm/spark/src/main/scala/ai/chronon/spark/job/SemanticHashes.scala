package ai.chronon.spark.job

import ai.chronon.api.{Constants, Join, SemanticHash}
import ai.chronon.spark.{DefinitionException, Definitions}
import ai.chronon.spark.catalog.TableUtils
import com.fasterxml.jackson.databind.ObjectMapper

import scala.collection.JavaConverters._
import scala.util.control.NonFatal

/** The hashes of a definition as they are kept in the properties of its output table.
  *
  * @param hashes        one per left source, part table, bootstrap table and derivations
  * @param excludeTopic  whether stream topics are left out, as they are since that option exists
  */
final case class SemanticHashes(hashes: Map[String, String], excludeTopic: Boolean)

object SemanticHashes {
  private val json = new ObjectMapper()

  /** What the table was filled from; `None` for a table without hashes, or no table. */
  def stored(tables: TableUtils, output: String): Option[SemanticHashes] = {
    val properties = tables.properties(output)
    properties.get(Constants.SemanticHashKey).map { text =>
      val options =
        properties.get(Constants.SemanticHashOptionsKey).map(parse(output, _)).getOrElse(Map.empty)
      SemanticHashes(parse(output, text), options.get(Constants.SemanticHashExcludeTopic).contains("true"))
    }
  }

  /** Tables that the change from `old` to `join` makes worthless.
    *
    * @throws DefinitionException if `old` covers topics and anything differs: whether only a topic changed cannot be
    *                             told then, and archiving on a guess would recompute everything
    */
  def tablesToArchive(join: Join, output: String, old: SemanticHashes): Seq[String] = {
    val stale = SemanticChange.tablesToArchive(output, old.hashes, SemanticHash.of(join, old.excludeTopic))
    if (stale.nonEmpty && !old.excludeTopic)
      throw DefinitionException.of(
        Definitions.label(join),
        Constants.SemanticHashKey,
        s"stored with topics on $output",
        s"the definition or only a topic changed, and these would be archived: ${stale.mkString(", ")}. If they are still good, run " +
          s"with --unset-semantic-hash; if not, archive them by hand or unset the property ${Constants.SemanticHashKey}"
      )
    stale
  }

  /** Properties that a table filled from this definition carries. */
  def properties(join: Join): Map[String, String] = Map(
    Constants.SemanticHashKey -> text(SemanticHash.of(join, excludeTopic = true)),
    Constants.SemanticHashOptionsKey -> text(Map(Constants.SemanticHashExcludeTopic -> "true"))
  )

  private def text(map: Map[String, String]): String = {
    val node = json.createObjectNode()
    map.toSeq.sorted.foreach { case (k, v) => node.put(k, v) }
    node.toString
  }

  private def parse(table: String, text: String): Map[String, String] =
    try json.readTree(text).fields().asScala.map(e => e.getKey -> e.getValue.asText()).toMap
    catch {
      case NonFatal(e) =>
        throw new IllegalStateException(
          s"table $table: the property ${Constants.SemanticHashKey} = $text is not JSON",
          e
        )
    }
}
