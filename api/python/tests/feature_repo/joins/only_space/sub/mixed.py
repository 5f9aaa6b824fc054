"""A join in nested folders whose team has a namespace only."""

from group_bys.shop import meta_data
from group_bys.shop.deep.er import nested
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(left=clicks(), right_parts=[JoinPart(group_by=nested.v1), JoinPart(group_by=meta_data.v1)])
