"""GroupBys that are defined in the join's module, one without a variable."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.join import Join, JoinPart

inline = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    production=True,
    name="shop.inline",
)
v1 = Join(
    left=clicks(),
    right_parts=[
        JoinPart(group_by=inline),
        JoinPart(
            group_by=GroupBy(
                sources=clicks(),
                keys=["item_id"],
                aggregations=[Aggregation(input_column="price", operation=Operation.MAX)],
                name="shop.nameless",
            )
        ),
    ],
)
