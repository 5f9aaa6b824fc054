"""The steps that a join's backfill can be split into: its left side, each of its parts, then the join."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ai.chronon.naming import sanitize

LEFT, FINAL = "left_table", "final_join"


@dataclass(frozen=True)
class JoinStep:
    """One step. Its name is `left_table`, `final_join`, or the full name of a part."""

    name: str
    arguments: Mapping[str, str | None]
    """Flags of `run.py` with `_` for `-`; a switch has no value."""
    depends_on: tuple[str, ...]


def join_steps(join: Mapping[str, Any]) -> list[JoinStep]:
    """The steps of a compiled join, each behind those it depends on."""
    parts = [name for name, _ in batch_parts(join)]
    of_parts = [
        JoinStep(name, {"mode": "backfill", "selected_join_parts": name, "use_cached_left": None}, (LEFT,))
        for name in parts
    ]
    left = JoinStep(LEFT, {"mode": "backfill-left"}, ())
    return [left, *of_parts, JoinStep(FINAL, {"mode": "backfill-final"}, tuple(parts) or (LEFT,))]


def batch_parts(join: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The full names of the parts that are computed in batch, and their GroupBys."""
    for part in join.get("joinParts") or []:
        prefix = f"{part['prefix']}_" if part.get("prefix") else ""
        yield f"{prefix}{sanitize(part['groupBy']['metaData']['name'])}", part["groupBy"]
    for part in join.get("onlineExternalParts") or []:
        source = part["source"]
        if source.get("offlineGroupBy"):
            prefix = f"{part['prefix']}_" if part.get("prefix") else ""
            yield f"ext_{prefix}{sanitize(source['metadata']['name'])}", source["offlineGroupBy"]
