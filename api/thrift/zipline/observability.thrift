// Drift of features: what is summarised, compared and asked for.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.observability

include "common.thrift"

enum Cardinality {
  LOW = 0
  HIGH = 1
}

/** Distance between two distributions; 2 is not in use. */
enum DriftMetric {
  JENSEN_SHANNON = 0
  HELLINGER = 1
  PSI = 3
}

enum TileStatsType {
  NULL_COUNTS = 1
}

struct TileSummaryKey {
  1: optional string column
  2: optional string slice
  3: optional string name
  4: optional i64 sizeMillis
}

struct TileSummary {
  1: optional list<double> percentiles
  2: optional map<string, i64> histogram
  3: optional i64 count
  4: optional i64 nullCount
  5: optional i64 innerCount
  6: optional i64 innerNullCount
  7: optional list<i32> lengthPercentiles
  8: optional list<i32> stringLengthPercentiles
}

struct TileSeriesKey {
  1: optional string column
  2: optional string slice
  3: optional string groupName
  4: optional string nodeName
}

struct NullCounts {
  1: optional map<i32, i64> nullCounts
  2: optional i64 rowCount
}

union TileStats {
  1: NullCounts nullCounts
}

struct TileSummarySeries {
  1: optional list<list<double>> percentiles
  2: optional map<string, list<i64>> histogram
  3: optional list<i64> count
  4: optional list<i64> nullCount
  5: optional list<i64> innerCount
  6: optional list<i64> innerNullCount
  7: optional list<list<i32>> lengthPercentiles
  8: optional list<list<i32>> stringLengthPercentiles
  200: optional list<i64> timestamps
  300: optional TileSummaryKey key
}

struct TileDrift {
  1: optional double percentileDrift
  2: optional double histogramDrift
  3: optional double countChangePercent
  4: optional double nullRatioChangePercent
  5: optional double innerCountChangePercent
  6: optional double innerNullCountChangePercent
  7: optional double lengthPercentilesDrift
  8: optional double stringLengthPercentilesDrift
}

struct TileDriftSeries {
  1: optional list<double> percentileDriftSeries
  2: optional list<double> histogramDriftSeries
  3: optional list<double> countChangePercentSeries
  4: optional list<double> nullRatioChangePercentSeries
  5: optional list<double> innerCountChangePercentSeries
  6: optional list<double> innerNullCountChangePercentSeries
  7: optional list<double> lengthPercentilesDriftSeries
  8: optional list<double> stringLengthPercentilesDriftSeries
  200: optional list<i64> timestamps
  300: optional TileSeriesKey key
}

/** What of a join is watched for drift. */
struct DriftSpec {
  1: optional list<string> slices
  2: optional map<string, string> derivations
  3: optional map<string, Cardinality> columnCardinalityHints
  4: optional common.Window tileSize
  5: optional list<common.Window> lookbackWindows
  6: optional DriftMetric driftMetric = DriftMetric.JENSEN_SHANNON
}

struct JoinDriftRequest {
  1: optional string name
  2: optional i64 startTs
  3: optional i64 endTs
  6: optional string offset
  7: optional DriftMetric algorithm
  8: optional string columnName
}

struct JoinDriftResponse {
  1: optional list<TileDriftSeries> driftSeries
}

struct JoinSummaryRequest {
  1: optional string name
  2: optional i64 startTs
  3: optional i64 endTs
  5: optional string percentiles
  8: optional string columnName
}
