"""The modes of jobs, by which `teams.py` may set their environment and settings."""

from enum import Enum


class RunMode(str, Enum):
    """What a job does; a member is its own text, so that it may stand as a key."""

    BACKFILL = "backfill"
    BACKFILL_LEFT = "backfill-left"
    BACKFILL_FINAL = "backfill-final"
    DEPLOY = "deploy"
    UPLOAD = "upload"
    UPLOAD_TO_KV = "upload-to-kv"
    STATS_SUMMARY = "stats-summary"
    LOG_SUMMARY = "log-summary"
    ANALYZE = "analyze"
    STREAMING = "streaming"
    METADATA_UPLOAD = "metadata-upload"
    FETCH = "fetch"
    CONSISTENCY_METRICS_COMPUTE = "consistency-metrics-compute"
    BUILD_COMPARISON_TABLE = "build-comparison-table"
    COMPARE = "compare"
    LOCAL_STREAMING = "local-streaming"
    LOG_FLATTENER = "log-flattener"
    METADATA_EXPORT = "metadata-export"
    LABEL_JOIN = "label-join"
    STREAMING_CLIENT = "streaming-client"
    SOURCE_JOB = "source-job"
    JOIN_PART_JOB = "join-part-job"
    MERGE_JOB = "merge-job"
    METASTORE = "metastore"
    INFO = "info"

    def __str__(self) -> str:
        """The text itself."""
        return str(self.value)
