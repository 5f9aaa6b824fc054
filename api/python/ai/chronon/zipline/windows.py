"""Windows as authors write them: a number of days or hours."""

from ai.chronon.errors import DefinitionValueError
from ai.chronon.zipline.errors import DefinitionTypeError
from gen_thrift.common import ttypes as common

UNITS = {"d": common.TimeUnit.DAYS, "h": common.TimeUnit.HOURS}
LETTERS = {common.TimeUnit.HOURS: "h", common.TimeUnit.DAYS: "d", common.TimeUnit.MINUTES: "m"}
# A number and a letter.
SHORTEST = 2


def _parsed(text: str) -> common.Window:
    number, unit = text[:-1], text[-1:].lower()
    if len(text) < SHORTEST:
        raise DefinitionValueError(
            f"the window {text!r} is too short; write a number and d or h, such as '7d' or '24h'"
        )
    if unit not in UNITS:
        raise DefinitionValueError(f"the window {text!r} ends in {text[-1]!r}; write d for days or h for hours")
    try:
        length = int(number)
    except ValueError:
        raise DefinitionValueError(f"the window {text!r} begins with {number!r}; write a whole number") from None
    if length <= 0:
        raise DefinitionValueError(f"the window {text!r} has no length; write a number above 0")
    return common.Window(length, UNITS[unit])


def normalize_window(w: common.Window | str) -> common.Window:
    """A window from its short form, or the window that it already is.

    Raises:
        DefinitionValueError: The text is not a positive number followed by `d` or `h`; a `ValueError` too.
        DefinitionTypeError: It is neither a text nor a window; a `TypeError` too.

    >>> normalize_window("7d")
    Window(length=7, timeUnit=1)

    """
    if isinstance(w, str):
        return _parsed(w)
    if isinstance(w, common.Window):
        return w
    raise DefinitionTypeError(
        f"the window {w!r} is a {type(w).__name__}; write '7d', '24h' or Window(7, TimeUnit.DAYS)"
    )


def short_form(window: common.Window) -> str:
    """The window as it stands in the names of features, such as `7d`."""
    return f"{window.length}{LETTERS[window.timeUnit or 0]}"
