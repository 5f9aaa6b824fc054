"""Every operation without arguments."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[
        Aggregation(input_column="price", operation=operation)
        for operation in [
            Operation.MIN,
            Operation.MAX,
            Operation.FIRST,
            Operation.LAST,
            Operation.APPROX_UNIQUE_COUNT,
            Operation.UNIQUE_COUNT,
            Operation.COUNT,
            Operation.SUM,
            Operation.AVERAGE,
            Operation.VARIANCE,
            Operation.SKEW,
            Operation.KURTOSIS,
            Operation.HISTOGRAM,
        ]
    ],
    online=True,
)
