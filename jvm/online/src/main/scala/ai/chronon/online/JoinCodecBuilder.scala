package ai.chronon.online

import ai.chronon.api.Extensions.JoinOps
import ai.chronon.api._

import scala.collection.JavaConverters._
import scala.collection.mutable.ArrayBuffer
import scala.util.{Failure, Success, Try}

/** Puts a join's schemas together from the serving infos of its parts. */
private[online] object JoinCodecBuilder {

  /** The codec, and whether parts are missing in it because they had no serving info.
    *
    * @param refreshOnFail whether a part without a serving info is left out and asked for again; else it is an error
    */
  def build(join: Join, metadata: MetadataStore, refreshOnFail: Boolean): (JoinCodec, Boolean) = {
    val keys = ArrayBuffer.empty[StructField]
    val values = ArrayBuffer.empty[StructField]
    var partial = false
    Option(join.getJoinParts).toSeq.flatMap(_.asScala).foreach { part =>
      val name = part.getGroupBy.getMetaData.getName
      // A group-by that cannot be served as it was uploaded is missing like one that was not.
      metadata.getGroupByServingInfo(name).flatMap(info =>
        Try(info.responseChrononSchema).map(_ => info)
      ) match {
        case Success(info) =>
          val left = ColumnNames.rightToLeft(part)
          keys ++= info.keyChrononSchema.fields.map(f => f.copy(name = left.getOrElse(f.name, f.name)))
          val prefix = ColumnNames.fullPrefix(part)
          values ++= info.responseChrononSchema.fields.map(f => f.copy(name = s"${prefix}_${f.name}"))
        case Failure(cause) if refreshOnFail =>
          metadata.getGroupByServingInfo.refresh(name)
          metadata.logger.error(
            s"join ${join.getMetaData.getName}: part $name has no serving info and is left out",
            cause
          )
          partial = true
        case Failure(cause) =>
          throw new Exception(
            s"Failure to build join codec for join ${join.getMetaData.getName} due to bad groupBy serving info for $name",
            cause
          )
      }
    }
    ExternalParts.of(join).foreach { part =>
      keys ++= ExternalParts.keySchema(part)
      values ++= ExternalParts.valueSchema(part)
    }
    val path = TableNames.clean(join.getMetaData.getName.replaceFirst("\\.", "/"))
    val codec = JoinCodec(
      new JoinOps(join),
      StructType(s"${path}_key", keys.distinct.toArray),
      StructType(s"${path}_value", values.toArray)
    )
    // Derivations that do not compile are an error of the join, told before any request is derived.
    codec.derivedSchema
    (codec, partial)
  }
}
