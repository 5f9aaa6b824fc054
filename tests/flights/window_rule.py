"""The features of the flights example, computed from the raw tables by the window rule alone.

Nothing here knows how the engine works: events of a key are sorted by time, a window is a pair of positions
found by binary search, and a feature is a plain numpy expression over the events between them.

    the window of length W of a question at Q holds the events with  round(Q - W) <= time < Q

where the start is rounded down to the day for windows of 12 days or more, to the hour for 12 hours or more,
else to five minutes. For daily (SNAPSHOT) features Q is the last midnight, and the start needs no rounding.
Sums are exact: delays and distances are whole numbers, so no order of addition can change them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNBOUNDED = 0


def window_start(query: Ints, window: int) -> Ints:
    """The first millisecond in the window of each question."""
    step = DAY if window >= 12 * DAY else HOUR if window >= 12 * HOUR else 5 * MINUTE
    start: Ints = (query - window) // step * step
    return start


@dataclass(frozen=True)
class Questions:
    """The left side: who is asked about (null: nobody), and when."""

    key: npt.NDArray[Any]
    ts: Ints


@dataclass(frozen=True)
class Spans:
    """For each question the events [first, end) of its window, as positions in the sorted events."""

    first: Ints
    end: Ints

    @property
    def count(self) -> Ints:
        return self.end - self.first

    @property
    def empty(self) -> Flags:
        nothing: Flags = self.end == self.first
        return nothing


@dataclass(frozen=True)
class Events:
    """Events sorted by (key, time); `columns` are in the same order, without nulls."""

    key: npt.NDArray[Any]
    ts: Ints
    columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @staticmethod
    def of(table: pa.Table, key: str, time: str, columns: list[str]) -> Events:
        """The rows of `table` in which the key and all of `columns` are there."""
        present = pc.is_valid(table[key])
        for name in columns:
            present = pc.and_(present, pc.is_valid(table[name]))
        table = table.filter(present)
        keys, times = column(table[key]), column(table[time])
        order = np.lexsort((times, keys))
        return Events(keys[order], times[order], {name: column(table[name])[order] for name in columns})

    def spans(self, questions: Questions, window: int, daily: bool = False) -> Spans:
        """The window of each question; empty where the key is null or has no events."""
        query = questions.ts // DAY * DAY if daily else questions.ts
        start = window_start(query, window) if window != UNBOUNDED else np.zeros_like(query)
        first = np.zeros(len(query), dtype=np.int64)
        end = np.zeros(len(query), dtype=np.int64)
        where = dict(rows_by_value(questions.key))
        keys, offsets = np.unique(self.key, return_index=True)
        for key, begin, stop in zip(keys, offsets, [*offsets[1:], len(self.key)], strict=True):
            rows = where.get(key)
            if rows is not None:
                times = self.ts[begin:stop]
                first[rows] = begin + np.searchsorted(times, start[rows], side="left")
                end[rows] = begin + np.searchsorted(times, query[rows], side="left")
        return Spans(first, end)


def column(values: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A column as numpy: strings as objects, None for null."""
    array: npt.NDArray[Any] = values.to_numpy()
    return array


def rows_by_value(values: npt.NDArray[Any]) -> Iterator[tuple[Any, Ints]]:
    """Each distinct value that is not null with the rows that hold it."""
    present = np.flatnonzero(np.array([value is not None for value in values]))
    distinct, code = np.unique(values[present].astype(str), return_inverse=True)
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(len(distinct) + 1))
    for i, value in enumerate(distinct):
        yield str(value), present[order[bounds[i] : bounds[i + 1]]]


def running(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Running totals with a zero in front, so that a span's total is one difference."""
    return np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values)])


def total(values: npt.NDArray[Any], spans: Spans) -> npt.NDArray[Any]:
    """The sum over each span."""
    assert np.array_equal(values, np.trunc(values)), "sums are exact only for whole numbers"
    sums = running(values)
    result: npt.NDArray[Any] = sums[spans.end] - sums[spans.first]
    return result


def maximum(values: Floats, spans: Spans) -> Floats:
    """The largest value of each span; NaN for an empty one."""
    result = np.full(len(spans.first), np.nan)
    some = np.flatnonzero(~spans.empty)
    # reduceat takes [a, b) pairs; every second result is of the gap between two pairs.
    pairs = np.column_stack([spans.first[some], spans.end[some]]).ravel()
    padded = np.append(values, -np.inf)
    result[some] = np.maximum.reduceat(padded, pairs)[::2]
    return result


def counts_by(values: npt.NDArray[Any], spans: Spans) -> dict[str, Ints]:
    """For each distinct value how often it occurs in each span."""
    return {str(value): total((values == value).astype(np.int64), spans) for value in np.unique(values)}


# What a feature is compared as: each kind has one way of reading a column and of saying "equal".


