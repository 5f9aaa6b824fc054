"""Parts whose GroupBys share one source object."""

from group_bys.shop import shared_source as shared
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(left=clicks(), right_parts=[JoinPart(group_by=shared.v2), JoinPart(group_by=shared.v1)])
