// The steps that a scheduler runs for a definition.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.planner

include "common.thrift"
include "api.thrift"

/** What a plan is for. */
enum Mode {
  BACKFILL = 0
  DEPLOY = 1
  MONITOR = 2
}

struct SourceWithFilterNode {
  2: optional api.Source source
  3: optional map<string, list<string>> excludeKeys
}

struct JoinBootstrapNode {
  2: optional api.Join join
}

struct JoinMergeNode {
  2: optional api.Join join
  3: optional api.Join productionJoin
}

struct JoinDerivationNode {
  2: optional api.Join join
}

struct JoinPartNode {
  2: optional string leftSourceTable
  3: optional api.DataModel leftDataModel
  4: optional api.JoinPart joinPart
  5: optional map<string, list<string>> skewKeys
  6: optional api.JoinPart productionJoinPart
}

struct MonolithJoinNode {
  1: optional api.Join join
}

struct UnionJoinNode {
  1: optional api.Join join
}

struct StagingQueryNode {
  2: optional api.StagingQuery stagingQuery
}

struct GroupByBackfillNode {
  2: optional api.GroupBy groupBy
}

struct GroupByUploadNode {
  2: optional api.GroupBy groupBy
}

struct GroupByUploadToKVNode {
  2: optional api.GroupBy groupBy
}

struct GroupByStreamingNode {
  2: optional api.GroupBy groupBy
}

struct JoinMetadataUpload {
  2: optional api.Join join
}

struct ModelTransformsUploadNode {
  2: optional api.ModelTransforms modelTransforms
}

struct ModelTransformsBackfillNode {
  2: optional api.ModelTransforms modelTransforms
}

struct CreateModelEndpointNode {
  2: optional api.Model model
}

struct DeployModelNode {
  2: optional api.Model model
}

struct TrainModelNode {
  2: optional api.Model model
}

struct ExternalSourceSensorNode {
  1: optional api.MetaData metaData
  2: optional common.TableDependency sourceTableDependency
  3: optional i64 retryCount
  4: optional i64 retryIntervalMin
  5: optional api.EngineType engineType
}

struct JoinStatsComputeNode {
  1: optional api.Join join
}

struct JoinStatsUploadToKVNode {
  1: optional api.Join join
}

/** Exactly one kind of step. */
union NodeContent {
  1: SourceWithFilterNode sourceWithFilter
  2: JoinBootstrapNode joinBootstrap
  3: JoinPartNode joinPart
  4: JoinMergeNode joinMerge
  5: JoinDerivationNode joinDerivation
  7: MonolithJoinNode monolithJoin
  8: StagingQueryNode stagingQuery
  9: UnionJoinNode unionJoin
  10: JoinMetadataUpload joinMetadataUpload
  11: ExternalSourceSensorNode externalSourceSensor
  12: ModelTransformsUploadNode modelTransformsUpload
  13: ModelTransformsBackfillNode modelTransformsBackfill
  14: CreateModelEndpointNode createModelEndpoint
  15: DeployModelNode deployModel
  16: TrainModelNode trainModel
  20: JoinStatsComputeNode joinStatsCompute
  100: GroupByBackfillNode groupByBackfill
  101: GroupByUploadNode groupByUpload
  102: GroupByStreamingNode groupByStreaming
  103: GroupByUploadToKVNode groupByUploadToKV
  200: api.StagingQuery stagingQueryBackfill
}

/** A step of a plan. */
struct Node {
  1: optional api.MetaData metaData
  2: optional NodeContent content
  3: optional string semanticHash
  4: optional bool isLongRunning
}

/** The steps of a definition, and which of them ends each mode. */
struct ConfPlan {
  1: optional list<Node> nodes
  2: optional map<Mode, string> terminalNodeNames
}

struct NodeMeta {
  1: optional string name
  2: optional string hash
  3: optional list<common.TableDependency> deps
  4: optional bool continuous
  5: optional i32 stepSize
  6: optional string outputTable
  7: optional i32 retries
}

struct WorkflowPlan {
  1: optional list<NodeMeta> nodes
  2: optional string terminalNode
}
