"""Operations of aggregations, and the windows that they are computed over."""

from collections.abc import Callable, Sequence
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError, DefinitionIndexError, UnknownOperationError

OperationArgument = int | tuple[int, dict[str, str]]


class Accuracy(ttypes.Accuracy):
    """How fresh features are: to the event (`TEMPORAL`), or as of the last midnight UTC (`SNAPSHOT`)."""


class TimeUnit:
    """Unit of a window's length."""

    HOURS = ttypes.TimeUnit.HOURS
    DAYS = ttypes.TimeUnit.DAYS


def Window(length: int, timeUnit: int) -> ttypes.Window:  # noqa: N803 - the keyword is part of the API
    """The span of `length` hours or days that ends at the time of the query."""
    return ttypes.Window(length, timeUnit)


class Operation:
    """What an aggregation computes.

    Plain members are passed as they are, the others are called with their argument: `Operation.SUM`,
    `Operation.LAST_K(5)`.
    """

    MIN = ttypes.Operation.MIN
    MAX = ttypes.Operation.MAX
    FIRST = ttypes.Operation.FIRST
    LAST = ttypes.Operation.LAST
    APPROX_UNIQUE_COUNT = ttypes.Operation.APPROX_UNIQUE_COUNT
    UNIQUE_COUNT = ttypes.Operation.UNIQUE_COUNT
    COUNT = ttypes.Operation.COUNT
    SUM = ttypes.Operation.SUM
    AVERAGE = ttypes.Operation.AVERAGE
    VARIANCE = ttypes.Operation.VARIANCE
    SKEW = ttypes.Operation.SKEW
    KURTOSIS = ttypes.Operation.KURTOSIS
    HISTOGRAM = ttypes.Operation.HISTOGRAM

    @staticmethod
    def APPROX_UNIQUE_COUNT_LGK(k: int) -> tuple[int, dict[str, str]]:
        """Distinct values, approximately; the sketch has 2^k slots."""
        return _with_k(ttypes.Operation.APPROX_UNIQUE_COUNT, k)

    @staticmethod
    def BOUNDED_UNIQUE_COUNT_K(k: int) -> tuple[int, dict[str, str]]:
        """Distinct values, counted exactly up to `k`."""
        return _with_k(ttypes.Operation.BOUNDED_UNIQUE_COUNT, k)

    @staticmethod
    def HISTOGRAM_K(k: int) -> tuple[int, dict[str, str]]:
        """How often each of the `k` most frequent values occurs, counted exactly."""
        return _with_k(ttypes.Operation.HISTOGRAM, k)

    @staticmethod
    def APPROX_HISTOGRAM_K(k: int) -> tuple[int, dict[str, str]]:
        """How often each of about `k` frequent values occurs, approximately and in bounded memory."""
        return _with_k(ttypes.Operation.APPROX_HISTOGRAM_K, k)

    @staticmethod
    def FIRST_K(k: int) -> tuple[int, dict[str, str]]:
        """The `k` earliest values."""
        return _with_k(ttypes.Operation.FIRST_K, k)

    @staticmethod
    def LAST_K(k: int) -> tuple[int, dict[str, str]]:
        """The `k` latest values."""
        return _with_k(ttypes.Operation.LAST_K, k)

    @staticmethod
    def TOP_K(k: int) -> tuple[int, dict[str, str]]:
        """The `k` greatest values."""
        return _with_k(ttypes.Operation.TOP_K, k)

    @staticmethod
    def BOTTOM_K(k: int) -> tuple[int, dict[str, str]]:
        """The `k` least values."""
        return _with_k(ttypes.Operation.BOTTOM_K, k)

    @staticmethod
    def APPROX_PERCENTILE(percentiles: Sequence[float], **arguments: Any) -> tuple[int, dict[str, str]]:
        """Approximate percentiles; each lies in [0, 1], and `k` (128) sets the accuracy of the sketch."""
        values = {"k": 128, "percentiles": percentiles, **arguments}
        return ttypes.Operation.APPROX_PERCENTILE, {name: str(value) for name, value in values.items()}


def collector(op: int) -> Callable[[int], tuple[int, dict[str, str]]]:
    """A function that makes an operation of its argument `k`, as `Operation.LAST_K` does."""
    return lambda k: _with_k(op, k)


def generic_collector(op: int, required: Sequence[str], **kwargs: Any) -> Callable[..., tuple[int, dict[str, str]]]:
    """A function that makes an operation of its arguments.

    Args:
        op: The operation.
        required: Names of the positional arguments.
        **kwargs: Defaults of the others.

    """

    def collect(*args: Any, **other_args: Any) -> tuple[int, dict[str, str]]:
        if len(args) < len(required):
            raise DefinitionIndexError(
                f"{op_to_str(op).upper()} needs {', '.join(required)} as positional arguments, got {len(args)}"
            )
        values = {**kwargs, **dict(zip(required, args, strict=False)), **other_args}
        return op, {name: str(value) for name, value in values.items()}

    return collect


def _with_k(operation: int, k: int) -> tuple[int, dict[str, str]]:
    return operation, {"k": str(k)}


def op_to_str(operation: int) -> str:
    """The name of an operation in lower case."""
    name = ttypes.Operation._VALUES_TO_NAMES.get(operation)
    if name is None:
        raise UnknownOperationError(f"{operation!r} is no operation; take a member of Operation")
    return name.lower()


def window_to_str_pretty(window: ttypes.Window) -> str:
    """A window in words.

    >>> window_to_str_pretty(Window(7, TimeUnit.DAYS))
    '7 days'
    """
    if window.timeUnit is None:
        raise DefinitionError(
            f"a window of length {window.length} has no unit; give it TimeUnit.HOURS or TimeUnit.DAYS"
        )
    return f"{window.length} {ttypes.TimeUnit._VALUES_TO_NAMES[window.timeUnit].lower()}"
