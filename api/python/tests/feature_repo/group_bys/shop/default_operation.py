"""An aggregation that names neither operation nor column."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, Aggregations, GroupBy, Operation

v1 = GroupBy(sources=clicks(), keys=["user_id"], aggregations=[Aggregation(input_column="item_id")], online=True)
v2 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[*Aggregations(item_id=Aggregation(), price=Aggregation(operation=Operation.MAX))],
    online=True,
)
