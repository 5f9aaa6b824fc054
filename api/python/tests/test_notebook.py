"""Notebook executables: what they send to the driver, beside the reference, and one real run on the jar."""

import contextlib
import copy
import datetime
import json
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from typing import Any

import harness
import pytest
import sample_repo

from ai.chronon.api import ttypes
from ai.chronon.errors import DefinitionValueError
from ai.chronon.pyspark.databricks import DatabricksGroupBy
from ai.chronon.pyspark.days import day_range, parse_day
from ai.chronon.pyspark.driver import Driver, DriverError
from ai.chronon.pyspark.executables import PlatformInterface
from ai.chronon.pyspark.jupyter import JupyterGroupBy, JupyterJoin, JupyterStagingQuery
from ai.chronon.repo.run import RunError, find_jar
from ai.chronon.repo.serializer import thrift_simple_json, to_tree

SESSION_FORMAT = "yyyy-MM-dd"
# Kind, name, arguments of the constructor, what is called, its arguments.
Case = tuple[str, str, dict[str, Any], str, dict[str, Any]]
RANGE = {"start_date": "20240101", "end_date": "20240110"}
CASES: list[Case] = [
    ("GroupBy", "shop.purchases.derived", {"name_prefix": "ann"}, "run", RANGE),
    (
        "GroupBy",
        "shop.purchases.v1",
        {"name_prefix": "ann", "output_namespace": "ns"},
        "run",
        {**RANGE, "step_days": 7},
    ),
    ("GroupBy", "shop.purchases.v1", {"use_username_prefix": False}, "run", RANGE),
    ("GroupBy", "shop.deep.er.clicks.v1", {"name_prefix": "shop"}, "run", RANGE),
    ("GroupBy", "shop.users.v1", {"name_prefix": "ann"}, "run", RANGE),
    ("GroupBy", "shop.purchases.derived", {"name_prefix": "ann"}, "analyze", {**RANGE, "enable_hitter_analysis": True}),
    ("Join", "shop.training.v1", {"name_prefix": "ann"}, "run", RANGE),
    ("Join", "shop.training.rich", {"name_prefix": "ann"}, "run", {**RANGE, "skip_first_hole": True, "step_days": 3}),
    ("Join", "shop.training.of_entities", {"name_prefix": "ann"}, "run", RANGE),
    ("Join", "shop.training.narrow", {"name_prefix": "ann"}, "analyze", RANGE),
]
# Calls the reference over a session that only records, once for each line of input.
DRIVER = """
import contextlib, io, json, sys
from unittest import mock
for name in ("pyspark", "pyspark.sql", "py4j", "py4j.java_gateway", "pyspark.sql.functions"):
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = mock.MagicMock()
sys.modules.setdefault("typing_extensions", mock.MagicMock(override=lambda method: method))
from ai.chronon.api import ttypes
from ai.chronon.pyspark import jupyter
from ai.chronon.repo.serializer import json2thrift
for line in sys.stdin:
    kind, text, constructor, method, arguments = json.loads(line)
    spark = mock.MagicMock()
    with contextlib.redirect_stdout(io.StringIO()):
        made = getattr(jupyter, "Jupyter" + kind)(json2thrift(text, getattr(ttypes, kind)), spark, **constructor)
        getattr(made, method)(**arguments)
    calls = [[str(call[0]), [str(value) if not isinstance(value, (str, bool)) else value for value in call[1]]]
             for call in spark.mock_calls]
    print(json.dumps(calls), flush=True)
"""


def definitions() -> dict[str, Any]:
    group_bys = sample_repo.group_bys()
    return {**group_bys, **sample_repo.joins(group_bys)}


def with_windows(definition: Any) -> Any:
    """A copy in which no aggregation is without a list of windows, which the reference fails over."""
    definition = copy.deepcopy(definition)
    group_bys = [part.groupBy for part in getattr(definition, "joinParts", None) or []] or [definition]
    for group_by in group_bys:
        for aggregation in group_by.aggregations or []:
            aggregation.windows = aggregation.windows or []
    return definition


