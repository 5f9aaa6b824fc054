"""One aggregation for each selected column."""

from sources.events import clicks

from ai.chronon.group_by import DefaultAggregation, GroupBy, Operation
from ai.chronon.query import select

_sources = [clicks(selects=select("user_id", "price", "qty", "at", "ds", "ts"), time_column="ts")]
v1 = GroupBy(
    sources=_sources,
    keys=["user_id"],
    aggregations=DefaultAggregation(["user_id"], _sources, operation=Operation.LAST_K(2), tags={"x": "y"}),
    online=True,
)
v2 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=DefaultAggregation(keys=["user_id"], sources=[clicks()]),
    online=True,
)
