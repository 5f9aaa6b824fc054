"""Every argument that goes to the meta data."""

from group_bys.shop import windows
from sources.events import streamed_clicks

from ai.chronon.join import Join, JoinPart

v1 = Join(
    left=streamed_clicks(start_partition="2023-02-01", wheres=["price > 0"]),
    right_parts=[JoinPart(group_by=windows.v1)],
    check_consistency=True,
    additional_args=["--step-days=7", "--x y"],
    additional_env={"A": "b"},
    online=True,
    production=False,
    output_namespace="own_space",
    table_properties={"retention": "7"},
    env={"backfill": {"EXECUTOR_MEMORY": "9G"}},
    lag=2,
    skew_keys={"user_id": ["1", "2"], "item_id": []},
    sample_percent=5.5,
    consistency_sample_percent=7.25,
    offline_schedule="@never",
    historical_backfill=True,
    row_ids=["click_id"],
    deprecation_date="2031-12-31",
    tags={"a": ["b"]},
    description="é",
    team_override="other",
)
v2 = Join(
    left=streamed_clicks(),
    right_parts=[JoinPart(group_by=windows.v1)],
    check_consistency=True,
    sample_percent=100.0,
    historical_backfill=False,
    additional_args={"step_days": 5},
)
