"""Everything that authors of definitions need, in one place."""

from ai.chronon.api.ttypes import EntitySource, EventSource, JoinSource, MetaData, Source, StagingQuery
from ai.chronon.group_by import (
    Accuracy,
    Aggregation,
    Aggregations,
    DefaultAggregation,
    Derivation,
    GroupBy,
    Operation,
    TimeUnit,
    Window,
)
from ai.chronon.join import (
    BootstrapPart,
    ContextualSource,
    DataType,
    ExternalPart,
    ExternalSource,
    Join,
    JoinPart,
    LabelPart,
)
from ai.chronon.model import InferenceSpec, Model, ModelTransform, ModelTransforms
from ai.chronon.query import Query, select
from ai.chronon.staging_query import (
    StagingQueryEntitySource,
    StagingQueryEventSource,
    get_staging_query_dependencies,
)

__all__ = [
    "Accuracy",
    "Aggregation",
    "Aggregations",
    "BootstrapPart",
    "ContextualSource",
    "DataType",
    "DefaultAggregation",
    "Derivation",
    "EntitySource",
    "EventSource",
    "ExternalPart",
    "ExternalSource",
    "GroupBy",
    "InferenceSpec",
    "Join",
    "JoinPart",
    "JoinSource",
    "LabelPart",
    "MetaData",
    "Model",
    "ModelTransform",
    "ModelTransforms",
    "Operation",
    "Query",
    "Source",
    "StagingQuery",
    "StagingQueryEntitySource",
    "StagingQueryEventSource",
    "TimeUnit",
    "Window",
    "get_staging_query_dependencies",
    "select",
]
