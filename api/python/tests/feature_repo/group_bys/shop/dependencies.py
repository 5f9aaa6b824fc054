"""Explicit dependencies, with two sources."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=[clicks(start_partition="2021-01-01"), clicks(end_partition="2024-01-01")],
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    dependencies=["db.tbl/ds={{ ds }}/hr=01", "other.table/ds={{ ds }}"],
    online=True,
)
v2 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    dependencies=[],
    online=True,
)
