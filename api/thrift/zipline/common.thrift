// What the other files share: spans of time, settings per run mode, tables and what a node waits for.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.common

const string END_DS_KEYWORD = "--end-ds"
const string INPUT_TABLE_KEYWORD = "--input-table"
const string START_DS_KEYWORD = "--start-ds"

/** Unit of a window's length. */
enum TimeUnit {
  HOURS = 0
  DAYS = 1
  MINUTES = 2
}

/** Which of the versions of a key are read. */
enum KvScanStrategy {
  ALL = 0
  LATEST = 1
}

/** A span of time. */
struct Window {
  1: i32 length
  2: TimeUnit timeUnit
}

/** Days, both inclusive, yyyy-MM-dd. */
struct DateRange {
  1: optional string startDate
  2: optional string endDate
}

/** Environment of jobs: in every mode, and by run mode. */
struct EnvironmentVariables {
  1: map<string, string> common
  /** By run mode; a compiled file holds the common variables in each of them too. */
  2: map<string, map<string, string>> modeEnvironments
}

/** Settings of jobs: in every mode, and by run mode. */
struct ConfigProperties {
  1: map<string, string> common
  /** By run mode; a compiled file holds the common settings in each of them too. */
  2: map<string, map<string, string>> modeConfigs
}

/** Settings of the clusters that jobs are sent to: in every mode, and by run mode. */
struct ClusterConfigProperties {
  1: map<string, string> common
  2: map<string, map<string, string>> modeClusterConfigs
}

/** A table and how it is partitioned. */
struct TableInfo {
  1: optional string table
  100: optional string partitionColumn
  /** Pattern of dates, such as yyyy-MM-dd. */
  101: optional string partitionFormat
  102: optional Window partitionInterval
  /** Each partition holds everything up to its date. */
  200: optional bool isCumulative
  /** SQL expression that tells when a partition is complete. */
  300: optional string triggerExpr
  /** The partition column holds a time, not a text. */
  400: optional bool timePartitioned
}

/** The partitions of a table that a node waits for. */
struct TableDependency {
  1: optional TableInfo tableInfo
  /** Distance from the first day of the query to the first partition that is needed. */
  2: optional Window startOffset
  /** Distance from the last day of the query to the last partition that is needed. */
  3: optional Window endOffset
  /** No earlier partition is needed. */
  4: optional string startCutOff
  /** No later partition is needed. */
  5: optional string endCutOff
  /** Waited for only if something else makes it run. */
  6: optional bool isSoftNodeDependency
  7: optional string semanticHash
  201: optional bool forceCompute
}

/** An entry of a key-value store. */
struct KvInfo {
  1: optional string cluster
  2: optional string table
  3: optional string keyBase64
}

struct KvDependency {
  1: optional KvInfo kvInfo
  10: optional i64 startMillis
  11: optional i64 endMillis
  20: optional KvScanStrategy scanStrategy
}

/** How the jobs of a definition run. */
struct ExecutionInfo {
  1: optional EnvironmentVariables env
  2: optional ConfigProperties conf
  3: optional i64 dependencyPollIntervalMillis
  4: optional i64 healthCheckIntervalMillis
  5: optional ClusterConfigProperties clusterConf
  10: optional string offlineSchedule
  /** Days that one step of a backfill covers. */
  11: optional i32 stepDays
  /** Fill all missing partitions, not only the newest. */
  12: optional bool historicalBackfill
  13: optional list<TableDependency> tableDependencies
  14: optional TableInfo outputTableInfo
  15: optional bool enableStatsCompute
  16: optional string onlineSchedule
  200: optional list<KvDependency> kvDependencies
  201: optional KvInfo outputKvInfo
  202: optional i64 kvPollIntervalMillis
}