class Recorder:
    """Stands for the driver."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, dict[str, Any], list[str]]] = []

    def run(self, subcommand: str, definition: str, flags: list[str]) -> None:
        self.jobs.append((subcommand, json.loads(definition), list(flags)))


class Session:
    """Stands for a session: its settings, its SQL, its tables."""

    def __init__(self, user: str = "") -> None:
        self.statements: list[str] = []
        self.conf = types.SimpleNamespace(get=lambda key, default: default)
        self._user = user

    def sql(self, statement: str) -> Any:
        self.statements.append(statement)
        return types.SimpleNamespace(first=lambda: [self._user])

    def table(self, name: str) -> Any:
        class Rows:
            table = name

            def __init__(self) -> None:
                self.conditions: list[tuple[str, str]] = []

            def __getitem__(self, column: str) -> Any:
                return Column(column)

            def where(self, condition: tuple[str, str]) -> "Rows":
                self.conditions.append(condition)
                return self

        class Column:
            def __init__(self, name: str) -> None:
                self.name = name

            def __ge__(self, value: str) -> tuple[str, str]:
                return (f"{self.name} >=", value)

            def __le__(self, value: str) -> tuple[str, str]:
                return (f"{self.name} <=", value)

        return Rows()


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(PlatformInterface, "get_driver", lambda platform: recorder)
    return recorder


KINDS: dict[str, Any] = {"GroupBy": JupyterGroupBy, "Join": JupyterJoin, "StagingQuery": JupyterStagingQuery}


@pytest.fixture(scope="module")
def reference_calls() -> list[list[Any]]:
    python = harness.reference_python()
    if not python.is_file():
        pytest.skip(f"the reference is not installed at {python}: run scripts/reference-venv")
    made = definitions()
    cases = [[kind, thrift_simple_json(with_windows(made[name])), *rest] for kind, name, *rest in CASES]
    process = subprocess.run(
        [str(python), "-c", DRIVER],
        input="".join(f"{json.dumps(case)}\n" for case in cases),
        env=harness.clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr.splitlines()[-1]
    return [json.loads(line) for line in process.stdout.splitlines()]


def same_days(value: Any) -> Any:
    """A definition with the days of the reference as the partitions of the session."""
    if isinstance(value, dict):
        return {
            key: datetime.datetime.strptime(each, "%Y%m%d").date().isoformat()
            if key in ("startPartition", "endPartition", "backfillStartDate") and len(each) == 8
            else same_days(each)
            for key, each in value.items()
        }
    return [same_days(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case[1]}-{case[3]}" for case in CASES])
def test_the_same_definition_is_run_as_by_the_reference(
    reference_calls: list[list[Any]], driver: Recorder, number: int
) -> None:
    kind, name, constructor, method, arguments = CASES[number]
    session = Session()
    getattr(KINDS[kind](with_windows(definitions()[name]), session, **constructor), method)(**arguments)
    (subcommand, definition, flags), *more = driver.jobs
    assert more == []
    calls = {call.rpartition(".")[2]: values for call, values in reference_calls[number]}
    assert definition == same_days(json.loads(calls[f"parse{kind}"][0]))
    dropped = [statement for statement in session.statements if statement.startswith("DROP")]
    assert dropped == [values[0] for call, values in reference_calls[number] if call == "sql"]
    assert subcommand == {"GroupByrun": "group-by-backfill", "Joinrun": "join"}.get(kind + method, "analyze")
    assert "--end-date=2024-01-10" in flags
    if method == "run":
        assert f"--step-days={calls['getIntOptional'][0]}" in flags
        assert calls[f"run{kind}"][1] == "20240110"
    if kind + method == "Joinrun":
        assert ("--run-first-hole" not in flags) == calls["runJoin"][3]
    if method == "analyze":
        assert ("--enable-hitter" in flags) == calls[f"analyze{kind}"][3]
        assert "--start-date=2024-01-01" in flags


def test_the_definition_itself_stays_as_it_is(driver: Recorder) -> None:
    made = definitions()
    before = to_tree(made["shop.training.v1"])
    JupyterJoin(made["shop.training.v1"], Session(), name_prefix="ann").run(**RANGE)  # type: ignore[arg-type]
    assert to_tree(made["shop.training.v1"]) == before


def test_the_rows_of_the_run_are_returned(driver: Recorder) -> None:
    made = definitions()
    rows: Any = JupyterJoin(made["shop.training.v1"], Session(), name_prefix="ann").run(**RANGE)  # type: ignore[arg-type]
    assert rows.table == "shop_db.ann_shop_training_v1"
    assert rows.conditions == [("ds >=", "2024-01-01"), ("ds <=", "2024-01-10")]


def test_joins_that_a_group_by_reads_are_run_first_under_the_same_prefix(driver: Recorder) -> None:
    """The reference fails: it looks for fields that definitions do not have."""
    parent, chained, child = sample_repo.chain(sample_repo.group_bys())
    JupyterGroupBy(chained, Session(), name_prefix="ann").run(**RANGE)  # type: ignore[arg-type]
    (first, join, flags), (second, group_by, _) = driver.jobs
    assert (first, second) == ("join", "group-by-backfill")
    assert join["metaData"]["name"] == "ann_shop.training.parent"
    # One day before: the window of the GroupBy.
    assert join["left"]["events"]["query"]["startPartition"] == "2023-12-31"
    assert "--end-date=2024-01-10" in flags
    assert group_by["sources"][0]["joinSource"]["join"]["metaData"]["name"] == "ann_shop.training.parent"
    driver.jobs.clear()
    JupyterJoin(child, Session(), name_prefix="ann").run(**RANGE, skip_execution_of_underlying_join=True)  # type: ignore[arg-type]
    assert [job[0] for job in driver.jobs] == ["join"]
    assert parent.metaData is not None
    assert parent.metaData.name == "shop.training.parent"


def test_staging_queries_pass_their_arguments_on(driver: Recorder) -> None:
    query = sample_repo.staging_queries()["v1"]
    executable = JupyterStagingQuery(query, Session(), name_prefix="ann")  # type: ignore[arg-type]
    rows: Any = executable.run("20240110", step_days=3, override_start_partition="20240101", skip_first_hole=False)
    executable.run("20240110", enable_auto_expand=False)
    assert [(job[0], job[2]) for job in driver.jobs] == [
        (
            "staging-query-backfill",
            [
                "--end-date=2024-01-10", "--step-days=3", "--enable-auto-expand",
                "--start-partition-override=2024-01-01", "--run-first-hole",
            ],
        ),
        ("staging-query-backfill", ["--end-date=2024-01-10"]),
    ]  # fmt: skip
    assert rows.table == "shop_db.ann_shop_prepared_v1"


def test_names_follow_user_prefix_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    group_by = definitions()["shop.purchases.v1"]
    monkeypatch.setattr("getpass.getuser", lambda: "ann.b")
    session: Any = Session()
    assert JupyterGroupBy(group_by, session).table == "shop_db.ann_b_shop_purchases_v1"
    user: Any = Session("jane.doe@example.com")
    assert DatabricksGroupBy(group_by, user).table == "shop_db.jane_doe_shop_purchases_v1"
    group_by.metaData.name = None
    with pytest.raises(DefinitionValueError, match="this GroupBy has no name"):
        JupyterGroupBy(group_by, session)
    notebook = types.ModuleType("src.shop.features")
    monkeypatch.setitem(sys.modules, "src.shop.features", notebook)
    notebook.my_features = group_by  # type: ignore[attr-defined]
    assert JupyterGroupBy(group_by, session, name_prefix="x").table == "shop_db.x_shop_features_my_features"
    group_by.metaData.outputNamespace = None
    with pytest.raises(DefinitionValueError, match="no database for its tables"):
        JupyterGroupBy(group_by, session)


def test_days() -> None:
    first, last = day_range(None, None, "%Y-%m-%d")
    assert last - first == datetime.timedelta(days=7)
    assert parse_day("20240131", "%Y-%m-%d") == parse_day("2024-01-31", "%Y%m%d") == datetime.date(2024, 1, 31)
    for wrong in ("2024-1-31", "20240132", "yesterday"):
        with pytest.raises(DefinitionValueError, match="is not a day"):
            parse_day(wrong, "%Y-%m-%d")
    with pytest.raises(DefinitionValueError, match="comes after the end"):
        day_range("20240102", "20240101", "%Y-%m-%d")


def jar() -> str:
    try:
        return find_jar(os.environ.get("CHRONON_DRIVER_JAR"))
    except RunError as error:
        pytest.skip(f"{error}")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A live session, with the jar if there is one: a process can start but one."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install 'chronon-native[spark]'")
    folder = tmp_path_factory.mktemp("spark")
    builder = sql.SparkSession.builder.master("local[1]").appName("notebook")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore'};create=true",
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder / 'derby.log'}",
        "spark.sql.session.timeZone": "Europe/Berlin",
    }
    with contextlib.suppress(RunError):
        settings["spark.jars"] = find_jar(os.environ.get("CHRONON_DRIVER_JAR"))
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever keeps Spark from starting, such as a missing java
        pytest.skip(f"Spark does not start: {error}")
    yield session
    session.stop()


def test_a_live_session_without_the_jar_is_told_how_to_get_it(spark: Any) -> None:
    class Jvm:
        """The JVM of the session, but for the driver."""

        class ai:  # noqa: N801 - the name of a package
            chronon = spark._jvm.no.such.package_

    bare = types.SimpleNamespace(_jvm=Jvm, sql=spark.sql, conf=spark.conf, sparkContext=spark.sparkContext)
    with pytest.raises(DriverError, match="start it with the jar"):
        Driver(bare).run("join", "{}", [])  # type: ignore[arg-type]


def test_a_job_runs_over_the_live_session(spark: Any) -> None:
    jar()
    spark.sql("CREATE DATABASE IF NOT EXISTS scratch")
    rows = [("u1", 1704067200000 + hour * 3600000, hour, f"2024-01-0{1 + hour // 24}") for hour in range(72)]
    table = spark.createDataFrame(rows, "user string, ts long, amount long, ds string")
    table.write.partitionBy("ds").saveAsTable("scratch.events", mode="overwrite")
    query = ttypes.Query({"user": "user", "amount": "amount"}, timeColumn="ts", setups=[])
    total = ttypes.Aggregation("amount", ttypes.Operation.SUM, {}, [ttypes.Window(1, ttypes.TimeUnit.DAYS)])
    group_by = ttypes.GroupBy(
        metaData=ttypes.MetaData(name="shop.totals", team="shop", outputNamespace="scratch", customJson="{}"),
        sources=[ttypes.Source(events=ttypes.EventSource(table="scratch.events", query=query))],
        keyColumns=["user"],
        aggregations=[total],
        accuracy=ttypes.Accuracy.SNAPSHOT,
    )
    executable = JupyterGroupBy(group_by, spark, name_prefix="ann")
    result = executable.run("20240102", "20240103")
    # Amounts are the hours since the start: a day of them ends at midnight of the partition.
    assert [tuple(row) for row in result.select("ds", "amount_sum_1d").orderBy("ds").collect()] == [
        ("2024-01-02", sum(range(24, 48))),
        ("2024-01-03", sum(range(48, 72))),
    ]
    assert spark.conf.get("spark.sql.session.timeZone") == "Europe/Berlin"
    assert executable.table == "scratch.ann_shop_totals"


def test_what_the_driver_lacks_is_refused_by_name(spark: Any) -> None:
    jar()
    with pytest.raises(DriverError, match="no-such-job"):
        Driver(spark).run("no-such-job", "{}", [])
