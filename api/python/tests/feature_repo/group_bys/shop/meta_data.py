"""Every argument that goes to the meta data, and free ones."""

from sources.events import clicks

from ai.chronon.group_by import Aggregation, GroupBy, Operation

v1 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=False,
    production=False,
    backfill_start_date="2023-01-01",
    env={"backfill": {"EXECUTOR_MEMORY": "9G", "PARALLELISM": "10"}, "upload": {}},
    table_properties={"source": "chronon", "retention": "30"},
    output_namespace="own_space",
    offline_schedule="@weekly",
    historical_backfill=False,
    deprecation_date="2030-01-01",
    description='quotes " and \\ and é',
    team_override="other",
    enable_tiling=True,
    nested={"b": [1, 2.5, None], "a": "ñ"},
)
v2 = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
    production=True,
    historical_backfill=True,
    backfill_start_date="2023-01-01",
    name="a_name_that_compile_replaces",
    table_properties={},
)
