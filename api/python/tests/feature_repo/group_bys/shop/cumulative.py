"""A cumulative event source."""

from ai.chronon.api.ttypes import EventSource
from ai.chronon.group_by import Aggregation, GroupBy, Operation
from ai.chronon.query import Query, select

v1 = GroupBy(
    sources=EventSource(
        table="data.lifetime_clicks",
        query=Query(selects=select("user_id", "price"), time_column="ts"),
        isCumulative=True,
    ),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    backfill_start_date="2022-02-02",
)
