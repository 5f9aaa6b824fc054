package ai.chronon.spark.metadata

import ai.chronon.api
import ai.chronon.api.ThriftJsonCodec
import ai.chronon.spark.{ConfFile, DefinitionException, Definitions}
import ai.chronon.spark.catalog.TableUtils
import com.fasterxml.jackson.core.JsonProcessingException
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode
import org.apache.spark.sql.Row
import org.apache.spark.sql.types.{StringType, StructField, StructType}
import org.slf4j.LoggerFactory

import java.io.IOException
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, StandardCopyOption}
import scala.collection.JavaConverters._
import scala.util.control.NonFatal

/** `metadata-export`: every compiled file below a root, with the columns that its definition gives, in `features`, or the reason why
  * that cannot be said, in `exception`. Everything else in the file is kept as it stands.
  *
  * A file that is no JSON is not exported; it is named, and the others are.
  *
  * @param root     a local folder, or one file
  * @param embedded whether group-bys that only joins have are exported on their own too
  */
private[spark] final class MetadataExport(root: Path, embedded: Boolean, describer: FeatureDescriber) {
  import MetadataExport._
  private val log = LoggerFactory.getLogger(getClass)

  /** What is to be written, and what could not be read, in the order of paths. */
  def run(): (Seq[Exported], Seq[Failed]) = {
    val files = filesBelow(root.toAbsolutePath.normalize)
    val (failed, exported) = files.map(ofFile).partition(_.isLeft)
    val inside = if (embedded) embeddedOnly(files).map(ofEmbedded) else Nil
    (exported.flatMap(_.toOption) ++ inside, failed.flatMap(_.left.toOption))
  }

  private def ofFile(file: Path): Either[Failed, Exported] = {
    val kind = EntityKind.of(file)
    try
      json.readTree(Files.readAllBytes(file)) match {
        case tree: ObjectNode => Right(Exported(
            file,
            kind,
            describe(file.toString, tree)(kind match {
              case EntityKind.GroupBy      => describer.of(read(file, classOf[api.GroupBy]))
              case EntityKind.Join         => describer.of(read(file, classOf[api.Join]))
              case EntityKind.StagingQuery => describer.of(read(file, classOf[api.StagingQuery]))
              case _                       => throw unknown(file)
            })
          ))
        case _ => Left(Failed(file, "no JSON object"))
      }
    catch {
      case e: JsonProcessingException => Left(Failed(file, s"no JSON: ${e.getOriginalMessage}"))
      case e: IOException             => Left(Failed(file, s"cannot be read: $e"))
    }
  }

  private def unknown(file: Path): Exception = DefinitionException.of(
    file.toString,
    s"is below none of ${Seq(EntityKind.GroupBy, EntityKind.Join, EntityKind.StagingQuery).map(_.folder).mkString(", ")}"
  )

  private def ofEmbedded(groupBy: api.GroupBy): Exported = {
    val path = root.resolve(EntityKind.EmbeddedGroupBy.folder).resolve(groupBy.getMetaData.getName)
    val tree = json.readTree(ThriftJsonCodec.toJsonStr(groupBy)).asInstanceOf[ObjectNode]
    Exported(path, EntityKind.EmbeddedGroupBy, describe(path.toString, tree)(describer.of(groupBy)))
  }

  private def describe(what: String, tree: ObjectNode)(features: => Seq[Feature]): String = {
    tree.remove(Seq("features", "exception").asJava)
    try {
      val described = features
      described.foldLeft(tree.putArray("features"))((list, feature) => list.add(feature.json))
    } catch {
      case NonFatal(e) =>
        val reason = DefinitionException.explain(e)
        if (DefinitionException.isOurs(e)) log.info(s"$what: $reason") else log.warn(what, e)
        tree.put("exception", reason)
    }
    json.writeValueAsString(tree)
  }

  /** Group-bys of joins that have no file of their own, each name once. */
  private def embeddedOnly(files: Seq[Path]): Seq[api.GroupBy] = {
    def all[T <: org.apache.thrift.TBase[_, _]](kind: EntityKind, read: Path => T): Seq[T] =
      files.filter(EntityKind.of(_) == kind).flatMap { file =>
        try Some(read(file))
        // the file itself is exported with this message
        catch { case _: api.InvalidDefinitionException => None }
      }
    val own = all(EntityKind.GroupBy, read(_, classOf[api.GroupBy])).flatMap(nameOf).toSet
    val inJoins = all(EntityKind.Join, read(_, classOf[api.Join])).flatMap(Definitions.joinParts)
      .flatMap(part => Option(part.getGroupBy)).filterNot(nameOf(_).forall(own))
    inJoins.groupBy(nameOf).toSeq.sortBy(_._1).map(_._2.head)
  }

  private def nameOf(groupBy: api.GroupBy): Option[String] =
    Option(groupBy.getMetaData).flatMap(m => Option(m.getName))

  // as far as this version knows it: what was compiled by another one can be described too
  private def read[T <: org.apache.thrift.TBase[_, _]](file: Path, kind: Class[T]): T =
    ConfFile.read(file.toString, kind, check = false)

  private def filesBelow(folder: Path): Seq[Path] = {
    val paths = Files.walk(folder)
    try paths.iterator.asScala.filter(Files.isRegularFile(_)).toList.sorted
    finally paths.close()
  }
}

private[spark] object MetadataExport {
  private val json = new ObjectMapper()

  /** @param path     the file, or for what has none the one that it could have below the root
    * @param metadata JSON
    */
  final case class Exported(path: Path, kind: EntityKind, metadata: String)

  /** A file of which nothing is exported. */
  final case class Failed(path: Path, reason: String)

  /** Writes each to `<output>/<folder of its kind>/<file name>`. Where several of one kind have a name, all their folders below the
    * root go before it, so that none is lost. What is of no known kind is left out.
    *
    * @return how many were written
    */
  def toFiles(exported: Seq[Exported], root: Path, output: Path): Int = {
    val known = exported.filterNot(_.kind == EntityKind.Unknown)
    known.groupBy(e => e.kind -> e.path.getFileName.toString).foreach { case ((kind, name), same) =>
      val folder = Files.createDirectories(output.resolve(kind.folder))
      same.foreach { e =>
        val target =
          if (same.length == 1) name
          else root.toAbsolutePath.normalize.relativize(e.path).iterator.asScala.mkString(".")
        write(folder, target, e.metadata)
      }
    }
    known.length
  }

  /** Replaces a file as a whole: whoever reads it meanwhile, or after a full disk, has the old or the new one. */
  private def write(folder: Path, name: String, text: String): Unit = {
    val part = folder.resolve(s".$name.part")
    try {
      Files.write(part, text.getBytes(UTF_8))
      Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE)
    } finally Files.deleteIfExists(part)
    ()
  }

  /** Writes all as rows: path and metadata, in partitions of kind and day. */
  def toTable(
      exported: Seq[Exported],
      tables: TableUtils,
      table: String,
      day: String,
      properties: Map[String, String]
  ): Unit = {
    val schema =
      StructType(Seq("path", "metadata", EntityType, tables.partitionColumn).map(StructField(_, StringType)))
    val rows = exported.map(e => Row(e.path.toString, e.metadata, e.kind.name, day))
    val frame = tables.spark.createDataFrame(rows.asJava, schema)
    tables.insertPartitions(frame, table, properties, Seq(EntityType, tables.partitionColumn))
    ()
  }

  private val EntityType = "entityType"
}
