"""The DAGs of a repository, parsed and run by Airflow itself.

Skipped unless scripts/airflow-venv has made the environment: it takes minutes and some 300 MB.
"""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import harness
import pytest
import scheduled_repo

from ai.chronon.scheduler.confs import read_confs
from ai.chronon.scheduler.partitions import CommandPartitions, FolderPartitions, HivePartitions
from ai.chronon.scheduler.workflow import Workflow
from ai.chronon.scheduler.workflows import Settings, build_workflows

DAG_FILE = """
from ai.chronon.airflow import FolderPartitions, all_dags
from ai.chronon.airflow.versions import BashOperator


def load(step):
    return BashOperator(task_id=step.id.replace("group_by_batch__", "kv_upload__"), bash_command="true")


globals().update(
    all_dags(
        {root!r},
        partitions=FolderPartitions({warehouse!r}),
        log_table="data.log",
        schema_table="data.schema",
        arguments=["--env=production"],
        after_upload=load,
        default_args={{"retries": 2}},
    )
)
"""
HIVE_FILE = """
from ai.chronon.airflow import join_dags

for name, dag in join_dags({root!r}, dag_arguments={{"tags": ["hive"]}}).items():
    dag.dag_id = "hive_" + name
    globals()[dag.dag_id] = dag
"""
FLOW_FILE = """
# A DAG for airflow to find.
from ai.chronon.repo.join_backfill import JoinBackfill
from ai.chronon.scheduler.adapters.airflow_adapter import AirflowAdapter

adapter = AirflowAdapter("own_backfill", "2025-01-01", airflow_cluster="any")
dag = adapter.build_dag_from_flow(JoinBackfill(None, "2025-01-31", {join!r}).build_flow())
"""
DAYS = ("2024-05-02", "2024-05-31", "2024-06-01")


def airflow_venv() -> Path:
    folder = os.environ.get("CHRONON_AIRFLOW_VENV", str(harness.CHECKOUT / "build" / "airflow-venv"))
    return harness.CHECKOUT / folder / "bin"