@dataclass(frozen=True)
class Numbers:
    """One number per question, null where `null` is set."""

    values: npt.NDArray[Any]
    null: Flags

    def differs(self, got: pa.ChunkedArray) -> Flags:
        missing = column(pc.is_null(got))
        values = column(pc.fill_null(got, 0))
        bad: Flags = (missing != self.null) | (~self.null & (values != self.values))
        return bad

    def show(self, row: int) -> Any:
        return None if self.null[row] else self.values[row].item()


@dataclass(frozen=True)
class Maps:
    """A map per question: `entries[key]` is its value, where `present[key]` is set."""

    entries: dict[str, npt.NDArray[Any]]
    present: dict[str, Flags]

    def differs(self, got: pa.ChunkedArray) -> Flags:
        array = got.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        offsets = np.asarray(array.offsets)
        row = np.repeat(np.arange(len(array)), np.diff(offsets))
        keys = column(pa.chunked_array([array.keys]))[offsets[0] : offsets[-1]]
        items = column(pa.chunked_array([array.items]))[offsets[0] : offsets[-1]]
        nobody = ~np.logical_or.reduce(list(self.present.values()))
        # A map without entries must be null, and the other way round.
        bad: Flags = np.asarray(array.is_null()) != nobody
        seen = np.zeros(len(array), dtype=np.int64)
        for key, expected in self.entries.items():
            here = np.flatnonzero(keys == key)
            there = np.zeros(len(array), dtype=bool)
            there[row[here]] = True
            bad |= there != self.present[key]
            bad[row[here]] |= items[here] != expected[row[here]]
            np.add.at(seen, row[here], 1)
        # Keys that are not known at all, or twice in one map.
        bad |= seen != np.diff(offsets)
        bad |= seen != np.add.reduce([flag.astype(np.int64) for flag in self.present.values()])
        return bad

    def show(self, row: int) -> Any:
        entries = {k: v[row].item() for k, v in self.entries.items() if self.present[k][row]}
        return entries or None


@dataclass(frozen=True)
class Latest:
    """The latest `k` values of each span, newest first; as a list, or bare when `scalar`.

    Of events at the same millisecond any may come first, and when not all of them fit, any may be left out.
    """

    values: npt.NDArray[Any]
    ts: Ints
    spans: Spans
    k: int
    scalar: bool = False

    def _events(self, row: int) -> range:
        first, end = int(self.spans.first[row]), int(self.spans.end[row])
        return range(end - 1, max(first, end - self.k) - 1, -1)

    def show(self, row: int) -> Any:
        values = [self.values[i].item() for i in self._events(row)]
        return (values[0] if self.scalar else values) if values else None

    def accepts(self, row: int, got: Any) -> bool:
        """Whether `got` is the expected answer, up to the order of events at one millisecond."""
        if got is None or self.spans.empty[row]:
            return got is None and bool(self.spans.empty[row])
        got = [got] if self.scalar else got
        chosen = self._events(row)
        if len(got) != len(chosen):
            return False
        at = 0
        while at < len(chosen):
            moment = self.ts[chosen[at]]
            same = [i for i in chosen if self.ts[i] == moment]
            # All events of that moment, also those beyond the k-th.
            pool = [self.values[i].item() for i in same]
            beyond = same[-1] - 1
            while beyond >= self.spans.first[row] and self.ts[beyond] == moment:
                pool.append(self.values[beyond].item())
                beyond -= 1
            for value in got[at : at + len(same)]:
                if value not in pool:
                    return False
                pool.remove(value)
            at += len(same)
        return True

    def differs(self, got: pa.ChunkedArray) -> Flags:
        length = np.minimum(self.spans.count, 1 if self.scalar else self.k)
        if self.scalar:
            found, answers = column(pc.is_valid(got)).astype(np.int64), column(got.drop_null())
        else:
            found = column(pc.fill_null(pc.list_value_length(got), 0)).astype(np.int64)
            answers = column(pc.list_flatten(got))
        # Value by value against the plain order; only the rows that differ there are looked at closely.
        row = np.repeat(np.arange(len(found)), found)
        place = np.arange(len(row)) - np.repeat(np.cumsum(found) - found, found)
        event = np.maximum(self.spans.end[row] - 1 - place, 0)
        suspicious: Flags = (found != length) | (column(pc.is_null(got)) != self.spans.empty)
        suspicious[row[self.values[event] != answers]] = True
        for at in np.flatnonzero(suspicious):
            suspicious[at] = not self.accepts(int(at), got[int(at)].as_py())
        return suspicious


@dataclass(frozen=True)
class Values:
    """One value of any plain type per question, null where it is null."""

    values: pa.ChunkedArray

    def differs(self, got: pa.ChunkedArray) -> Flags:
        both_null = pc.and_(pc.is_null(self.values), pc.is_null(got))
        equal = pc.fill_null(pc.equal(self.values, got), False)
        bad: Flags = ~column(pc.or_(both_null, equal))
        return bad

    def show(self, row: int) -> Any:
        return self.values[row].as_py()


Expected = Numbers | Maps | Latest | Values
