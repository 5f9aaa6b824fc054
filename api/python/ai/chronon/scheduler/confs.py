"""The compiled definitions of a repository as scheduling sees them: plain JSON, whatever features they use."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ai.chronon.errors import UnsupportedError
from ai.chronon.naming import sanitize

GROUP_BYS, JOINS, STAGING_QUERIES = "group_bys", "joins", "staging_queries"
TYPES = (GROUP_BYS, JOINS, STAGING_QUERIES)
NEVER = "@never"


@dataclass(frozen=True)
class Conf:
    """One compiled definition."""

    type: str
    path: str
    """Relative to the root of the repository."""
    definition: Mapping[str, Any]

    @property
    def meta_data(self) -> Mapping[str, Any]:
        """The definition's `metaData`."""
        found: Mapping[str, Any] = self.definition["metaData"]
        return found

    @property
    def name(self) -> str:
        """The full name, `<team>.<file>.<variable>`."""
        return str(self.meta_data["name"])

    @property
    def team(self) -> str:
        """The team that the definition belongs to."""
        return str(self.meta_data["team"])

    @cached_property
    def custom(self) -> Mapping[str, Any]:
        """What the author put into the custom JSON; nothing if that cannot be read."""
        try:
            found = json.loads(self.meta_data.get("customJson") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def table(self) -> str:
        """The table that a backfill writes; without its database if none was compiled in."""
        namespace = self.meta_data.get("outputNamespace")
        return f"{namespace}.{sanitize(self.name)}" if namespace else str(sanitize(self.name))

    @property
    def schedule(self) -> str | None:
        """When the offline job runs; nothing for never."""
        schedule = self.meta_data.get("offlineSchedule") or "@daily"
        return None if schedule == NEVER else str(schedule)

    @property
    def is_online(self) -> bool:
        """Whether the definition is served."""
        return bool(self.meta_data.get("online"))

    @property
    def is_streamed(self) -> bool:
        """Whether a GroupBy is served and any of its own sources has a topic."""
        return self.is_online and any(_topic(source) for source in self.definition.get("sources") or [])


def _topic(source: Mapping[str, Any]) -> object:
    return source.get("events", {}).get("topic") or source.get("entities", {}).get("mutationTopic")


def _refuse_other_dialect(path: str, meta_data: Mapping[str, Any]) -> None:
    # There, schedules and dependencies are in other places: they must not be taken for absent.
    if "executionInfo" in meta_data:
        raise UnsupportedError(
            f"{path}: scheduling definitions of the zipline dialect (metaData.executionInfo) is not supported yet"
        )


def _read(path: Path) -> tuple[Mapping[str, Any] | None, str]:
    """The definition in a file, or why there is none."""
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return None, f"it is not JSON: {error}"
    meta_data = definition.get("metaData") if isinstance(definition, dict) else None
    if not isinstance(meta_data, dict) or not meta_data.get("name") or not meta_data.get("team"):
        return None, "it has no metaData.name and metaData.team"
    return definition, ""


def read_confs(root: str | Path, compiled: str = "production") -> tuple[list[Conf], list[str]]:
    """The compiled definitions of a repository by path, and a line for each file that is none.

    Raises:
        UnsupportedError: A definition is of the zipline dialect.

    """
    confs, notes = [], []
    for kind, path in _files(Path(root, compiled)):
        relative = path.relative_to(root).as_posix()
        definition, reason = _read(path)
        if definition is None:
            notes.append(f"{relative} is left out: {reason}")
        else:
            _refuse_other_dialect(relative, definition["metaData"])
            confs.append(Conf(kind, relative, definition))
    return confs, notes


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for kind in TYPES:
        for path in sorted((folder / kind).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield kind, path
