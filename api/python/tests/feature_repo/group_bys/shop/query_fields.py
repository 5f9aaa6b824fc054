"""Every field of a query."""

from ai.chronon.api.ttypes import EventSource
from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import Query, select

v1 = GroupBy(
    sources=EventSource(
        table="data.clicks/hr=01/region=eu",
        topic=None,
        query=Query(
            selects=select("a", "b", a="x", c="y", user_id="uid"),
            wheres=["a > 1", "b IS NOT NULL", "c = 'ü'"],
            start_partition="2020-01-01",
            end_partition="2023-12-31",
            time_column="at_ms",
            setups=["CREATE TEMPORARY FUNCTION f AS 'x'"],
            partition_column="day",
        ),
        isCumulative=False,
    ),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="c", operation=Operation.SUM)],
    online=True,
)
