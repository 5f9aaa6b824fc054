"""A lag on an event source and on an entity source with mutations."""

from sources.entities import users
from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(partition_column="day"),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    lag=2,
    online=True,
)
v2 = GroupBy(
    sources=users(mutations=True),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="age", operation=Operation.MAX)],
    lag=1,
    online=True,
)
v3 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    dependencies=["a.b/ds={{ ds }}"],
    lag=3,
    online=True,
)
