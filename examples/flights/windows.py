"""Short names for windows, so that a list of them reads like a sentence: `[hours(6), days(1)]`."""

from ai.chronon.api.ttypes import Window
from ai.chronon.group_by import TimeUnit


def hours(length: int) -> Window:
    """The last `length` hours before the question."""
    return Window(length=length, timeUnit=TimeUnit.HOURS)


def days(length: int) -> Window:
    """The last `length` days before the question."""
    return Window(length=length, timeUnit=TimeUnit.DAYS)
