"""A GroupBy of another team, imported by name."""

from group_bys.bare.defaults import v1 as defaults_v1
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v2 = Join(left=clicks(), right_parts=[JoinPart(group_by=defaults_v1, prefix="other")])
