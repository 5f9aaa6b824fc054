"""One source object in two GroupBys: its query collects the columns of both."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import select

_source = clicks(selects=select("user_id"))
v1 = GroupBy(
    sources=_source,
    keys=["user_id"],
    aggregations=[Aggregation(input_column="a", operation=Operation.SUM)],
    online=True,
)
v2 = GroupBy(
    sources=_source,
    keys=["item_id"],
    aggregations=[Aggregation(input_column="b", operation=Operation.SUM)],
    online=True,
)
