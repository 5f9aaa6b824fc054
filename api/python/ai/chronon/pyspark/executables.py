"""Definitions as things that a notebook can run and analyse.

An executable works on a copy: the definition that it was made of stays as it is. The copy gets a name
of its own, so that a notebook never writes the tables of production, and the bounds of the run.
"""

import copy
import sys
from abc import ABC, abstractmethod
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from ai.chronon.api import ttypes
from ai.chronon.dependencies import source_query
from ai.chronon.errors import DefinitionValueError
from ai.chronon.naming import meta_data
from ai.chronon.pyspark.days import ISO_FORMAT, day_range, longest_window_days, python_format
from ai.chronon.pyspark.driver import Driver
from ai.chronon.repo.serializer import thrift_simple_json
from ai.chronon.utils import output_table_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T", ttypes.GroupBy, ttypes.Join, ttypes.StagingQuery)
DEFAULT_STEP_DAYS = 30


class PlatformInterface(ABC):
    """What differs from one kind of notebook to another, and what is called around a job."""

    def __init__(self, spark: "SparkSession") -> None:
        """Takes the live session."""
        self.spark = spark

    @abstractmethod
    def get_executable_join_cls(self) -> "type[JoinExecutable]":
        """The class of joins that other definitions read, which are run before them."""

    def start_log_capture(self, job_name: str) -> Any:
        """Called before a job; what it returns is given back after it."""
        self.log_operation(job_name)

    def end_log_capture(self, capture_token: Any) -> None:
        """Called after a job, whether it failed or not. The driver's own lines are shown as they come."""
        del capture_token

    def register_udfs(self) -> None:
        """Called before every job; a subclass registers functions that definitions use."""
        return

    def get_driver(self) -> Driver:
        """What runs the jobs."""
        return Driver(self.spark)

    def log_operation(self, message: str) -> None:
        """Shows one line to the user."""
        click.echo(message)

    def drop_table_if_exists(self, table_name: str) -> None:
        """Drops a table of an earlier run."""
        self.spark.sql(f"DROP TABLE IF EXISTS {table_name}")

    def setting(self, key: str, default: str) -> str:
        """A setting of the session."""
        return str(self.spark.conf.get(key, default))

    def set_metadata(
        self, obj: T, mod_prefix: str, name_prefix: str | None = None, output_namespace: str | None = None
    ) -> T:
        """A copy of a definition under a name with the prefix, once, and with a database.

        Args:
            obj: The definition; one without a name is named after the variable that holds it.
            mod_prefix: First part of the modules that the notebook imports definitions from.
            name_prefix: Put before the name, unless it is there already.
            output_namespace: Database of its tables; that of the definition when absent.

        Raises:
            DefinitionValueError: It has no name or no database.

        """
        named = copy.deepcopy(obj)
        data = meta_data(named)
        data.name = data.name or variable_name(obj, mod_prefix)
        if name_prefix:
            prefix = f"{name_prefix}_"
            data.name = prefix + data.name.removeprefix(prefix)
        data.outputNamespace = output_namespace or data.outputNamespace
        if not data.outputNamespace:
            raise DefinitionValueError(
                f"{data.name} has no database for its tables; give it output_namespace, here or in its definition"
            )
        return named


def variable_name(obj: object, module_prefix: str) -> str:
    """The name of a definition after the variable that holds it: in the notebook, or in a module that it imported.

    Raises:
        DefinitionValueError: No variable does.

    """
    for module_name, module in list(sys.modules.items()):
        parts = module_name.split(".")
        if module_name != "__main__" and parts[0] not in (module_prefix, "group_bys", "joins", "staging_queries"):
            continue
        for variable, value in list(vars(module).items()):
            if value is obj and not variable.startswith("_"):
                return ".".join([*parts[1:], variable])
    raise DefinitionValueError(
        f"this {type(obj).__name__} has no name, and no variable holds it; set metaData.name or assign it first"
    )


