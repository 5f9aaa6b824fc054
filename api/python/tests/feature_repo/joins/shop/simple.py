"""Parts from other modules, by module and by name."""

from group_bys.shop import entities, plain_operations
from sources.entities import users
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(
    left=clicks(),
    right_parts=[JoinPart(group_by=plain_operations.v1), JoinPart(group_by=entities.no_aggregation)],
    online=True,
)
v2 = Join(left=users(), right_parts=[JoinPart(group_by=entities.aggregated)])
