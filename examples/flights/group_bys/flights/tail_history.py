"""What one plane has been through: its last five delays, how far it flew, from how many airports.

`LAST_K(5)` gives a list, the latest first. An aggregation without windows runs from the first row there is:
`distance_sum` beside `distance_sum_30d`.
"""

from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation
from sources import nyc
from windows import days

v1 = GroupBy(
    sources=nyc.departures(),
    keys=["tailnum"],
    accuracy=Accuracy.TEMPORAL,
    online=True,
    aggregations=[
        Aggregation(input_column="dep_delay", operation=Operation.LAST_K(5), windows=[days(30)]),
        Aggregation(input_column="distance", operation=Operation.SUM, windows=[days(30)]),
        Aggregation(input_column="distance", operation=Operation.SUM),
        Aggregation(input_column="origin", operation=Operation.UNIQUE_COUNT, windows=[days(7)]),
    ],
    description="Departures of a plane, up to the moment of the question",
)
