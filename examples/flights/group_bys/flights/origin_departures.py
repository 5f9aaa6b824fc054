"""How departures from an airport have been going: delays, how many flights, where to, by whom.

`TEMPORAL` accuracy means that the windows end at the very millisecond of the question: for a flight asked
about at 10:07:30, the one-hour window holds the departures from 09:05 (the start of a window is rounded
down, here to five minutes) up to, and not including, 10:07:30.

The file and the variable name this group-by: `flights.origin_departures.v1`. Its columns in a join begin
with `flights_origin_departures_v1_`, for instance `flights_origin_departures_v1_dep_delay_average_1h`.
"""

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation
from sources import nyc
from windows import days, hours

v1 = GroupBy(
    sources=nyc.departures(),
    keys=["origin"],
    accuracy=Accuracy.TEMPORAL,
    online=True,
    aggregations=[
        Aggregation(
            input_column="dep_delay",
            operation=Operation.AVERAGE,
            windows=[hours(1), hours(6), days(1), days(7)],
        ),
        Aggregation(
            input_column="dep_delay",
            operation=Operation.MAX,
            windows=[hours(1), hours(6), days(1), days(7)],
        ),
        Aggregation(input_column="dep_delay", operation=Operation.COUNT, windows=[hours(1), days(1)]),
        # How many destinations were served: a sketch of fixed size, some per cent off.
        Aggregation(input_column="dest", operation=Operation.APPROX_UNIQUE_COUNT, windows=[days(1)]),
        # Departures of each carrier: a map from carrier to count.
        Aggregation(input_column="carrier", operation=Operation.HISTOGRAM, windows=[hours(6)]),
        # No window: the delay of the latest departure, however long ago it was.
        Aggregation(input_column="dep_delay", operation=Operation.LAST),
    ],
    description="Departures from an airport, up to the moment of the question",
)
