"""Templates for the database in table names."""

from ai.chronon.api.ttypes import EventSource
from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import Query, select

v1 = GroupBy(
    sources=EventSource(table="{{ db }}.clicks", query=Query(selects=select("user_id", "price"), time_column="ts")),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    dependencies=["{{ db }}.clicks/ds={{ ds }}"],
    online=True,
)
v2 = GroupBy(
    sources=EventSource(table="{{ db }}.clicks", query=Query(selects=select("user_id", "price"), time_column="ts")),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
