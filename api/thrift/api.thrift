// Feature definitions as they are exchanged between the authoring layer, the compiled
// configuration files, the batch and streaming jobs and the online side.
//
// This file is a wire contract. Field ids, names, types and defaults equal those of the airbnb
// dialect of Chronon, so that configurations and binary payloads move both ways unchanged. A field
// is optional unless it is written without a requiredness. `Query.setups` holds the only default.

namespace py ai.chronon.api
namespace java ai.chronon.api

// ---------------------------------------------------------------------------------------------
// Enumerations
// ---------------------------------------------------------------------------------------------

/** What is computed over the values of one input column. */
enum Operation {
  // Order statistics that need one value.
  MIN = 0
  MAX = 1
  FIRST = 2
  LAST = 3

  // Distinct values: exact, then by a sketch.
  UNIQUE_COUNT = 4
  APPROX_UNIQUE_COUNT = 5

  // Moments.
  COUNT = 6
  SUM = 7
  AVERAGE = 8
  VARIANCE = 9
  SKEW = 10
  KURTOSIS = 11

  // Quantiles by a sketch; argMap: `k` (accuracy) and `percentiles` (JSON list of numbers in [0, 1]).
  APPROX_PERCENTILE = 12

  // Lists of up to `k` values; argMap: `k`.
  LAST_K = 13
  FIRST_K = 14
  TOP_K = 15
  BOTTOM_K = 16

  // Value to count: exact (argMap `k` keeps the most frequent), then by a sketch (argMap `k`).
  HISTOGRAM = 17
  APPROX_HISTOGRAM_K = 18

  // Exact distinct count that stops growing at `k`; argMap: `k`.
  BOUNDED_UNIQUE_COUNT = 19
}

/** Unit of a window's length. */
enum TimeUnit {
  HOURS = 0
  DAYS = 1
}

/** How fresh features are: to the event, or as of the last midnight. */
enum Accuracy {
  TEMPORAL = 0
  SNAPSHOT = 1
}

/** Kinds of values; the last three are nested and take parameters in `TDataType.params`. */
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
}

// ---------------------------------------------------------------------------------------------
// Reading data
// ---------------------------------------------------------------------------------------------

/** A projection and filter over one table, its mutations or its topic. */
struct Query {
  /** Output column to SQL expression. */
  1: optional map<string, string> selects
  /** SQL predicates; all of them must hold. */
  2: optional list<string> wheres
  /** First partition that may be read, inclusive. */
  3: optional string startPartition
  /** Last partition that may be read, inclusive. */
  4: optional string endPartition
  /** SQL expression for the event time in milliseconds since the epoch. */
  5: optional string timeColumn
  /** SQL statements to run before the query, such as the registration of functions. */
  6: optional list<string> setups = []
  /** SQL expression for the time at which a mutation was applied, in milliseconds since the epoch. */
  7: optional string mutationTimeColumn
  /** SQL expression that is true for the image of a row before its mutation. */
  8: optional string reversalColumn
  /** Partition column of the table, where it differs from the configured one. */
  9: optional string partitionColumn
}

/** A free SQL statement whose result is kept as a partitioned table or as a view. */
struct StagingQuery {
  1: optional MetaData metaData
  /** Statement; may hold the date templates that are filled in for each run. */
  2: optional string query
  /** First partition to be filled. */
  3: optional string startPartition
  /** SQL statements to run before the query. */
  4: optional list<string> setups
  /** Make a view instead of writing a table. */
  5: optional bool createView
}

/** Facts with a time: a partitioned table, and the topic that carries the same facts live. */
struct EventSource {
  1: optional string table
  2: optional string topic
  3: optional Query query
  /** Each partition holds everything up to its date, so reading the last one is enough. */
  4: optional bool isCumulative
}

/** Rows that have a current state: daily snapshots, and the mutations between them. */
struct EntitySource {
  1: optional string snapshotTable
  2: optional string mutationTable
  3: optional string mutationTopic
  4: optional Query query
}

/** A factory on the online side's class path, and what it is to be called with. */
struct ExternalSourceFactoryConfig {
  1: optional string factoryName
  2: optional map<string, string> factoryParams
}

/** Features that are computed elsewhere and are fetched, or logged, but not aggregated here. */
struct ExternalSource {
  /** Spelt in lower case, unlike the same field of every other struct. */
  1: optional MetaData metadata
  2: optional TDataType keySchema
  3: optional TDataType valueSchema
  4: optional ExternalSourceFactoryConfig factoryConfig
  /** GroupBy that stands in for the source when training data is made. */
  5: optional GroupBy offlineGroupBy
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
}

// ---------------------------------------------------------------------------------------------
// Aggregating
// ---------------------------------------------------------------------------------------------

/** A span of time that ends at the time of the query. */
struct Window {
  1: i32 length
  2: TimeUnit timeUnit
}

/** One operation over one input column, for every window and every bucket that is listed. */
struct Aggregation {
  1: optional string inputColumn
  2: optional Operation operation
  /** Arguments of the operation, all as text. */
  3: optional map<string, string> argMap
  /** Absent: one result over everything before the time of the query. */
  4: optional list<Window> windows
  /** For each of these columns the result is a map from its values to the aggregate. */
  5: optional list<string> buckets
  /** Over a list column: aggregate position by position, not all elements together. */
  6: optional bool elementWise
}

/** One window and one bucket of an aggregation; used inside the engine, never authored. */
struct AggregationPart {
  1: optional string inputColumn
  2: optional Operation operation
  3: optional map<string, string> argMap
  4: optional Window window
  5: optional string bucket
  6: optional bool elementWise
}

