"""Neither online nor with a start date: not written."""

from ai.chronon.group_by import Aggregation, GroupBy, Operation
from sources.events import clicks

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
)
