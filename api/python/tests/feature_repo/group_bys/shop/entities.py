"""Entity sources: no aggregation, aggregations, mutations."""

from sources.entities import users

from ai.chronon.api.ttypes import EntitySource
from ai.chronon.group_by import Accuracy, Aggregation, DefaultAggregation, GroupBy, Operation, TimeUnit, Window
from ai.chronon.query import Query, select

no_aggregation = GroupBy(sources=users(), keys=["user_id"], aggregations=None, online=True)
aggregated = GroupBy(
    sources=users(),
    keys=["country"],
    aggregations=[Aggregation(input_column="age", operation=Operation.AVERAGE)],
    accuracy=Accuracy.SNAPSHOT,
    online=True,
)
windowed = GroupBy(
    sources=users(time_column="created_at"),
    keys=["country"],
    aggregations=[
        Aggregation(input_column="age", operation=Operation.AVERAGE, windows=[Window(30, TimeUnit.DAYS)]),
    ],
    online=True,
)
mutated = GroupBy(
    sources=users(mutations=True),
    keys=["user_id"],
    aggregations=DefaultAggregation(keys=["user_id"], sources=[users(mutations=True)]),
    accuracy=Accuracy.TEMPORAL,
    online=True,
)
bare = GroupBy(
    sources=EntitySource(snapshotTable="data.items", query=Query(selects=select("item_id", "price"))),
    keys=["item_id"],
    aggregations=None,
    backfill_start_date="2023-01-01",
)