class PySparkExecutable(ABC, Generic[T]):
    """A definition with a session to run it on."""

    def __init__(self, obj: T, spark_session: "SparkSession") -> None:
        """Takes a definition that `set_metadata` of the platform has named."""
        self.obj: T = obj
        self.spark = spark_session
        self.platform = self.get_platform()
        self.name_prefix: str | None = None

    @abstractmethod
    def get_platform(self) -> PlatformInterface:
        """The kind of notebook that this runs in."""

    @property
    def table(self) -> str:
        """The table that the definition is written to, with its database."""
        return output_table_name(self.obj, full_name=True)

    @property
    def _format(self) -> str:
        return python_format(self.platform.setting("spark.chronon.partition.format", "yyyy-MM-dd"))

    def _days(self, start: str | None, end: str | None) -> tuple[date, date]:
        return day_range(start, end, self._format)

    def _partition(self, day: date) -> str:
        return day.strftime(self._format)

    def _bound(self, source: ttypes.Source, start: date, end: date) -> None:
        """Makes a source read only the days of a run."""
        query = source_query(source)
        query.startPartition, query.endPartition = self._partition(start), self._partition(end)

    def _bound_sources(self, group_by: ttypes.GroupBy, start: date, end: date) -> None:
        """Makes a GroupBy read the days of a run and, before them, as many as its longest window."""
        first = start - timedelta(days=longest_window_days(group_by))
        for source in group_by.sources or []:
            if source.joinSource is None:
                self._bound(source, first, end)

    def _run_parents(self, group_by: ttypes.GroupBy, start: date, end: date, step_days: int, skip: bool) -> None:
        """Computes the joins that a GroupBy reads, over its days and its longest window before them.

        They get the prefix of the definition, and the GroupBy reads them under that name.
        """
        first = start - timedelta(days=longest_window_days(group_by))
        for source in group_by.sources or []:
            if source.joinSource is None or source.joinSource.join is None:
                continue
            join = self.platform.set_metadata(source.joinSource.join, "", self.name_prefix)
            source.joinSource.join = join
            if not skip:
                kind = self.platform.get_executable_join_cls()
                parent = kind.__new__(kind)
                # It has its name already, so the name is not made once more.
                JoinExecutable.__init__(parent, join, self.spark)
                parent.name_prefix = self.name_prefix
                parent.run(first.strftime(ISO_FORMAT), end.strftime(ISO_FORMAT), step_days)

    def _job(self, what: str, subcommand: str, definition: T, flags: list[str]) -> None:
        token = self.platform.start_log_capture(what)
        try:
            self.platform.register_udfs()
            self.platform.get_driver().run(subcommand, thrift_simple_json(definition), flags)
        finally:
            self.platform.end_log_capture(token)

    def _result(self, start: date | None, end: date | None) -> "DataFrame":
        """The rows of the output, of the days of the run if they are given."""
        column = self.platform.setting("spark.chronon.partition.column", "ds")
        rows = self.spark.table(self.table)
        if start is not None:
            rows = rows.where(rows[column] >= self._partition(start))
        if end is not None:
            rows = rows.where(rows[column] <= self._partition(end))
        self.platform.log_operation(f"Written to {self.table}")
        return rows


class GroupByExecutable(PySparkExecutable[ttypes.GroupBy]):
    """A GroupBy in a notebook."""

    def run(
        self,
        start_date: str | None = None,
        end_date: str | None = None,
        step_days: int = DEFAULT_STEP_DAYS,
        skip_execution_of_underlying_join: bool = False,
    ) -> "DataFrame":
        """Computes the GroupBy for each day, and returns the rows. The table of an earlier run is dropped first.

        Args:
            start_date: First day, `yyyyMMdd`; eight days ago when absent.
            end_date: Last day, inclusive; yesterday when absent.
            step_days: Days per job.
            skip_execution_of_underlying_join: Take the joins that it reads as they are.

        Raises:
            DefinitionValueError: A day cannot be read.
            DriverError: The job failed or was refused.

        """
        start, end = self._days(start_date, end_date)
        group_by = copy.deepcopy(self.obj)
        group_by.backfillStartDate = self._partition(start)
        self._run_parents(group_by, start, end, step_days, skip_execution_of_underlying_join)
        self._bound_sources(group_by, start, end)
        self.platform.drop_table_if_exists(self.table)
        flags = [f"--end-date={self._partition(end)}", f"--step-days={step_days}"]
        what = f"Computing GroupBy {meta_data(group_by).name} from {start} to {end}"
        self._job(what, "group-by-backfill", group_by, flags)
        return self._result(start, end)

    def analyze(
        self, start_date: str | None = None, end_date: str | None = None, enable_hitter_analysis: bool = False
    ) -> None:
        """Checks the GroupBy against its tables; with `enable_hitter_analysis`, lists the most frequent keys."""
        start, end = self._days(start_date, end_date)
        group_by = copy.deepcopy(self.obj)
        self._bound_sources(group_by, start, end)
        what = f"Analysing GroupBy {meta_data(group_by).name} from {start} to {end}"
        self._job(what, "analyze", group_by, _analyze_flags(self, start, end, enable_hitter_analysis))


