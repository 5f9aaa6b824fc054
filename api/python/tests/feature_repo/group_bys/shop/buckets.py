"""Buckets, with and without windows, and element-wise aggregation."""

from sources.events import clicks

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation, TimeUnit, Window
from ai.chronon.query import select

v1 = GroupBy(
    sources=clicks(selects=select("user_id", "price", "country", "device", "vector")),
    keys=["user_id"],
    aggregations=[
        Aggregation(
            input_column="price",
            operation=Operation.AVERAGE,
            windows=[Window(length=3, timeUnit=TimeUnit.DAYS)],
            buckets=["country", "device"],
        ),
        Aggregation(input_column="price", operation=Operation.LAST_K(3), buckets=["country"]),
        Aggregation(input_column="vector", operation=Operation.SUM, element_wise=True),
        Aggregation(input_column="vector", operation=Operation.SUM, element_wise=False),
    ],
    accuracy=Accuracy.SNAPSHOT,
    backfill_start_date="2023-01-01",
)
