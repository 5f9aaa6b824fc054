"""Kinds of left sides."""

from group_bys.shop import windows
from group_bys.shop.entities import no_aggregation
from sources.entities import users
from sources.events import clicks

from ai.chronon.join import Join, JoinPart
from ai.chronon.query import select

without_selects = Join(left=clicks(selects=None), right_parts=[JoinPart(group_by=windows.v1)])
empty_selects = Join(left=clicks(selects={}), right_parts=[JoinPart(group_by=windows.v1)])
other_time = Join(
    left=clicks(selects=select("user_id", at="ts_ms"), time_column="at * 1000"),
    right_parts=[JoinPart(group_by=windows.v1)],
)
entities_left = Join(left=users(), right_parts=[JoinPart(group_by=no_aggregation)])
no_parts = Join(left=clicks(), right_parts=[])