class JoinExecutable(PySparkExecutable[ttypes.Join]):
    """A join in a notebook."""

    def run(
        self,
        start_date: str | None = None,
        end_date: str | None = None,
        step_days: int = DEFAULT_STEP_DAYS,
        skip_first_hole: bool = False,
        skip_execution_of_underlying_join: bool = False,
    ) -> "DataFrame":
        """Computes the join, and returns the rows of these days. Days that are there already are left alone.

        Args:
            start_date: First day of the left, `yyyyMMdd`; eight days ago when absent.
            end_date: Last day, inclusive; yesterday when absent.
            step_days: Days per job.
            skip_first_hole: Leave out days before the first that the output has.
            skip_execution_of_underlying_join: Take the joins that its parts read as they are.

        Raises:
            DefinitionValueError: A day cannot be read.
            DriverError: The job failed or was refused.

        """
        start, end = self._days(start_date, end_date)
        join = self._bounded(start, end)
        for part in join.joinParts or []:
            if part.groupBy is not None:
                self._run_parents(part.groupBy, start, end, step_days, skip_execution_of_underlying_join)
        flags = [f"--end-date={self._partition(end)}", f"--step-days={step_days}"]
        flags += [] if skip_first_hole else ["--run-first-hole"]
        self._job(f"Computing join {meta_data(join).name} from {start} to {end}", "join", join, flags)
        return self._result(start, end)

    def analyze(
        self, start_date: str | None = None, end_date: str | None = None, enable_hitter_analysis: bool = False
    ) -> None:
        """Checks the join against its tables; with `enable_hitter_analysis`, lists the most frequent keys."""
        start, end = self._days(start_date, end_date)
        join = self._bounded(start, end)
        what = f"Analysing join {meta_data(join).name} from {start} to {end}"
        self._job(what, "analyze", join, _analyze_flags(self, start, end, enable_hitter_analysis))

    def _bounded(self, start: date, end: date) -> ttypes.Join:
        join = copy.deepcopy(self.obj)
        if join.left is not None:
            self._bound(join.left, start, end)
        for part in join.joinParts or []:
            if part.groupBy is not None:
                self._bound_sources(part.groupBy, start, end)
        return join


class StagingQueryExecutable(PySparkExecutable[ttypes.StagingQuery]):
    """A staging query in a notebook."""

    def run(
        self,
        end_date: str | None = None,
        step_days: int | None = None,
        enable_auto_expand: bool = True,
        override_start_partition: str | None = None,
        skip_first_hole: bool = True,
    ) -> "DataFrame":
        """Computes the staging query up to a day, and returns its table.

        Args:
            end_date: Last day, `yyyyMMdd`, inclusive; yesterday when absent.
            step_days: Days per job; all at once when absent.
            enable_auto_expand: Add columns that the table does not have yet.
            override_start_partition: First day, in place of that of the definition.
            skip_first_hole: Leave out days before the first that the output has.

        Raises:
            DefinitionValueError: A day cannot be read.
            DriverError: The job failed or was refused.

        """
        start, end = self._days(override_start_partition or end_date, end_date)
        flags = [f"--end-date={self._partition(end)}"]
        flags += [f"--step-days={step_days}"] if step_days is not None else []
        flags += ["--enable-auto-expand"] if enable_auto_expand else []
        flags += [f"--start-partition-override={self._partition(start)}"] if override_start_partition else []
        flags += [] if skip_first_hole else ["--run-first-hole"]
        what = f"Computing staging query {meta_data(self.obj).name} up to {end}"
        self._job(what, "staging-query-backfill", copy.deepcopy(self.obj), flags)
        return self._result(None, end)


def _analyze_flags(executable: PySparkExecutable[Any], start: date, end: date, hitters: bool) -> list[str]:
    flags = [f"--start-date={executable._partition(start)}", f"--end-date={executable._partition(end)}"]
    return [*flags, "--enable-hitter"] if hitters else flags
