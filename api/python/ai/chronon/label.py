"""Labels: what a model is trained to tell, joined to a training set once the outcome is known."""

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionError
from ai.chronon.group_by_rules import describe_group_by


def _check_aggregated(label: ttypes.GroupBy, count: int, start: int, end: int) -> None:
    """Raises `DefinitionError` unless an aggregated label is the only one, with one window equal to both offsets."""
    owner = f"LabelPart: the label {describe_group_by(label)}"
    if count > 1:
        raise DefinitionError(f"{owner} is aggregated and one of {count} labels; an aggregated label must be alone")
    aggregations = label.aggregations or []
    windows = [window for aggregation in aggregations for window in aggregation.windows or []]
    if len(aggregations) != 1 or len(windows) != 1:
        raise DefinitionError(
            f"{owner} has {len(aggregations)} aggregations with {len(windows)} windows in all; "
            "a label takes one aggregation with one window"
        )
    window = windows[0]
    if window.timeUnit != ttypes.TimeUnit.DAYS:
        raise DefinitionError(f"{owner} has a window that is not in days; use Window({window.length}, TimeUnit.DAYS)")
    if not start == end == window.length:
        raise DefinitionError(
            f"{owner} has a window of {window.length} days, but left_start_offset={start} and left_end_offset={end}; "
            f"both must be {window.length}"
        )


def LabelPart(
    labels: list[ttypes.JoinPart],
    left_start_offset: int,
    left_end_offset: int,
    label_offline_schedule: str = "@daily",
) -> ttypes.LabelPart:
    """Describes the labels of a join, and which days of its left they are computed for.

    Args:
        labels: GroupBys with the labels; an aggregated one must be alone, with one aggregation over one window of days.
        left_start_offset: Days between the earliest day of the left that is labelled and the day of the labels.
        left_end_offset: The same for the latest day; for an aggregated label both equal its window.
        label_offline_schedule: Schedule of the label job, such as `@daily` or a cron line.

    Raises:
        DefinitionError: An aggregated label breaks one of these rules.

    """
    for part in labels:
        if part.groupBy is not None and part.groupBy.aggregations:
            _check_aggregated(part.groupBy, len(labels), left_start_offset, left_end_offset)
    return ttypes.LabelPart(
        labels=labels,
        leftStartOffset=left_start_offset,
        leftEndOffset=left_end_offset,
        metaData=ttypes.MetaData(offlineSchedule=label_offline_schedule),
    )
