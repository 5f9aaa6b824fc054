"""The steps of a join's backfill, beside the reference's, and what a flow can do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import harness
import pytest

from ai.chronon.errors import CompiledFileError, DefinitionValueError
from ai.chronon.repo.join_backfill import JoinBackfill
from ai.chronon.scheduler.interfaces.flow import Flow
from ai.chronon.scheduler.interfaces.node import Node
from ai.chronon.scheduler.interfaces.orchestrator import WorkflowOrchestrator

EVENTS = {"events": {"table": "db.table", "query": {"setups": []}}}


def group_by(name: str, *sources: dict[str, Any]) -> dict[str, Any]:
    return {"metaData": {"name": name}, "sources": list(sources) or [EVENTS], "keyColumns": ["k"]}


def join(name: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    meta_data = {"name": name, "team": name.split(".")[0], "outputNamespace": "ns"}
    return {"metaData": meta_data, "left": EVENTS, "joinParts": list(parts), **fields}


def part(name: str, *sources: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"groupBy": group_by(name, *sources), **fields}


def reads(parent: dict[str, Any]) -> dict[str, Any]:
    return {"joinSource": {"join": parent, "query": {"setups": []}}}


PARENT = join("team.parent.v1", part("team.up.v1"))
GRANDCHILD = join("team.middle.v1", part("team.mid.v1", reads(PARENT)))
EXTERNAL = [
    {"source": {"metadata": {"name": "a-b"}, "offlineGroupBy": group_by("team.off.v1")}, "prefix": "p"},
    {"source": {"metadata": {"name": "plain"}, "offlineGroupBy": group_by("team.off.v2")}},
    {"source": {"metadata": {"name": "online_only"}}},
]
SETTINGS = {
    "default": {"spark_version": "3.2.1", "executor_memory": "2G"},
    "left_table": {"executor_memory": "1G"},
    "final_join": {"parallelism": 7},
    "pre_team_g_v1": {"executor_memory": "8G", "own": None},
}


def case(definition: Any, start: str | None = "2025-01-01", **options: Any) -> dict[str, Any]:
    return {"join": definition, "start": start, "end": "2025-01-31", "extra_args": None, "settings": None, **options}


TWO = join("team.j.v1", part("team.g.v1"), part("team.g.v1", prefix="pre"))
CASES: dict[str, dict[str, Any]] = {
    "two parts": case(TWO),
    "no start": case(TWO, start=None),
    "no part": case(join("team.dir.j.v1")),
    "settings": case(TWO, settings=SETTINGS),
    "settings without a default": case(TWO, settings={"left_table": {}}),
    "arguments": case(TWO, extra_args={"step_days": 3, "mode": "own", "flag": None, "online_args": "-Za=1"}),
    "arguments with a start": case(TWO, extra_args={"start_ds": "2024-01-01", "ds": "2024-02-01"}),
    "start by argument": case(TWO, start=None, extra_args={"start_ds": "2024-01-01"}),
    "external parts": case(join("team.j.v1", part("team.g.v1"), onlineExternalParts=EXTERNAL)),
    "only external parts": case(join("team.j.v1", onlineExternalParts=EXTERNAL)),
    "a part of a join": case(join("team.j.v1", part("team.g.v1", reads(PARENT)))),
    "two parts of one join": case(
        join("team.j.v1", part("team.g.v1", reads(PARENT)), part("team.h.v1", EVENTS, reads(PARENT)))
    ),
    "a part of a join of a join": case(join("team.j.v1", part("team.g.v1", reads(GRANDCHILD)), part("team.h.v1"))),
    "names with dashes": case(join("team.j-x.v1", part("other-team.g-y.v1"))),
    "label part": case(join("team.j.v1", part("team.g.v1"), labelPart={"labels": [part("team.label.v1")]})),
    "no team": case(join("j", part("team.g.v1"))),
}


@pytest.fixture(scope="module")
def flows(reference_tool: harness.Tool) -> list[dict[str, Any]]:
    described = []
    for python, path in ((reference_tool.run[0], ""), (sys.executable, str(harness.PACKAGE_ROOT))):
        process = subprocess.run(
            [python, str(harness.TESTS / "describe_flows.py")],
            input=json.dumps(list(CASES.values())),
            env=harness.clean_environment(PYTHONPATH=path),
            capture_output=True,
            text=True,
            check=True,
        )
        described.append(dict(zip(CASES, json.loads(process.stdout), strict=True)))
    return described


@pytest.mark.parametrize("name", CASES)
def test_flow_equals_that_of_the_reference(flows: list[dict[str, Any]], name: str) -> None:
    expected, actual = (described[name] for described in flows)
    if "error" in expected and name != "settings without a default":
        assert expected["error"][0] in actual["error"]
    elif "error" in expected:
        # A KeyError without a word there.
        assert "ValueError" in actual["error"]
    else:
        assert actual == expected
        assert actual["nodes"]


def written(folder: Path, text: str) -> str:
    path = folder / "join"
    path.write_text(text)
    return str(path)


def test_values_are_quoted_for_the_shell(tmp_path: Path) -> None:
    settings = {"default": {"job_mode": "local[*]", "spark_conf": "a=b c"}}
    backfill = JoinBackfill(None, "2025-01-31", written(tmp_path, json.dumps(TWO)), {"own": "a b"}, settings)
    [final] = backfill.build_flow().final_nodes()
    assert final.command == (
        "export JOB_MODE='local[*]' && export SPARK_CONF='a=b c' && "
        "run.py --conf=production/joins/team/j.v1 --ds=2025-01-31 --mode=backfill-final --own='a b'"
    )


@pytest.mark.parametrize(("text", "message"), [("{", "is not JSON"), ("{}", "is not a compiled join")])
def test_what_is_no_compiled_join_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CompiledFileError, match=message):
        JoinBackfill(None, "2025-01-31", written(tmp_path, text))
    with pytest.raises(DefinitionValueError, match="'default'"):
        JoinBackfill(None, "2025-01-31", written(tmp_path, json.dumps(TWO)), settings={"left_table": {}})


def test_a_scheduler_gets_the_flow(tmp_path: Path) -> None:
    class Recorder(WorkflowOrchestrator):
        def __init__(self) -> None:
            self.calls: list[str] = []

        def setup(self) -> None:
            self.calls.append("setup")

        def schedule_task(self, task: Node) -> None:
            raise AssertionError

        def set_dependencies(self, task: Any, dependencies: Any) -> None:
            raise AssertionError

        def build_dag_from_flow(self, flow: Flow) -> None:
            self.calls.append(f"build {flow.name} of {len(flow.nodes)}")

        def trigger_run(self) -> None:
            self.calls.append("trigger")

    recorder = Recorder()
    JoinBackfill(None, "2025-01-31", written(tmp_path, json.dumps(TWO))).run(recorder)
    assert recorder.calls == ["setup", "build team.j.v1 of 4", "trigger"]


def chain(*names: str) -> Flow:
    flow = Flow("chain")
    before: Node | None = None
    for name in names:
        node = Node(name, "true", {})
        if before is not None:
            node.add_dependency(before)
        flow.add_node(node)
        before = node
    return flow


def test_flow_is_ordered_and_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    flow = chain("c", "a", "b")
    assert [node.name for node in flow.ordered_nodes()] == ["c", "a", "b"]
    flow.visualize()
    assert capsys.readouterr().out == "- b\n    - a\n        - c\n"
    first, last = flow.find_node("c"), flow.find_node("b")
    assert first is not None
    assert last is not None
    first.add_dependency(last)
    with pytest.raises(ValueError, match="wait for each other: a, b, c"):
        flow.ordered_nodes()


def test_steps_of_one_name_are_the_same() -> None:
    flow = Flow("f")
    flow.add_node(Node("a", "first", {}))
    flow.add_node(Node("a", "second", {}, 1, more=2))
    assert [node.command for node in flow.nodes] == ["first"]
    assert flow.find_node("b") is None
    assert Node("a", "", {}) != "a"
