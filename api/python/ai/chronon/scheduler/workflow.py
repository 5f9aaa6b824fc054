"""What a scheduler has to do for a repository, said without any scheduler: workflows of steps.

Texts that stand for the day of a run hold `{{ ds }}`, the day as yyyy-MM-dd, and `{{ macros.ds_add(ds, n) }}`, the day
`n` days later; that is how compiled definitions write them, and how Airflow reads them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ai.chronon.errors import DefinitionError

WAIT, GATE, RUN = "wait", "gate", "run"
WAIT_TIMEOUT_HOURS = 48
WAIT_RETRIES = 3

_DAY = r"\{\{\s*(?:ds|macros\.ds_add\(\s*ds\s*,\s*(?P<offset>-?\d+)\s*\))\s*\}\}"
_SPEC = re.compile(rf"(?P<table>[^/]+)/(?P<column>[^/=]+)={_DAY}(?P<rest>(?:/[^/]+)*)/?")


def normalized(name: str) -> str:
    """A name as a part of the id of a step: without its parts for the day and hour, words joined by `__`.

    >>> normalized("team.file.v1"), normalized("db.table/ds={{ ds }}/kind=a")
    ('team__file__v1', 'db__table__kind__a')
    """
    parts = [part for part in name.split("/") if not part.startswith(("ds=", "ts=", "hr="))]
    return "__".join(re.sub(r"\W", "__", part) for part in parts)


@dataclass(frozen=True)
class Partition:
    """A partition of a table that must be there before a step."""

    spec: str
    """`<table>/<column>={{ ds }}[/<sub-partition>...]`."""
    end: str | None = None
    """The last day that the table is needed of, yyyy-MM-dd; later days do not wait."""

    @property
    def table(self) -> str:
        """The table with its database."""
        return self.spec.split("/")[0]

    def on(self, day: date) -> str | None:
        """The name of the partition on a day; nothing if it depends on more than the day."""

        def shifted(match: re.Match[str]) -> str:
            return str(day + timedelta(days=int(match["offset"] or 0)))

        text = re.sub(_DAY, shifted, self.spec)
        return None if "{{" in text or "{%" in text else text

    def is_needed(self, day: date) -> bool:
        """Whether a run of a day has to wait for it: Chronon's rule is that the end itself does not wait."""
        return self.end is None or str(day) < self.end

    def to_json(self) -> dict[str, Any]:
        """The partition taken apart, so that nobody has to read templates; only `spec` if that cannot be done."""
        described: dict[str, Any] = {"spec": self.spec, "table": self.table}
        match = _SPEC.fullmatch(self.spec)
        if match:
            described["column"] = match["column"]
            described["days_before"] = -int(match["offset"] or 0)
            described["sub_partitions"] = match["rest"].strip("/").split("/") if match["rest"] else []
        if self.end is not None:
            described["end"] = self.end
        return described


@dataclass(frozen=True)
class Step:
    """One step of a workflow.

    A `wait` ends when its partition is there. A `gate` skips the steps behind it when all `inputs` are there for the
    following day too, as that day's run computes this one's along with its own. A `run` runs a command; two of its
    days never run at the same time.
    """

    id: str
    kind: str
    depends_on: tuple[str, ...] = ()
    partition: Partition | None = None
    inputs: tuple[Partition, ...] = ()
    conf: str | None = None
    mode: str | None = None
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int | None = None
    produces: str | None = None
    """The table that a run writes."""


@dataclass
class Workflow:
    """Steps that run together on one schedule."""

    id: str
    team: str | None
    """The team that it belongs to; nothing if it is of all teams."""
    schedule: str = "@daily"
    """A cron expression, or `@hourly`, `@daily` and so on, in UTC."""
    start: str = "2023-02-01"
    """The first day, yyyy-MM-dd. Days before the first run are not caught up on."""
    timeout_minutes: int = 4 * 24 * 60
    max_active_runs: int | None = None
    max_active_steps: int | None = None
    queue: str | None = None
    owner: str | None = None
    emails: tuple[str, ...] = ()
    steps: dict[str, Step] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """Adds a step.

        Raises:
            DefinitionError: Another step has its id.

        """
        other = self.steps.setdefault(step.id, step)
        if other != step:
            raise DefinitionError(
                f"workflow {self.id}: the definitions {other.conf} and {step.conf} both make the step {step.id}; "
                "rename one of them"
            )

    def add_wait(self, step_id: str, partition: Partition) -> str:
        """Adds the wait for a partition unless it is there, and returns its id.

        One id is shared by all definitions that wait for the same; a partition that only its name has in common
        with another one gets an id with a number.
        """
        candidate, number = step_id, 1
        while candidate in self.steps and self.steps[candidate].partition != partition:
            number += 1
            candidate = f"{step_id}__{number}"
        self.steps[candidate] = Step(candidate, WAIT, partition=partition)
        return candidate

    def to_json(self, produced_by: Mapping[str, list[str]]) -> dict[str, Any]:
        """The workflow as `plan.json` has it; `produced_by` tells which runs write a table."""
        described = {
            "id": self.id,
            "team": self.team,
            "schedule": self.schedule,
            "start": self.start,
            "timeout_minutes": self.timeout_minutes,
            "max_active_runs": self.max_active_runs,
            "max_active_steps": self.max_active_steps,
            "queue": self.queue,
            "owner": self.owner,
            "emails": list(self.emails),
        }
        kept = {key: value for key, value in described.items() if value not in (None, [])}
        steps = [_step_to_json(self.steps[name], produced_by) for name in sorted(self.steps)]
        return {**kept, "steps": steps}


def _step_to_json(step: Step, produced_by: Mapping[str, list[str]]) -> dict[str, Any]:
    described: dict[str, Any] = {"id": step.id, "kind": step.kind, "depends_on": sorted(step.depends_on)}
    if step.partition is not None:
        described["partition"] = step.partition.to_json()
        described["produced_by"] = produced_by.get(step.partition.table, [])
        described |= {"timeout_minutes": WAIT_TIMEOUT_HOURS * 60, "retries": WAIT_RETRIES}
    if step.kind == GATE:
        described["skip_if_present_for_next_day"] = [partition.to_json() for partition in step.inputs]
    if step.kind == RUN:
        described |= {
            "conf": step.conf,
            "mode": step.mode,
            "command": list(step.command),
            "environment": dict(sorted(step.environment.items())),
        }
        described |= {"memory_mb": step.memory_mb} if step.memory_mb else {}
        described |= {"produces": step.produces} if step.produces else {}
    return described
