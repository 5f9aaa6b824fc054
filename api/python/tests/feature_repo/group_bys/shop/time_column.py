"""A selected `ts` becomes the time column."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import select

v1 = GroupBy(
    sources=clicks(selects=select("user_id", "price", ts="unix_timestamp(at) * 1000"), time_column=None),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
v2 = GroupBy(
    sources=clicks(selects=select("user_id", "price", "ts")),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="ts", operation=Operation.MAX)],
    online=True,
)
