"""Windows of both units, next to an aggregation without any."""

from sources.events import streamed_clicks

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation, TimeUnit, Window

v1 = GroupBy(
    sources=streamed_clicks(),
    keys=["user_id"],
    aggregations=[
        Aggregation(
            input_column="price",
            operation=Operation.SUM,
            windows=[Window(1, TimeUnit.HOURS), Window(length=7, timeUnit=TimeUnit.DAYS), Window(90, TimeUnit.DAYS)],
        ),
        Aggregation(input_column="price", operation=Operation.COUNT, windows=[]),
        Aggregation(input_column="price", operation=Operation.COUNT),
    ],
    accuracy=Accuracy.TEMPORAL,
    online=True,
)