class Airflow:
    """An Airflow of its own, with a repository, its warehouse and a folder of DAG files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = scheduled_repo.write(folder / "repo")
        self.warehouse = folder / "warehouse"
        self.dags = folder / "dags"
        self.dags.mkdir()
        for name, text in (("all.py", DAG_FILE), ("hive.py", HIVE_FILE)):
            (self.dags / name).write_text(text.format(root=str(self.root), warehouse=str(self.warehouse)))
        join = folder / "join"
        parts = [{"groupBy": {"metaData": {"name": "shop.clicks.v1"}}}]
        content = json.loads((self.root / "production/joins/shop/training.v1").read_text())
        join.write_text(json.dumps({**content, "joinParts": parts}))
        (self.dags / "flow.py").write_text(FLOW_FILE.format(join=str(join)))

    def add_partition(self, spec: str) -> None:
        database, _, table = spec.partition(".")
        folder = self.warehouse / f"{database}.db" / table
        folder.mkdir(parents=True)
        (folder / "part-0").touch()

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = harness.clean_environment(
            PYTHONPATH=str(harness.PACKAGE_ROOT),
            AIRFLOW_HOME=str(self.folder / "home"),
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW__CORE__DAGS_FOLDER=str(self.dags),
            **variables,
        )
        # Jobs are started by the python3 of the path.
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout[-4000:] + process.stderr[-4000:]
        return process


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    if not (airflow_venv() / "airflow").is_file():
        pytest.skip(f"Airflow is not installed in {airflow_venv()}: run scripts/airflow-venv (minutes, 300 MB)")
    made = Airflow(tmp_path_factory.mktemp("airflow"))
    # What the training join waits for on the first day, and on the next one part of it.
    for spec in ("data.clicks/ds=2024-05-02", "shop_db.shop_orders_v1/ds=2024-05-02", "data.clicks/ds=2024-05-03"):
        made.add_partition(spec)
    # The inputs of one group-by on two days, its own and the next.
    for day in ("2024-05-30", "2024-05-31"):
        made.add_partition(f"data.orders/ds={day}/kind=a")
    return made


@pytest.fixture(scope="module")
def parsed(airflow: Airflow) -> dict[str, Any]:
    output = airflow.folder / "dags.json"
    script = str(harness.TESTS / "describe_dags.py")
    airflow.run(str(airflow_venv() / "python"), script, str(output), str(airflow.dags), *DAYS)
    described: dict[str, Any] = json.loads(output.read_text())
    return described


@pytest.fixture(scope="module")
def workflows(airflow: Airflow) -> dict[str, Workflow]:
    run_py = str(harness.PACKAGE_ROOT / "ai/chronon/repo/run.py")
    settings = Settings(
        repo=str(airflow.root),
        run_command=("python3", run_py),
        arguments=("--env=production",),
        log_table="data.log",
        schema_table="data.schema",
    )
    confs, _ = read_confs(airflow.root)
    return {workflow.id: workflow for workflow in build_workflows(confs, scheduled_repo.TEAMS, settings)[0]}


def test_all_files_are_parsed(parsed: dict[str, Any], workflows: dict[str, Workflow]) -> None:
    assert parsed["errors"] == {}
    hive = {f"hive_{name}" for name in workflows if name.startswith("chronon_join_")}
    assert set(parsed["dags"]) == {*workflows, *hive, "own_backfill"}
    assert len(workflows) == 10


def test_dags_are_the_workflows_of_the_plan(parsed: dict[str, Any], workflows: dict[str, Workflow]) -> None:
    for name, workflow in workflows.items():
        dag = parsed["dags"][name]
        tasks = {key: task for key, task in dag["tasks"].items() if not key.startswith("kv_upload__")}
        upstream = {key: task["upstream"] for key, task in tasks.items()}
        assert upstream == {step.id: sorted(step.depends_on) for step in workflow.steps.values()}, name
        assert (dag["start"], dag["catchup"]) == (workflow.start, False)
        assert dag["timeout_minutes"] == workflow.timeout_minutes
        assert dag["schedule"] == workflow.schedule
        for step in workflow.steps.values():
            task = tasks[step.id]
            if step.kind == "run":
                assert shlex.split(task["command"]) == list(step.command)
                assert task["environment"] == step.environment
                assert (task["running_at_once"], task["retries"]) == (1, 2)
            if step.partition is not None:
                assert (task["spec"], task["retries"]) == (step.partition.spec, 3)


def test_teams_set_their_queue_owner_and_bounds(parsed: dict[str, Any]) -> None:
    join = parsed["dags"]["chronon_join_shop__training__v1"]
    task = join["tasks"]["compute_join__shop__training__v1"]
    assert (task["queue"], task["owner"], join["max_active_tasks"]) == ("big", "The shop", 100)
    assert join["tags"] == ["chronon", "shop"]
    assert parsed["dags"]["chronon_group_by_streaming_shop"]["max_active_runs"] == 1
    other = parsed["dags"]["chronon_join_other__small__v1"]["tasks"]["compute_join__other__small__v1"]
    assert (other["queue"], other["owner"]) == ("default", "other")


def test_uploaded_tables_are_handed_on(parsed: dict[str, Any]) -> None:
    tasks = parsed["dags"]["chronon_group_by_batch_shop"]["tasks"]
    handed_on = {key: task["upstream"] for key, task in tasks.items() if key.startswith("kv_upload__")}
    assert handed_on == {
        f"kv_upload__shop__{name}__v1": [f"group_by_batch__shop__{name}__v1"] for name in ("clicks", "users")
    }


def test_waits_look_into_the_warehouse(parsed: dict[str, Any]) -> None:
    batch = "chronon_group_by_batch_shop"
    clicks = {day: parsed["trials"][f"{batch}/wait_for_data__clicks_ds {day}"] for day in DAYS}
    assert clicks == {"2024-05-02": True, "2024-05-31": False, "2024-06-01": False}
    # The day before, and nothing from the end of the dependency on.
    orders = {day: parsed["trials"][f"{batch}/wait_for_data__orders_ds_minus_1 {day}"] for day in DAYS}
    assert orders == {"2024-05-02": False, "2024-05-31": True, "2024-06-01": True}


def test_a_day_that_the_next_one_covers_is_skipped(parsed: dict[str, Any]) -> None:
    trials = parsed["trials"]
    # Of two inputs only one is there for the next day.
    assert trials["chronon_join_shop__training__v1/custom_skip__shop__training__v1 2024-05-02"] == "runs"
    other = "chronon_join_other__small__v1/custom_skip__other__small__v1"
    assert trials[f"{other} 2024-05-02"] == "the run of 2024-05-03 covers this day: data.clicks/ds=2024-05-03"
    assert trials[f"{other} 2024-06-01"] == "runs"
    # The only input is not needed from the next day on, so that says nothing.
    orders = "chronon_group_by_batch_shop/custom_skip__shop__orders__v1"
    assert (trials[f"{orders} 2024-05-31"], trials[f"{orders} 2024-06-01"]) == ("runs", "runs")


def test_hive_without_its_provider_says_what_to_install(parsed: dict[str, Any]) -> None:
    found = parsed["trials"]["hive_chronon_join_other__small__v1/wait_for_data__clicks_ds 2024-05-02"]
    assert found.startswith("ImportError: waiting for Hive partitions needs apache-airflow-providers-apache-hive")


def test_a_flow_becomes_a_dag(parsed: dict[str, Any]) -> None:
    tasks = parsed["dags"]["own_backfill"]["tasks"]
    part = "compute_join__shop_training_v1__shop_clicks_v1"
    assert {key: task["upstream"] for key, task in tasks.items()} == {
        "compute_join__shop_training_v1__left_table": [],
        part: ["compute_join__shop_training_v1__left_table"],
        "compute_join__shop_db_shop_training_v1": [part],
    }
    assert "run.py --conf=production/joins/shop/training.v1 --ds=2025-01-31" in tasks[part]["command"]


def test_airflow_runs_a_dag(airflow: Airflow) -> None:
    scripts = airflow.root / "scripts"
    scripts.mkdir()
    (scripts / "spark_submit.sh").write_text('#!/bin/bash\nprintf "%s\\n" "$@" "$APP_NAME" "$USER" "$PWD" > job.txt\n')
    jar = airflow.folder / "driver.jar"
    jar.touch()
    command = str(airflow_venv() / "airflow")
    airflow.run(command, "db", "migrate")
    dag = "chronon_join_shop__training__v1"
    airflow.run(command, "dags", "test", dag, "2024-05-02", CHRONON_DRIVER_JAR=str(jar))
    assert (airflow.root / "job.txt").read_text().splitlines() == [
        "--class",
        "ai.chronon.spark.Driver",
        str(jar),
        "join",
        f"--conf-path={airflow.root}/production/joins/shop/training.v1",
        "--end-date=2024-05-02",
        "chronon_joins_backfill_production_shop.training.v1",
        "shop_user",
        str(airflow.root),
    ]


def test_the_documentation_lists_every_option() -> None:
    tree = ast.parse((harness.PACKAGE_ROOT / "ai/chronon/airflow/dags.py").read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    text = (harness.CHECKOUT / "docs/airflow.md").read_text()
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    listed = re.findall(r"`(\w+)`", "".join(rows))
    options = [argument.arg for argument in functions["dags_of"].args.kwonlyargs]
    assert [name for name in listed if name in options] == options
    public = {name for name in functions if name.endswith("_dags") and not name.startswith("_")}
    assert {name for name in public if f"`{name}`" in text or f"{name}(" in text} == public


def test_partitions_are_folders(tmp_path: Path) -> None:
    (tmp_path / "shop.db/orders/ds=2024-05-02/kind=a").mkdir(parents=True)
    (tmp_path / "top/ds=2024-05-02").mkdir(parents=True)
    (tmp_path / "top/ds=2024-05-02/part-0").touch()
    known = FolderPartitions(str(tmp_path))
    cases = {
        "shop.Orders/ds=2024-05-02": True,
        "shop.orders/ds=2024-05-02/kind=a": False,
        "shop.orders/ds=2024-05-03": False,
        "top/ds=2024-05-02": True,
        "default.top/ds=2024-05-02": True,
    }
    assert {spec: known.exists(spec) for spec in cases} == cases


def test_a_program_knows_partitions() -> None:
    known = CommandPartitions(["sh", "-c", 'case "$0" in a*) exit 0;; b*) exit 1;; *) exit 7;; esac'])
    assert (known.exists("a.b/ds=1"), known.exists("b.c/ds=1")) == (True, False)
    with pytest.raises(RuntimeError, match="ended with exit code 7"):
        known.exists("c")


def test_hive_is_asked_by_database_table_and_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class HiveMetastoreHook:
        """The signatures of apache-airflow-providers-apache-hive 9.7.1."""

        def __init__(self, metastore_conn_id: str = "metastore_default") -> None:
            self.conn_id = metastore_conn_id

        def check_for_named_partition(self, schema: str, table: str, partition_name: str) -> bool:
            asked.append([self.conn_id, schema, table, partition_name])
            return len(asked) == 1

    packages = ["airflow", "providers", "apache", "hive", "hooks", "hive"]
    for length in range(1, len(packages) + 1):
        monkeypatch.setitem(sys.modules, ".".join(packages[:length]), types.ModuleType(packages[length - 1]))
    hook: Any = sys.modules["airflow.providers.apache.hive.hooks.hive"]
    hook.HiveMetastoreHook = HiveMetastoreHook
    known = HivePartitions("own")
    assert [known.exists(spec) for spec in ("a.b/ds=2024-05-02/kind=a", "b/ds=2024-05-02")] == [True, False]
    assert asked == [["own", "a", "b", "ds=2024-05-02/kind=a"], ["own", "default", "b", "ds=2024-05-02"]]


def test_airflow_is_asked_for_only_when_it_is_needed() -> None:
    with pytest.raises(ImportError, match="apache-airflow-providers-apache-hive"):
        HivePartitions().exists("a.b/ds=2024-05-02")
