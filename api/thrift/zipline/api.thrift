// Feature definitions of the zipline dialect, as they are kept in compiled files.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.api

include "common.thrift"
include "observability.thrift"

/** What is computed over the values of one input column; 18 and 19 mean other operations than in the airbnb dialect. */
enum Operation {
  MIN = 0
  MAX = 1
  FIRST = 2
  LAST = 3
  UNIQUE_COUNT = 4
  APPROX_UNIQUE_COUNT = 5
  COUNT = 6
  SUM = 7
  AVERAGE = 8
  VARIANCE = 9
  SKEW = 10
  KURTOSIS = 11
  APPROX_PERCENTILE = 12
  LAST_K = 13
  FIRST_K = 14
  TOP_K = 15
  BOTTOM_K = 16
  HISTOGRAM = 17
  APPROX_FREQUENT_K = 18
  APPROX_HEAVY_HITTERS_K = 19
  UNIQUE_TOP_K = 20
}

/** How fresh features are: to the event, or as of the last midnight. */
enum Accuracy {
  TEMPORAL = 0
  SNAPSHOT = 1
}

/** What runs a staging query. */
enum EngineType {
  SPARK = 0
  BIGQUERY = 1
  SNOWFLAKE = 2
}

/** Kinds of compiled files. */
enum ConfType {
  GROUP_BY = 0
  JOIN = 1
  STAGING_QUERY = 2
  MODEL = 3
  MODEL_TRANSFORMS = 4
}

/** Kinds of values; lists, maps and structs take parameters in `TDataType.params`. */
enum DataKind {
  BOOLEAN = 0
  BYTE = 1
  SHORT = 2
  INT = 3
  LONG = 4
  FLOAT = 5
  DOUBLE = 6
  STRING = 7
  BINARY = 8
  DATE = 9
  TIMESTAMP = 10
  MAP = 11
  LIST = 12
  STRUCT = 13
  DECIMAL = 14
}

/** Whether rows are states or facts. */
enum DataModel {
  ENTITIES = 0
  EVENTS = 1
}

/** Where a model runs. */
enum ModelBackend {
  VertexAI = 0
  SageMaker = 1
}

/** How traffic moves to a new version of a model. */
enum DeploymentStrategyType {
  BLUE_GREEN = 0
  ROLLING = 1
  IMMEDIATE = 2
}

/** A projection and filter over one table, its mutations or its topic. */
struct Query {
  /** Output column to SQL expression. */
  1: optional map<string, string> selects
  2: optional list<string> wheres
  3: optional string startPartition
  4: optional string endPartition
  /** SQL expression for the event time in milliseconds since the epoch. */
  5: optional string timeColumn
  /** Absent by default, unlike in the airbnb dialect. */
  6: optional list<string> setups
  7: optional string mutationTimeColumn
  8: optional string reversalColumn
  20: optional string partitionColumn
  21: optional string partitionFormat
  22: optional common.Window partitionInterval
  23: optional common.Window partitionLag
  /** Further partitions of a day, such as hr=23, that a job waits for. */
  24: optional list<string> subPartitionsToWaitFor
  25: optional bool timePartitioned
}

/** A free SQL statement whose result is kept as a partitioned table. */
struct StagingQuery {
  1: optional MetaData metaData
  2: optional string query
  3: optional string startPartition
  4: optional list<string> setups
  5: optional EngineType engineType
  6: optional list<common.TableDependency> tableDependencies
  /** Days before the newest that every run computes again. */
  20: optional i32 recomputeDays
}

/** Facts with a time: a partitioned table, and the topic that carries the same facts live. */
struct EventSource {
  1: optional string table
  2: optional string topic
  3: optional Query query
  4: optional bool isCumulative
}

/** Rows that have a current state: daily snapshots, and the mutations between them. */
struct EntitySource {
  1: optional string snapshotTable
  2: optional string mutationTable
  3: optional string mutationTopic
  4: optional Query query
}

/** Features that are computed elsewhere and are fetched, or logged, but not aggregated here. */
struct ExternalSource {
  /** Spelt in lower case, unlike the same field of every other struct. */
  1: optional MetaData metadata
  2: optional TDataType keySchema
  3: optional TDataType valueSchema
}

/** The output of a join as the input of a GroupBy. */
struct JoinSource {
  1: optional Join join
  2: optional Query query
}

/** Exactly one kind of input. */
union Source {
  1: EventSource events
  2: EntitySource entities
  3: JoinSource joinSource
  4: ModelTransforms modelTransforms
}

/** One operation over one input column, for every window and every bucket that is listed. */
struct Aggregation {
  1: optional string inputColumn
  2: optional Operation operation
  3: optional map<string, string> argMap
  4: optional list<common.Window> windows
  5: optional list<string> buckets
}

/** One window and one bucket of an aggregation; used inside the engine, never authored. */
struct AggregationPart {
  1: optional string inputColumn
  2: optional Operation operation
  3: optional map<string, string> argMap
  4: optional common.Window window
  5: optional string bucket
}

/** What every definition carries beside its logic. */
struct MetaData {
  /** Dotted: team, path of the module, variable; followed by __ and the version if there is one. */
  1: optional string name
  2: optional string team
  3: optional string version
  4: optional string outputNamespace
  5: optional list<string> additionalOutputPartitionColumns
  6: optional map<string, string> tableProperties
  20: optional map<string, string> tags
  /** Output column to tags. */
  21: optional map<string, map<string, string>> columnTags
  /** Output column to a hash of what it means; see the compiler. */
  22: optional map<string, string> columnHashes
  100: optional bool online
  101: optional bool production
  /** File of the definition, from the root of the repository. */
  102: optional string sourceFile
  103: optional string customJson
  200: optional bool consistencyCheck
  201: optional double samplePercent
  202: optional double consistencySamplePercent
  203: optional observability.DriftSpec driftSpec
  204: optional common.ExecutionInfo executionInfo
}

