"""Random joins, fetched at the moments of their training rows: each feature must be what the training row has.

`python tests/differential/spark/fetches.py --seed 7 --fetches 40` runs without a test runner and says what differs.
Only our side runs. The joins are those of `joins.py` with events on their left, the tables those of `uploads.py`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import joins
import uploads
from joins import BUILD, HERE

HOUR = 3_600_000


class Generator(uploads.Generator):
    """Everything random about a run, from one seed."""

    tables = joins.TABLES | uploads.TABLES
    judged_once = False

    def values(self) -> dict[str, Any]:
        """No not-a-number: rows are streamed as JSON, which has none."""
        values = super().values()
        if values["amount"] is not None and math.isnan(values["amount"]):
            values["amount"] = None
        return values

    def time(self, of_day: int) -> int:
        """No whole hour: a row exactly at the start of a window that ends with the batch is in no upload (Q11)."""
        while True:
            at = super().time(of_day)
            if at % HOUR:
                return at

    def join(self, number: int) -> dict[str, Any]:
        """A join to serve: questions have a time, no key is left out, and temporal parts have a topic."""
        job = super().join(number)
        while "events" not in job["conf"]["left"]:
            job = super().join(number)
        job["conf"].pop("skewKeys", None)
        for part in job["conf"]["joinParts"]:
            group_by = part["groupBy"]
            group_by["metaData"]["name"] = f"diff.{job['name']}_{group_by['metaData']['name'].removeprefix('diff.')}"
            group_by["metaData"]["online"] = 1
            if group_by.get("accuracy") == 0:
                source = group_by["sources"][0]
                if "events" in source:
                    source["events"]["topic"] = "events.topic"
                else:
                    source["entities"]["mutationTopic"] = "changes.topic"
        return job


def run(
    seed: int, count: int, sides: tuple[str, ...] = ("native",), resume: bool = False
) -> tuple[Path, list[dict[str, Any]]]:
    """Computes all joins of a run, fetches and compares nothing yet."""
    del sides  # there is but one
    generator = Generator(seed)
    folder, jobs = joins.write(
        BUILD / f"fetches-{seed}", generator, lambda: [generator.join(number) for number in range(count)]
    )
    scala = [f"{HERE}/scala/{part}" for part in ("common", "native", "native_fetches", "commands")]
    joins.compute("native", folder, resume, "Fetches", scala)
    return folder, jobs


def difference(folder: Path, job: dict[str, Any]) -> str | None:
    """The first feature that was fetched with another value than its training row has, or None."""
    columns, rows, error = joins.read(folder / f"native/{job['name']}.jsonl")
    if error:
        return error
    names = [name for name, _ in columns]
    pairs: dict[int, dict[str, list[Any]]] = {}
    for row in rows:
        pairs.setdefault(row[names.index("row")], {})[row[names.index("side")]] = row
    if not pairs:
        return "there are no training rows"
    for pair in pairs.values():
        for name, trained, fetched in zip(names, pair["trained"], pair["fetched"], strict=True):
            if name != "side" and not joins.close(name, fetched, trained):
                return f"`{name}`: fetched {fetched!r}, trained {trained!r}, in the training row {pair['trained']}"
    return None


if __name__ == "__main__":
    joins.report("fetches", str(__doc__), run, difference)
