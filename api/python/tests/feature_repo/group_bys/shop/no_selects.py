"""Columns that the query does not select are added."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(selects=None),
    keys=["user_id", "item_id"],
    aggregations=[
        Aggregation(input_column="price", operation=Operation.SUM),
        Aggregation(input_column="item_id", operation=Operation.COUNT),
        Aggregation(input_column="price", operation=Operation.MAX),
    ],
    online=True,
)
v2 = GroupBy(
    sources=clicks(selects={"price": "price * 2"}),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="qty", operation=Operation.SUM)],
    online=True,
)
