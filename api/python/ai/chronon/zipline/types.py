"""Everything that authors need, in one import: `from ai.chronon.types import GroupBy, Join, …`."""

from ai.chronon.zipline import group_by, join, model, query, source, staging_query
from ai.chronon.zipline.data_types import DataType
from ai.chronon.zipline.derivation import Derivation
from ai.chronon.zipline.group_by import (
    Accuracy,
    Aggregation,
    Aggregations,
    DefaultAggregation,
    GroupBy,
    Operation,
    TimeUnit,
    Window,
)
from ai.chronon.zipline.join import BootstrapPart, ContextualSource, ExternalPart, ExternalSource, Join, JoinPart
from ai.chronon.zipline.model import (
    DeploymentSpec,
    DeploymentStrategyType,
    EndpointConfig,
    InferenceSpec,
    Metric,
    Model,
    ModelBackend,
    ModelTransforms,
    ResourceConfig,
    RolloutStrategy,
    ServingContainerConfig,
    TrainingSpec,
)
from ai.chronon.zipline.query import Query, selects
from ai.chronon.zipline.source import EntitySource, EventSource, JoinSource
from ai.chronon.zipline.staging_query import EngineType, StagingQuery, TableDependency
from gen_thrift.api import ttypes
from gen_thrift.api.ttypes import MetaData, Source, Team
from gen_thrift.common import ttypes as common
from gen_thrift.common.ttypes import ClusterConfigProperties, ConfigProperties, EnvironmentVariables, ExecutionInfo

TEMPORAL = Accuracy.TEMPORAL
SNAPSHOT = Accuracy.SNAPSHOT

__all__ = [
    "SNAPSHOT",
    "TEMPORAL",
    "Accuracy",
    "Aggregation",
    "Aggregations",
    "BootstrapPart",
    "ClusterConfigProperties",
    "ConfigProperties",
    "ContextualSource",
    "DataType",
    "DefaultAggregation",
    "DeploymentSpec",
    "DeploymentStrategyType",
    "Derivation",
    "EndpointConfig",
    "EngineType",
    "EntitySource",
    "EnvironmentVariables",
    "EventSource",
    "ExecutionInfo",
    "ExternalPart",
    "ExternalSource",
    "GroupBy",
    "InferenceSpec",
    "Join",
    "JoinPart",
    "JoinSource",
    "MetaData",
    "Metric",
    "Model",
    "ModelBackend",
    "ModelTransforms",
    "Operation",
    "Query",
    "ResourceConfig",
    "RolloutStrategy",
    "ServingContainerConfig",
    "Source",
    "StagingQuery",
    "TableDependency",
    "Team",
    "TimeUnit",
    "TrainingSpec",
    "Window",
    "common",
    "group_by",
    "join",
    "model",
    "query",
    "selects",
    "source",
    "staging_query",
    "ttypes",
]
