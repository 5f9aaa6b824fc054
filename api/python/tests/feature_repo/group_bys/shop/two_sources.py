"""Two sources of equal shape, a list of wrapped and a list of bare ones."""

from sources.events import clicks

from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import Query, select

_query = {"selects": select("user_id", "price"), "time_column": "ts"}
v1 = GroupBy(
    sources=[clicks(end_partition="2022-12-31", **_query), clicks(start_partition="2023-01-01", **_query)],
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
v2 = GroupBy(
    sources=[
        EventSource(table="data.old", query=Query(**{**_query, "selects": {**_query["selects"]}})),
        Source(events=EventSource(table="data.new", query=Query(**{**_query, "selects": {**_query["selects"]}}))),
    ],
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