/** A compiled file as it is uploaded. */
struct Conf {
  1: optional string name
  2: optional string hash
  3: optional string contents
  4: optional ConfType confType
  5: optional string localPath
}

/** Features per key, from sources of equal shape. */
struct GroupBy {
  1: optional MetaData metaData
  2: optional list<Source> sources
  3: optional list<string> keyColumns
  4: optional list<Aggregation> aggregations
  5: optional Accuracy accuracy
  7: optional list<Derivation> derivations
}

/** One GroupBy inside a join; the prefix has another id than in the airbnb dialect. */
struct JoinPart {
  1: optional GroupBy groupBy
  2: optional map<string, string> keyMapping
  3: optional string prefix
  /** Copied from the join when it is compiled. */
  10: optional bool useLongNames
}

/** One external source inside a join. */
struct ExternalPart {
  1: optional ExternalSource source
  2: optional map<string, string> keyMapping
  3: optional string prefix
}

/** A column computed from other output columns; name and expression `*` keep what is there. */
struct Derivation {
  1: optional string name
  2: optional string expression
}

/** Features of several parts, right as of the time of each row on the left. */
struct Join {
  1: optional MetaData metaData
  2: optional Source left
  3: optional list<JoinPart> joinParts
  4: optional map<string, list<string>> skewKeys
  5: optional list<ExternalPart> onlineExternalParts
  7: optional list<BootstrapPart> bootstrapParts
  8: optional list<string> rowIds
  9: optional list<Derivation> derivations
  /** Columns are called after the name of the GroupBy, not after the keys. */
  50: optional bool useLongNames
}

/** A table with feature values that were computed before and are taken as they are. */
struct BootstrapPart {
  1: optional MetaData metaData
  2: optional string table
  3: optional Query query
  4: optional list<string> keyColumns
}

/** What the fetcher has to know about an uploaded GroupBy. */
struct GroupByServingInfo {
  1: optional GroupBy groupBy
  2: optional string inputAvroSchema
  3: optional string selectedAvroSchema
  4: optional string keyAvroSchema
  5: optional string batchEndDate
  6: optional string dateFormat
}

/** A named field of a nested type. */
struct DataField {
  1: optional string name
  2: optional TDataType dataType
}

/** A type; nested ones hold their element, key and value, or field types in order. */
struct TDataType {
  1: optional DataKind kind
  2: optional list<DataField> params
  /** Of struct kinds only. */
  3: optional string name
}

struct DataSpec {
  1: optional TDataType schema
  2: optional list<string> partitionColumns
  3: optional i32 retentionDays
  4: optional map<string, string> props
}

/** What teams.py says of a team; the team `default` stands in for what another one does not set. */
struct Team {
  1: optional string name
  2: optional string description
  3: optional string email
  10: optional string outputNamespace
  11: optional map<string, string> tableProperties
  20: optional common.EnvironmentVariables env
  21: optional common.ConfigProperties conf
  22: optional common.ClusterConfigProperties clusterConf
}

/** A model, how it is trained and where it is deployed. */
struct Model {
  1: optional MetaData metaData
  2: optional InferenceSpec inferenceSpec
  3: optional map<string, string> inputMapping
  4: optional map<string, string> outputMapping
  5: optional TDataType valueSchema
  6: optional string modelArtifactBaseUri
  7: optional TrainingSpec trainingConf
  8: optional DeploymentSpec deploymentConf
}

struct InferenceSpec {
  1: optional ModelBackend modelBackend
  2: optional map<string, string> modelBackendParams
  3: optional ResourceConfig resourceConfig
}

struct ResourceConfig {
  1: optional i32 minReplicaCount
  2: optional i32 maxReplicaCount
  3: optional string machineType
}

/** Models applied to the rows of sources. */
struct ModelTransforms {
  1: optional list<Source> sources
  2: optional list<Model> models
  3: optional list<string> passthroughFields
  4: optional MetaData metaData
  5: optional TDataType keySchema
}

struct TrainingSpec {
  1: optional Source trainingDataSource
  2: optional common.Window trainingDataWindow
  3: optional string schedule
  4: optional string image
  5: optional string pythonModule
  6: optional ResourceConfig resourceConfig
  7: optional map<string, string> jobConfigs
}

struct ServingContainerConfig {
  1: optional string image
  2: optional string servingHealthRoute
  3: optional string servingPredictRoute
  4: optional map<string, string> servingContainerEnvVars
}

struct EndpointConfig {
  1: optional string endpointName
  2: optional map<string, string> additionalConfigs
}

struct Metric {
  1: optional string name
  2: optional double threshold
}

struct RolloutStrategy {
  1: optional DeploymentStrategyType rolloutType
  2: optional list<i32> validationTrafficPercentRamps
  3: optional list<i32> validationTrafficDurationMins
  4: optional list<Metric> rolloutMetricThresholds
}

struct DeploymentSpec {
  1: optional ServingContainerConfig containerConfig
  2: optional EndpointConfig endpointConfig
  3: optional ResourceConfig resourceConfig
  4: optional RolloutStrategy rolloutStrategy
}
