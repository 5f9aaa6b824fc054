"""A join of a team without settings of its own."""

from group_bys.bare import defaults
from group_bys.shop import tags
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(left=clicks(), right_parts=[JoinPart(group_by=defaults.v1), JoinPart(group_by=tags.v1, prefix="p")])
