"""A GroupBy whose aggregations and query are bare Thrift objects."""

from ai.chronon.api import ttypes
from ai.chronon.group_by import GroupBy

v1 = GroupBy(
    sources=ttypes.Source(
        events=ttypes.EventSource(
            "data.clicks", None, ttypes.Query({"user_id": "user_id", "price": "price"}, None, None, None, "ts")
        )
    ),
    keys=["user_id"],
    aggregations=[
        ttypes.Aggregation("price", ttypes.Operation.SUM),
        ttypes.Aggregation(
            inputColumn="price",
            operation=ttypes.Operation.COUNT,
            argMap=None,
            windows=[ttypes.Window(length=1, timeUnit=ttypes.TimeUnit.DAYS)],
        ),
    ],
    online=True,
)
