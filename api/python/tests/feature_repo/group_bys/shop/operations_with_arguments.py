"""Every operation with arguments."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[
        Aggregation(input_column="price", operation=operation)
        for operation in [
            Operation.APPROX_UNIQUE_COUNT_LGK(12),
            Operation.BOUNDED_UNIQUE_COUNT_K(9),
            Operation.HISTOGRAM_K(5),
            Operation.APPROX_HISTOGRAM_K(6),
            Operation.FIRST_K(2),
            Operation.LAST_K(3),
            Operation.TOP_K(4),
            Operation.BOTTOM_K(5),
            Operation.APPROX_PERCENTILE([0.1, 0.5, 0.99]),
            Operation.APPROX_PERCENTILE([0.5], k=200),
            Operation.APPROX_PERCENTILE([0, 1], k="64", other=1.5),
        ]
    ],
    online=True,
)
