"""Everything that authors of definitions need, in one place."""

from ai.chronon.api.ttypes import EntitySource, EventSource, Source
from ai.chronon.group_by import (
    Accuracy,
    Aggregation,
    Aggregations,
    DefaultAggregation,
    GroupBy,
    Operation,
    TimeUnit,
    Window,
)
from ai.chronon.join import Join, JoinPart
from ai.chronon.query import Query, select

__all__ = [
    "Accuracy",
    "Aggregation",
    "Aggregations",
    "DefaultAggregation",
    "EntitySource",
    "EventSource",
    "GroupBy",
    "Join",
    "JoinPart",
    "Operation",
    "Query",
    "Source",
    "TimeUnit",
    "Window",
    "select",
]
