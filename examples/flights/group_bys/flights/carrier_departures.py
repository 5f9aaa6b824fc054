"""How a carrier has been doing, in all and from each airport.

The last aggregation has a *bucket*: instead of one number it gives a map from the bucket column's value to
the number for the rows with that value, here the average delay from each origin.
"""

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation
from sources import nyc
from windows import days

v1 = GroupBy(
    sources=nyc.departures(),
    keys=["carrier"],
    accuracy=Accuracy.TEMPORAL,
    online=True,
    aggregations=[
        Aggregation(
            input_column="dep_delay",
            operation=Operation.AVERAGE,
            windows=[days(1), days(7), days(30)],
        ),
        Aggregation(input_column="distance", operation=Operation.SUM, windows=[days(7)]),
        Aggregation(
            input_column="dep_delay",
            operation=Operation.AVERAGE,
            windows=[days(1)],
            buckets=["origin"],
        ),
    ],
    description="Departures of a carrier, up to the moment of the question",
)