/** What every definition carries beside its logic. */
struct MetaData {
  /** Dotted: team, path of the module, variable. */
  1: optional string name
  /** Served to the fetcher. */
  2: optional bool online
  /** Fit to be used by production joins. */
  3: optional bool production
  /** JSON object for settings without a field of their own. */
  4: optional string customJson
  /** What a scheduler has to wait for: JSON objects or partition specifications. */
  5: optional list<string> dependencies
  /** Properties of the tables that are written. */
  6: optional map<string, string> tableProperties
  /** Database of the tables that are written. */
  7: optional string outputNamespace
  8: optional string team
  /** Run mode to environment variables. */
  9: optional map<string, map<string, string>> modeToEnvMap
  /** Compare logged features with backfilled ones. */
  10: optional bool consistencyCheck
  /** Percentage of the requests that are logged, 0 to 100. */
  11: optional double samplePercent
  /** Schedule of the offline jobs; `@never` turns them off. */
  12: optional string offlineSchedule
  /** Percentage of the keys that the consistency check covers, 0 to 100. */
  13: optional double consistencySamplePercent
  /** Fill all missing partitions, not only the newest. */
  14: optional bool historicalBackfill
  /** Day on which the definition is retired, yyyy-MM-dd. */
  15: optional string deprecationDate
  16: optional string description
}

/** Features per key, from sources of equal shape. */
struct GroupBy {
  1: optional MetaData metaData
  2: optional list<Source> sources
  3: optional list<string> keyColumns
  /** Absent: the selected columns of the row with the key are the features. */
  4: optional list<Aggregation> aggregations
  /** Absent: temporal when a source can be streamed, snapshot otherwise. */
  5: optional Accuracy accuracy
  /** First day of a backfill on its own, yyyy-MM-dd. */
  6: optional string backfillStartDate
  7: optional list<Derivation> derivations
  /** Keep daily intermediate results and aggregate those. */
  8: optional bool isIncremental
}

// ---------------------------------------------------------------------------------------------
// Joining
// ---------------------------------------------------------------------------------------------

/** One GroupBy inside a join. */
struct JoinPart {
  1: optional GroupBy groupBy
  /** Column on the left to key column of the GroupBy; equal names need no entry. */
  2: optional map<string, string> keyMapping
  // Id 3 is not in use.
  /** Put before the names of the feature columns. */
  4: optional string prefix
}

/** One external source inside a join. */
struct ExternalPart {
  1: optional ExternalSource source
  /** Column on the left to key field of the source. */
  2: optional map<string, string> keyMapping
  3: optional string prefix
}

/** A column computed from other output columns; name and expression `*` keep what is there. */
struct Derivation {
  1: optional string name
  2: optional string expression
  3: optional MetaData metaData
}

/** Features of several parts, right as of the time of each row on the left. */
struct Join {
  1: optional MetaData metaData
  2: optional Source left
  3: list<JoinPart> joinParts
  /** Column to the values whose rows are left out of the computation. */
  4: optional map<string, list<string>> skewKeys
  5: optional list<ExternalPart> onlineExternalParts
  6: optional LabelPart labelPart
  7: optional list<BootstrapPart> bootstrapParts
  /** Columns that identify a row on the left. */
  8: optional list<string> rowIds
  9: optional list<Derivation> derivations
  10: optional ModelTransforms modelTransforms
}

/** A table with feature values that were computed before and are taken as they are. */
struct BootstrapPart {
  1: optional MetaData metaData
  2: optional string table
  3: optional Query query
  /** Columns on which to join with the left; absent: the row ids of the join. */
  4: optional list<string> keyColumns
}

/** Labels that become known some days after the row they belong to. */
struct LabelPart {
  1: optional list<JoinPart> labels
  /** Days back from the label date to the oldest rows to be labelled. */
  2: optional i32 leftStartOffset
  /** Days back from the label date to the newest rows to be labelled. */
  3: optional i32 leftEndOffset
  4: optional MetaData metaData
}

// ---------------------------------------------------------------------------------------------
// Serving
// ---------------------------------------------------------------------------------------------

/** What the fetcher has to know about an uploaded GroupBy. */
struct GroupByServingInfo {
  1: optional GroupBy groupBy
  /** Avro schema of the columns that the sources read. */
  2: optional string inputAvroSchema
  /** Avro schema of the columns after selection. */
  3: optional string selectedAvroSchema
  4: optional string keyAvroSchema
  /** The first moment that is not in the uploaded batch, as a date. */
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
  1: DataKind kind
  2: optional list<DataField> params
  /** Of struct kinds only. */
  3: optional string name
}

// ---------------------------------------------------------------------------------------------
// Models
// ---------------------------------------------------------------------------------------------

/** Where a model runs. */
struct InferenceSpec {
  1: optional string modelBackend
  2: optional map<string, string> modelBackendParams
}

struct Model {
  1: optional MetaData metaData
  2: optional InferenceSpec inferenceSpec
  3: optional TDataType inputSchema
  4: optional TDataType outputSchema
}

/** A model applied to the output of a join. */
struct ModelTransform {
  1: optional Model model
  /** Model input to join column. */
  2: optional map<string, string> inputMappings
  /** Model output to final column. */
  3: optional map<string, string> outputMappings
  4: optional string prefix
}

struct ModelTransforms {
  1: optional list<ModelTransform> transforms
  /** Join columns that are kept beside the outputs of the models. */
  2: optional list<string> passthroughFields
}
