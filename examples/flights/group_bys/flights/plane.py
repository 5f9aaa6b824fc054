"""What a plane is: age, engines, seats, maker.

An entity source without aggregations is looked up, not summed: a question gets the row of the snapshot
taken at the end of the day before.
"""

from ai.chronon.group_by import Accuracy, GroupBy
from sources import nyc

v1 = GroupBy(
    sources=nyc.planes(),
    keys=["tailnum"],
    aggregations=None,
    accuracy=Accuracy.SNAPSHOT,
    online=True,
    description="The register's entry of a plane, as of the last midnight",
)
