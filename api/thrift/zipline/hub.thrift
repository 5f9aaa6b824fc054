// Requests and answers of the hub: lineage and the state of jobs.
//
// A wire contract: names, ids and types equal those of the zipline dialect of Chronon, which numbers and names other
// fields than the airbnb dialect of ../api.thrift. A field is optional unless it is written without a requiredness.

namespace py gen_thrift.hub

include "common.thrift"
include "api.thrift"

enum Direction {
  UPSTREAM = 0
  DOWNSTREAM = 1
  BOTH = 2
}

enum Status {
  WAITING_FOR_UPSTREAM = 0
  WAITING_FOR_RESOURCES = 1
  QUEUED = 2
  RUNNING = 3
  SUCCESS = 4
  FAILED = 5
  UPSTREAM_FAILED = 6
  UPSTREAM_MISSING = 7
}

struct LineageRequest {
  1: optional string name
  2: optional string type
  3: optional string branch
  4: optional Direction direction
}

struct JobTrackerRequest {
  1: optional string name
  2: optional string type
  3: optional string branch
  10: optional common.DateRange dateRange
}

struct JobTrackerResponse {
  1: optional list<TaskInfo> tasks
}

struct SubmissionsRequest {
  1: optional string user
}

struct SubmissionsResponse {
  1: optional list<Submission> submissions
}

struct TaskInfo {
  1: optional Status status
  2: optional string logPath
  3: optional string trackerUrl
  4: optional TaskArgs taskArgs
  5: optional common.DateRange dateRange
  10: optional i64 submittedTs
  11: optional i64 startedTs
  12: optional i64 finishedTs
  20: optional string user
  21: optional string team
  30: optional TaskResources allocatedResources
  31: optional TaskResources utilizedResources
}

struct TaskArgs {
  1: optional list<string> argsList
  2: optional map<string, string> env
}

struct TaskResources {
  1: optional i64 vcoreSeconds
  2: optional i64 megaByteSeconds
  3: optional i64 cumulativeDiskWriteBytes
  4: optional i64 cumulativeDiskReadBytes
}

struct Submission {
  10: optional i64 submittedTs
  20: optional i64 finishedTs
  21: optional common.DateRange dateRange
}

struct ConfRequest {
  1: optional string confName
  2: optional api.ConfType confType
  3: optional string branch
  4: optional string version
}
