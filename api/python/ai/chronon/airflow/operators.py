"""The tasks that come before a job: waiting for a partition, and passing over a day that the next one covers."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ai.chronon.airflow.versions import AirflowSkipException, BaseOperator, BaseSensorOperator
from ai.chronon.scheduler.partitions import Partitions
from ai.chronon.scheduler.workflow import WAIT_RETRIES, WAIT_TIMEOUT_HOURS, Partition

POKE_INTERVAL = timedelta(minutes=5)


class PartitionSensor(BaseSensorOperator):  # type: ignore[misc] # Airflow is not there when types are checked
    """Waits for a partition; on days from its end on it succeeds at once."""

    template_fields: Sequence[str] = ("spec",)
    ui_color = "#e8f0fe"

    def __init__(self, *, partition: Partition, partitions: Partitions, **options: Any) -> None:
        """Takes the partition, and what knows whether it is there."""
        super().__init__(
            mode="reschedule",
            timeout=timedelta(hours=WAIT_TIMEOUT_HOURS).total_seconds(),
            retries=WAIT_RETRIES,
            poke_interval=POKE_INTERVAL.total_seconds(),
            **options,
        )
        self.partition = partition
        self.partitions = partitions
        self.spec = partition.spec

    def poke(self, context: Any) -> bool:
        """Whether the wait is over."""
        if not self.partition.is_needed(date.fromisoformat(context["ds"])):
            self.log.info("%s is needed before %s only", self.partition.table, self.partition.end)
            return True
        self.log.info("Looking for %s", self.spec)
        return self.partitions.exists(self.spec)


class SkipCoveredDay(BaseOperator):  # type: ignore[misc] # as above
    """Skips the job of a day if all its inputs are there for the next day too, whose run computes both."""

    ui_color = "#fef7e0"

    def __init__(self, *, inputs: Sequence[Partition], partitions: Partitions, **options: Any) -> None:
        """Takes what the job waits for, and what knows whether that is there."""
        super().__init__(**options)
        self.inputs = tuple(inputs)
        self.partitions = partitions

    def execute(self, context: Any) -> None:
        """Ends the task as skipped, or lets the job run."""
        following = date.fromisoformat(context["ds"]) + timedelta(days=1)
        needed = [partition.on(following) for partition in self.inputs if partition.is_needed(following)]
        # Templates that depend on more than the day cannot be looked up for another one.
        if needed and all(spec is not None and self.partitions.exists(spec) for spec in needed):
            raise AirflowSkipException(f"the run of {following} covers this day: {', '.join(map(str, needed))}")
