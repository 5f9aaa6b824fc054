"""Everything known two hours before a flight, beside whether it then left late.

The *left* side is the list of questions: one row per scheduled flight, with its keys and the moment of the
question. Each `JoinPart` adds the features of one group-by, as they were at that moment; part and left
are matched by columns of the same name (`key_mapping` would match different ones).

    run.py --mode backfill --conf production/joins/flights/training_set.v1 --ds 2014-01-01

writes the table `flights.flights_training_set_v1`, one partition per day of `ts`. `online=True` means that the same
features are also served: the fetcher is asked for `flights/training_set.v1`.
"""

from ai.chronon.join import Join, JoinPart
from group_bys.flights import (
    carrier_departures,
    dest_daily,
    origin_departures,
    origin_weather,
    plane,
    tail_history,
)
from sources import nyc

v1 = Join(
    left=nyc.scheduled(),
    right_parts=[
        JoinPart(group_by=origin_departures.v1),
        JoinPart(group_by=carrier_departures.v1),
        JoinPart(group_by=tail_history.v1),
        JoinPart(group_by=dest_daily.v1),
        JoinPart(group_by=origin_weather.v1),
        JoinPart(group_by=plane.v1),
    ],
    online=True,
    description="What was known two hours before each flight, and whether it was late",
)
