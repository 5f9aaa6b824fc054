"""How flights to a destination have been leaving, as of the last midnight.

`SNAPSHOT` accuracy means that the windows are whole days (UTC): every question asked on a day gets the
same answer, computed from the days before it. That is cheaper than `TEMPORAL`, and all that many features need.

`backfill_start_date` makes this group-by a table of its own too, one row per destination and day:

    run.py --mode backfill --conf production/group_bys/flights/dest_daily.v1 --ds 2013-12-31
"""

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation
from sources import nyc
from windows import days

v1 = GroupBy(
    sources=nyc.departures(streamed=False),
    keys=["dest"],
    accuracy=Accuracy.SNAPSHOT,
    online=True,
    backfill_start_date="2013-01-01",
    aggregations=[
        Aggregation(input_column="dep_delay", operation=Operation.AVERAGE, windows=[days(7), days(30)]),
        Aggregation(input_column="dep_delay", operation=Operation.COUNT, windows=[days(7), days(30)]),
    ],
    description="Departures to a destination, up to the last midnight",
)
