"""A module in nested folders, with private and aliased variables."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
_private = GroupBy(
    sources=clicks(),
    keys=["item_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
first_name = GroupBy(
    sources=clicks(),
    keys=["item_id", "user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
)
last_name = first_name
in_a_list = [
    GroupBy(
        sources=clicks(),
        keys=["item_id"],
        aggregations=[Aggregation(input_column="price", operation=Operation.MAX)],
        online=True,
    )
]
