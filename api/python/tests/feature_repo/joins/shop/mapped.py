"""Key mapping, prefixes and tags on parts."""

from group_bys.shop import buckets, no_selects
from sources.events import clicks

from ai.chronon.join import Join, JoinPart
from ai.chronon.query import select

v1 = Join(
    left=clicks(selects=select("buyer", "seller", "item_id")),
    right_parts=[
        JoinPart(group_by=buckets.v1, key_mapping={"buyer": "user_id"}, prefix="buyer", tags={"side": "buyer"}),
        JoinPart(group_by=buckets.v1, key_mapping={"seller": "user_id"}, prefix="seller"),
        JoinPart(group_by=no_selects.v1, key_mapping={}, tags={"x": 1}),
    ],
    tags={"kind": "test"},
)
