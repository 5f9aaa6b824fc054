"""`run.py --plan`: the workflows of a repository, which the Airflow DAGs are made of too."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import harness
import pytest
import scheduled_repo
from click.testing import CliRunner, Result

from ai.chronon.errors import DefinitionError, TeamsError
from ai.chronon.repo.plan import main
from ai.chronon.scheduler.confs import read_confs
from ai.chronon.scheduler.workflow import Partition, normalized
from ai.chronon.scheduler.workflows import JOBS, Settings, build_workflows


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return scheduled_repo.write(tmp_path / "repo")


def plan(root: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """The workflows of a plan by id; the steps of each by id."""
    result = call(root, "--output", "-", *arguments)
    assert result.exit_code == 0, result.output
    described = json.loads(result.stdout)
    assert described["format"] == 1
    workflows = {workflow["id"]: workflow for workflow in described["workflows"]}
    for workflow in workflows.values():
        workflow["steps"] = {step["id"]: step for step in workflow["steps"]}
    return workflows


def call(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--repo", str(root), *arguments])


LOGS = ("--log-table", "data.log", "--schema-table", "data.schema")


def test_jobs_of_every_kind_have_their_ids_and_dependencies(root: Path) -> None:
    runs = {
        f"{workflow['id']}/{step['id']}": [step["mode"], step["conf"], step["depends_on"]]
        for workflow in plan(root, *LOGS).values()
        for step in workflow["steps"].values()
        if step["kind"] == "run"
    }
    # The ids and conditions of section 11 of the reference's description.
    batch, stream = "chronon_group_by_batch_shop", "chronon_group_by_streaming_shop"
    gate = {name: [f"custom_skip__shop__{name}__v1"] for name in ("clicks", "users", "orders", "training", "cleaned")}
    group_by, joins = "production/group_bys/shop", "production/joins"
    assert runs == {
        f"{stream}/group_by_streaming__shop__clicks__v1": ["streaming", f"{group_by}/clicks.v1", []],
        f"{stream}/group_by_streaming__shop__users__v1": ["streaming", f"{group_by}/users.v1", []],
        f"{batch}/group_by_batch_backfill__shop__clicks__v1": ["backfill", f"{group_by}/clicks.v1", gate["clicks"]],
        f"{batch}/group_by_batch_backfill__shop__orders__v1": ["backfill", f"{group_by}/orders.v1", gate["orders"]],
        f"{batch}/group_by_batch__shop__clicks__v1": ["upload", f"{group_by}/clicks.v1", gate["clicks"]],
        f"{batch}/group_by_batch__shop__users__v1": ["upload", f"{group_by}/users.v1", gate["users"]],
        "chronon_join_shop__training__v1/compute_join__shop__training__v1": [
            "backfill",
            f"{joins}/shop/training.v1",
            gate["training"],
        ],
        "chronon_join_other__small__v1/compute_join__other__small__v1": [
            "backfill",
            f"{joins}/other/small.v1",
            ["custom_skip__other__small__v1"],
        ],
        "chronon_staging_query_batch_shop/staging_query__shop__cleaned__v1": [
            "backfill",
            "production/staging_queries/shop/cleaned.v1",
            gate["cleaned"],
        ],
        "chronon_online_offline_comparison_shop__training__v1/compute_consistency__shop__training__v1": [
            "consistency-metrics-compute",
            f"{joins}/shop/training.v1",
            gate["training"],
        ],
        "chronon_stats_compute/feature_stats__shop__training__v1": [
            "stats-summary",
            f"{joins}/shop/training.v1",
            gate["training"],
        ],
        "chronon_stats_compute/feature_stats__other__small__v1": [
            "stats-summary",
            f"{joins}/other/small.v1",
            ["custom_skip__other__small__v1"],
        ],
        "chronon_log_flattening_shop/log_flattening__shop__training__v1": [
            "log-flattener",
            f"{joins}/shop/training.v1",
            gate["training"],
        ],
        "chronon_metadata_upload/chronon_join_metadata_upload": ["metadata-upload", f"{joins}//", []],
        **{
            f"chronon_ums_metadata_export/metadata_export__{kind}": ["metadata-export", f"production/{kind}//", []]
            for kind in ("group_bys", "joins", "staging_queries")
        },
    }


def test_a_join_from_end_to_end(root: Path) -> None:
    workflow = plan(root)["chronon_join_shop__training__v1"]
    steps = workflow.pop("steps")
    assert workflow == {
        "id": "chronon_join_shop__training__v1",
        "team": "shop",
        "schedule": "0 3 * * *",
        "start": "2024-05-01",
        "timeout_minutes": 5760,
        "max_active_steps": 100,
        "queue": "big",
        "owner": "The shop",
        "emails": ["shop@example.org"],
    }
    assert steps["compute_join__shop__training__v1"] == {
        "id": "compute_join__shop__training__v1",
        "kind": "run",
        "depends_on": ["custom_skip__shop__training__v1"],
        "conf": "production/joins/shop/training.v1",
        "mode": "backfill",
        "command": ["run.py", "--mode=backfill", "--conf=production/joins/shop/training.v1", "--ds={{ ds }}"],
        "environment": {"CHRONON_REPO_PATH": ".", "USER": "shop_user"},
        "memory_mb": 12288,
        "produces": "shop_db.shop_training_v1",
    }
    clicks, orders = "wait_for_data__clicks_ds", "wait_for_shop_db__shop_orders_v1_ds"
    assert steps["custom_skip__shop__training__v1"]["depends_on"] == [clicks, orders]
    assert steps[clicks]["partition"] == {
        "spec": "data.clicks/ds={{ ds }}",
        "table": "data.clicks",
        "column": "ds",
        "days_before": 0,
        "sub_partitions": [],
    }
    assert steps[clicks]["produced_by"] == []
    assert steps[orders]["produced_by"] == ["chronon_group_by_batch_shop/group_by_batch_backfill__shop__orders__v1"]


def test_waits_are_shared_if_they_are_the_same(root: Path) -> None:
    steps = plan(root)["chronon_group_by_batch_shop"]["steps"]
    waits = {key: step["partition"] for key, step in steps.items() if step["kind"] == "wait"}
    assert sorted(waits) == [
        "wait_for_data__clicks_ds",
        "wait_for_data__orders_ds_minus_1",
        "wait_for_data__orders_ds_minus_1__2",
    ]
    first, second = waits["wait_for_data__orders_ds_minus_1"], waits["wait_for_data__orders_ds_minus_1__2"]
    assert (first["days_before"], first["sub_partitions"], first["end"]) == (1, ["kind=a"], "2024-06-01")
    assert "end" not in second
    raw = plan(root)["chronon_staging_query_batch_shop"]["steps"]
    assert {"wf__data__raw", "wf__data__raw__2"} < set(raw)
    assert raw["wf__data__raw__2"]["partition"]["sub_partitions"] == ["hr=23"]


def test_a_join_in_steps(root: Path) -> None:
    path = root / "production/joins/shop/training.v1"
    clicks = {"groupBy": {"metaData": {"name": "shop.clicks.v1"}}}
    parts = [clicks, {**clicks, "prefix": "again"}]
    path.write_text(json.dumps({**json.loads(path.read_text()), "joinParts": parts}))
    steps = plan(root, "--split-joins", "--run-argument", "--env=production")["chronon_join_shop__training__v1"][
        "steps"
    ]
    runs = {key: step for key, step in steps.items() if step["kind"] == "run"}
    last = "compute_join__shop__training__v1"
    left, *of_parts = (f"{last}__{name}" for name in ("left_table", "shop_clicks_v1", "again_shop_clicks_v1"))
    assert {key: step["depends_on"] for key, step in runs.items()} == {
        left: ["custom_skip__shop__training__v1"],
        **{part: [left] for part in of_parts},
        last: sorted(of_parts),
    }
    conf = ["--conf=production/joins/shop/training.v1", "--ds={{ ds }}", "--env=production"]
    assert runs[left]["command"] == ["run.py", "--mode=backfill-left", *conf]
    selected = ["--selected-join-parts=again_shop_clicks_v1", "--use-cached-left"]
    assert runs[of_parts[1]]["command"] == ["run.py", "--mode=backfill", *conf, *selected]
    assert runs[last]["command"] == ["run.py", "--mode=backfill-final", *conf]
    assert [key for key, step in runs.items() if "produces" in step] == [last]
    other = plan(root, "--split-joins")["chronon_join_other__small__v1"]["steps"]
    assert other["compute_join__other__small__v1"]["depends_on"] == ["compute_join__other__small__v1__left_table"]


def test_logs_are_flattened_only_where_they_are_known(root: Path) -> None:
    without = call(root, "--output", "-")
    assert "log-flattener is left out, as log table and schema table are not given: shop.training.v1" in without.stderr
    step = plan(root, *LOGS)["chronon_log_flattening_shop"]["steps"]["log_flattening__shop__training__v1"]
    assert step["command"][-2:] == ["--log-table=data.log", "--schema-table=data.schema"]


def test_files_are_the_same_and_checked(root: Path) -> None:
    assert call(root, "--check").exit_code == 1
    assert call(root).exit_code == 0
    first = (root / "plan.json").read_bytes()
    assert call(root, "--check").exit_code == 0
    assert call(root).exit_code == 0
    assert (root / "plan.json").read_bytes() == first
    assert str(root).encode() not in first
    (root / "production/joins/other/small.v1").unlink()
    assert call(root, "--check").exit_code == 1


def test_run_py_has_the_flag(root: Path) -> None:
    tool = harness.ours()
    result = tool.execute(tool.run, root, "--plan", "--output", "-", "--repo", ".")
    assert (result.code, result.err.count("left out")) == (0, 1)
    assert result.out == call(root, "--output", "-").stdout
    assert tool.execute(tool.run, root, "--plan", "--nonsense").code == 2


def test_one_definition_keeps_what_it_needs(root: Path) -> None:
    workflows = plan(root, "--conf", "production/group_bys/shop/users.v1")
    assert sorted(workflows) == ["chronon_group_by_batch_shop", "chronon_group_by_streaming_shop"]
    assert sorted(workflows["chronon_group_by_batch_shop"]["steps"]) == [
        "custom_skip__shop__users__v1",
        "group_by_batch__shop__users__v1",
        "wait_for_data__clicks_ds",
        "wait_for_data__orders_ds_minus_1__2",
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["--conf", "production/joins/shop/absent.v1"], "absent.v1 does not exist", 2),
        (["--conf", "production/group_bys/shop/unused.v1"], "unused.v1 has no scheduled job", 2),
        (["--compiled", "nowhere"], "nowhere does not exist; compile", 1),
    ],
)
def test_refusals(root: Path, arguments: list[str], message: str, code: int) -> None:
    result = call(root, *arguments)
    assert (result.exit_code, message in result.stderr) == (code, True)
    assert not (root / "plan.json").exists()


def test_files_that_are_no_definitions_are_named(root: Path) -> None:
    (root / "production/joins/shop/broken.v1").write_text("{")
    (root / "production/joins/shop/nameless.v1").write_text('{"metaData": {"team": "shop"}}')
    notes = call(root, "--output", "-").stderr
    assert "joins/shop/broken.v1 is left out: it is not JSON" in notes
    assert "joins/shop/nameless.v1 is left out: it has no metaData.name" in notes


def edit(root: Path, file: str, **meta_data: Any) -> None:
    path = root / "production" / file
    content = json.loads(path.read_text())
    content["metaData"].update(meta_data)
    path.write_text(json.dumps(content))


def test_definitions_that_cannot_be_told_apart_are_refused(root: Path) -> None:
    edit(root, "group_bys/shop/users.v1", name="shop.clicks-v1")
    result = call(root)
    assert result.exit_code == 1
    assert "production/group_bys/shop/users.v1 both make the step" in result.stderr


def test_broken_dependencies_and_days_are_named(root: Path) -> None:
    edit(root, "joins/other/small.v1", dependencies=["data.raw/ds={{ ds }}"])
    confs, _ = read_confs(root)
    with pytest.raises(DefinitionError, match=r"other/small\.v1: the dependency 'data.raw"):
        build_workflows(confs, {}, Settings())
    with pytest.raises(TeamsError, match="dag_start_date of team 'shop' is 'soon'"):
        build_workflows(confs, {"shop": {"dag_start_date": "soon"}}, Settings())
    (root / "teams.json").write_text("[]")
    assert "holds list, where an object of teams is needed" in call(root).stderr


def test_the_other_dialect_is_refused_by_name(root: Path) -> None:
    edit(root, "joins/other/small.v1", executionInfo={"offlineSchedule": "@daily"})
    result = call(root)
    assert result.exit_code == 1
    assert "joins/other/small.v1: scheduling definitions of the zipline dialect" in result.stderr


def test_the_documentation_lists_every_job() -> None:
    text = (harness.CHECKOUT / "docs/plan.md").read_text()
    for job in JOBS:
        workflow, step = (
            name.replace("{team}", "<team>").replace("{name}", "<name>").replace(f"__{job.type}", "__<type>")
            for name in (job.workflow, job.step)
        )
        assert [job.mode in text, f"`{workflow}`" in text, f"`{step}`" in text] == [True] * 3, job
    rows = [line for line in text.splitlines() if line.startswith("|") and "`chronon_" in line]
    assert len(rows) == len({(job.workflow, job.mode) for job in JOBS})


def test_names_and_partitions_of_days() -> None:
    assert normalized("db.table/ds={{ ds }}/hr=01/x=y") == "db__table__x__y"
    day = date(2024, 3, 1)
    cases = {
        "a.b/ds={{ ds }}": "a.b/ds=2024-03-01",
        "a.b/ds={{ macros.ds_add(ds, -1) }}/x=y": "a.b/ds=2024-02-29/x=y",
        "a.b/ds={{ macros.ds_add(ds,2) }}": "a.b/ds=2024-03-03",
        "a.b/d={{ ds_nodash }}": None,
        "a.b/x=y": "a.b/x=y",
    }
    assert {spec: Partition(spec).on(day) for spec in cases} == cases
    assert Partition("a.b/d={{ ds_nodash }}").to_json() == {"spec": "a.b/d={{ ds_nodash }}", "table": "a.b"}
    assert [Partition("a.b", end).is_needed(day) for end in (None, "2024-03-02", "2024-03-01")] == [True, True, False]
