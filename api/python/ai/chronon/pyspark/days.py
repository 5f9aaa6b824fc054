"""Days as arguments, and as the partitions of the session."""

import math
from datetime import date, datetime, timedelta, timezone

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionValueError
from ai.chronon.pyspark.constants import PARTITION_COLUMN_FORMAT

ISO_FORMAT = "%Y-%m-%d"
HOURS_PER_DAY = 24
# The default range ends yesterday, the last day that is complete, and is a week long.
DEFAULT_START_DAYS_AGO, DEFAULT_END_DAYS_AGO = 8, 1
# Letters of Java's date patterns to Python's.
JAVA_PATTERNS = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"))


def python_format(java_pattern: str) -> str:
    """A date pattern of Java in Python's form.

    >>> python_format("yyyy-MM-dd")
    '%Y-%m-%d'
    """
    pattern = java_pattern
    for java, python in JAVA_PATTERNS:
        pattern = pattern.replace(java, python)
    return pattern


def parse_day(text: str, partition_format: str) -> date:
    """A day from an argument, in the form of the reference, of the session's partitions, or yyyy-MM-dd.

    Raises:
        DefinitionValueError: It is in none of them.

    """
    for form in dict.fromkeys((partition_format, PARTITION_COLUMN_FORMAT, ISO_FORMAT)):
        try:
            day = datetime.strptime(text, form).date()
        except ValueError:
            continue
        if day.strftime(form) == text:
            return day
    raise DefinitionValueError(f"{text!r} is not a day; write it as {PARTITION_COLUMN_FORMAT}, such as 20240131")


def day_range(start: str | None, end: str | None, partition_format: str) -> tuple[date, date]:
    """The first and last day of a run; without arguments, the week that ended yesterday (UTC).

    Raises:
        DefinitionValueError: A day cannot be read, or the first comes after the last.

    """
    today = datetime.now(timezone.utc).date()
    first = parse_day(start, partition_format) if start else today - timedelta(days=DEFAULT_START_DAYS_AGO)
    last = parse_day(end, partition_format) if end else today - timedelta(days=DEFAULT_END_DAYS_AGO)
    if first > last:
        raise DefinitionValueError(f"the start {first} comes after the end {last}")
    return first, last


def longest_window_days(group_by: ttypes.GroupBy) -> int:
    """The longest window of a GroupBy in days, hours rounded up; one at the least.

    >>> hours = ttypes.Window(30, ttypes.TimeUnit.HOURS)
    >>> longest_window_days(ttypes.GroupBy(aggregations=[ttypes.Aggregation("price", windows=[hours])]))
    2
    """
    days = 1
    for aggregation in group_by.aggregations or []:
        for window in aggregation.windows or []:
            length = window.length or 0
            in_hours = window.timeUnit == ttypes.TimeUnit.HOURS
            days = max(days, math.ceil(length / HOURS_PER_DAY) if in_hours else length)
    return days
