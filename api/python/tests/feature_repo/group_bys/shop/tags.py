"""Tags on the GroupBy and on aggregations: kept in the custom JSON only."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation, TimeUnit, Window

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[
        Aggregation(
            input_column="price",
            operation=Operation.SUM,
            windows=[Window(1, TimeUnit.DAYS), Window(2, TimeUnit.HOURS)],
            tags={"pii": "no", "owner": "Zoë"},
        ),
        Aggregation(input_column="price", operation=Operation.TOP_K(2), tags={"a": 1}, buckets=["item_id"]),
        Aggregation(input_column="item_id", operation=Operation.LAST),
    ],
    tags={"team": ["x", "y"]},
    online=True,
)
