"""What was known of a user who is about to pay."""

from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.join import Join, JoinPart
from ai.chronon.query import Query, select
from group_bys.quickstart import purchases, returns, users

source = Source(
    events=EventSource(
        table="data.checkouts",
        query=Query(
            selects=select("user_id"),
            time_column="ts",
        ),
    )
)

v1 = Join(
    left=source,
    right_parts=[JoinPart(group_by=group_by) for group_by in (purchases.v1, returns.v1, users.v1)],
)

v2 = Join(
    left=source,
    right_parts=[JoinPart(group_by=group_by) for group_by in (purchases.v1, returns.v1)],
    online=True,
)
