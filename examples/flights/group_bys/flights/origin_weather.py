"""The latest weather report of an airport, and its strongest wind of the day.

`LAST` is the latest value that is not null, within the window: a gauge that failed for six hours gives null.
"""

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation
from sources import nyc
from windows import days, hours

v1 = GroupBy(
    sources=nyc.weather(),
    keys=["origin"],
    accuracy=Accuracy.TEMPORAL,
    online=True,
    aggregations=[
        Aggregation(input_column="temp", operation=Operation.LAST, windows=[hours(6)]),
        Aggregation(input_column="wind_speed", operation=Operation.LAST, windows=[hours(6)]),
        Aggregation(input_column="visib", operation=Operation.LAST, windows=[hours(6)]),
        Aggregation(input_column="wind_speed", operation=Operation.MAX, windows=[days(1)]),
    ],
    description="Weather at an airport, up to the moment of the question",
)
