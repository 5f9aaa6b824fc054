package ai.chronon.online

import ai.chronon.api.{GroupByServingInfo, PartitionSpec}
import ai.chronon.online.serde.AvroCodec

/** The metadata row of a batch dataset, with the codecs that follow from it. */
class GroupByServingInfoParsed(val groupByServingInfo: GroupByServingInfo, partitionSpec: PartitionSpec)
    extends GroupByServingInfo(groupByServingInfo) with Serializable {

  /** Midnight, UTC, of the day up to which batch data reaches. */
  val batchEndTsMillis: Long = partitionSpec.epochMillis(groupByServingInfo.getBatchEndDate)

  def keyCodec: AvroCodec = AvroCodec.of(groupByServingInfo.getKeyAvroSchema)
}
