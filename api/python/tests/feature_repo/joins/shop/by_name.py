"""A GroupBy imported by name."""

from group_bys.shop.windows import v1 as windows_v1
from sources.events import clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(left=clicks(), right_parts=[JoinPart(group_by=windows_v1)], online=True)
