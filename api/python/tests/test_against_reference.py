"""Byte equality with the reference: generated types, compiled files, and command lines."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import harness
import pytest

MODULES = sorted(
    str(path.relative_to(harness.FEATURE_REPO))
    for folder in ("group_bys", "joins")
    for path in (harness.FEATURE_REPO / folder).rglob("*.py")
)
# Written along with a join, the reference leaves "{{ db }}" in the dependencies of this GroupBy,
# and fills it in when the same GroupBy is compiled alone. Ours always fills it in.
FILLED_IN = {"joins/shop/dependencies.py": {"group_bys/shop/templates.v1"}}
SCRIPT = """#!/bin/bash
printf '%s\\n' "$@"
env | grep -E '^(APP_NAME|CHRONON_|EXECUTOR_|DRIVER_|PARTITION_|PARALLELISM|VERSION)' | sort
"""

Trees = dict[str, dict[str, bytes]]


def _compile_each(tool: harness.Tool, root: Path) -> Trees:
    def compile_one(module: str) -> dict[str, bytes]:
        output = "out/" + module.replace("/", "_").replace(".", "_")
        result = tool.execute(tool.compile, root, "--conf", module, "--output_root", output, "--yes")
        assert result.code == 0, f"{tool.name} failed on {module}:\n{result.err}"
        return harness.tree(root / output)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MODULES, pool.map(compile_one, MODULES), strict=True))


@pytest.fixture(scope="module")
def compiled(reference_tool: harness.Tool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trees, Trees]:
    trees = []
    for tool in (reference_tool, harness.ours()):
        root = tmp_path_factory.mktemp(tool.name) / "repo"
        shutil.copytree(harness.FEATURE_REPO, root)
        trees.append(_compile_each(tool, root))
    return trees[0], trees[1]


def test_there_are_enough_modules() -> None:
    assert len(MODULES) >= 25


@pytest.mark.parametrize("module", MODULES)
def test_module_compiles_to_equal_bytes(compiled: tuple[Trees, Trees], module: str) -> None:
    expected, actual = (tree[module] for tree in compiled)
    assert set(actual) == set(expected)
    filled_in = FILLED_IN.get(module, set())
    for name, content in expected.items():
        if name in filled_in:
            assert actual[name] != content, f"{name} is equal now; take it off the list"
            assert actual[name] == content.replace(b'\\"{{ db }}.', b'\\"shop_db.')
        else:
            assert actual[name] == content, f"{name} of {module}"


def test_all_but_the_skipped_module_write_something(compiled: tuple[Trees, Trees]) -> None:
    assert [module for module, files in compiled[1].items() if not files] == ["group_bys/shop/skipped.py"]


PRODUCTION_JOIN = """
_inline = GroupBy(
    sources=clicks(),
    keys=["user_id"],
    aggregations=[Aggregation(input_column="price", operation=Operation.SUM)],
    online=True,
    backfill_start_date="2023-01-01",
    name="shop.inline_online",
)
v3 = Join(left=clicks(), right_parts=[JoinPart(group_by=_inline)], production=True)
"""
# Each scenario is a list of steps: a module to compile, or an edit of a file (name, old text, new text).
SCENARIOS: dict[str, list[tuple[str, ...]]] = {
    "a part of a production join becomes production": [
        ("joins/shop/inline.py", "", PRODUCTION_JOIN),
        ("joins/shop/inline.py",),
        ("joins/shop/inline.py",),
    ],
    "an online GroupBy is protected": [
        ("group_bys/shop/windows.py",),
        ("group_bys/shop/windows.py", "Window(1, TimeUnit.HOURS)", "Window(2, TimeUnit.HOURS)"),
        ("group_bys/shop/windows.py",),
        ("joins/shop/by_name.py",),
    ],
    "only meta data of an online GroupBy changes": [
        ("group_bys/shop/windows.py",),
        ("group_bys/shop/windows.py", "online=True", "online=True, description='new'"),
        ("group_bys/shop/windows.py",),
    ],
    "a skipped GroupBy is forced": [("group_bys/shop/skipped.py", "--force-overwrite")],
    "GroupBys after their joins": [("joins/shop/mapped.py",), ("group_bys/shop/buckets.py",)],
    "a folder": [("group_bys/shop/deep",), ("joins/bare",)],
}


def _play(tool: harness.Tool, root: Path, steps: list[tuple[str, ...]]) -> dict[str, bytes]:
    for step in steps:
        if len(step) == 3:
            file = root / step[0]
            text = file.read_text()
            assert step[1] in text
            file.write_text(text.replace(step[1], step[2]) if step[1] else text + step[2])
        else:
            tool.execute(tool.compile, root, "--conf", step[0], *step[1:], "--yes")
    return harness.tree(root / "production")


# Answers to the prompts: whether to update environments, and whether to turn off lost logging.
@pytest.mark.parametrize("answers", ["y\ny\n", "y\nn\n", "n\ny\n", "n\nn\n", "\n\n"])
def test_answers_keep_equal_parts_of_existing_files(reference_tool: harness.Tool, tmp_path: Path, answers: str) -> None:
    left = []
    for tool in (reference_tool, harness.ours()):
        root = Path(shutil.copytree(harness.FEATURE_REPO, tmp_path / tool.name))
        module = root / "joins/shop/meta_data.py"
        assert tool.execute(tool.compile, root, "--conf", "joins/shop/meta_data.py", "--yes").code == 0
        changed = (
            module.read_text()
            .replace("9G", "8G")
            .replace("    sample_percent=", "    consistency_sample_percent=9.0 or ")
        )
        module.write_text(changed.replace("    consistency_sample_percent=7.25,\n", ""))
        result = tool.execute(tool.compile, root, "--conf", "joins/shop/meta_data.py", answers=answers)
        assert result.code == 0, result.err
        left.append(harness.tree(root / "production"))
    assert left[1] == left[0]
    join = left[1]["joins/shop/meta_data.v1"]
    environment, disable = answers.split("\n")[:2]
    assert (b'"9G"' in join) == (environment == "n")
    assert (b'"samplePercent"' in join) == (disable != "y")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_leaves_equal_bytes(reference_tool: harness.Tool, tmp_path: Path, name: str) -> None:
    left = []
    for tool in (reference_tool, harness.ours()):
        root = Path(shutil.copytree(harness.FEATURE_REPO, tmp_path / tool.name))
        left.append(_play(tool, root, SCENARIOS[name]))
    assert left[1] == left[0]
    assert left[1]


def test_generated_types_are_equal(reference_tool: harness.Tool) -> None:
    script = harness.TESTS / "describe_ttypes.py"
    described = []
    for python, path in ((reference_tool.run[0], ""), (sys.executable, str(harness.PACKAGE_ROOT))):
        # Started elsewhere: the folder of a script comes before the installed packages.
        process = subprocess.run(
            [python, str(script)],
            env=harness.clean_environment(PYTHONPATH=path),
            capture_output=True,
            check=True,
        )
        described.append(json.loads(process.stdout))
    assert described[1] == described[0]
    assert len(described[1]) >= 30


COMMAND_LINES = [
    "--conf production/joins/shop/meta_data.v1 --ds 2023-01-05 --step-days 5",
    "--conf production/joins/shop/meta_data.v1 --mode backfill-left --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode backfill-final --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode analyze --ds 2023-01-05 --env production",
    "--conf production/joins/shop/meta_data.v1 --mode metadata-export --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode stats-summary --ds 2023-01-05 --app-name own",
    "--conf production/joins/shop/meta_data.v1 --mode log-summary --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode log-flattener --ds 2023-01-05 --log-table a.b",
    "--conf production/joins/shop/meta_data.v1 --mode label-join --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode consistency-metrics-compute --ds 2023-01-05",
    "--conf production/joins/shop/meta_data.v1 --mode compare --ds 2023-01-05",
    "--conf production/group_bys/shop/meta_data.v1 --start-ds 2023-01-01 --end-ds 2023-01-10",
    "--conf production/group_bys/shop/meta_data.v2 --start 2023-01-01 --ds 2023-01-10",
    "--conf production/group_bys/shop/meta_data.v2 --mode upload --ds 2023-01-05 --env production",
    "--conf production/group_bys/shop/meta_data.v2 --mode analyze --ds 2023-01-05",
    "--conf production/group_bys/bare/defaults.v1 --ds 2023-01-05",
]


@pytest.fixture(scope="module")
def run_repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(harness.FEATURE_REPO, tmp_path_factory.mktemp("run") / "repo"))
    tool = harness.ours()
    for module in ("group_bys/shop/meta_data.py", "group_bys/bare/defaults.py", "joins/shop/meta_data.py"):
        assert tool.execute(tool.compile, root, "--conf", module, "--yes").code == 0
    (root / "scripts").mkdir()
    (root / "scripts" / "spark_submit.sh").write_text(SCRIPT)
    (root / "driver.jar").touch()
    return root


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_script_gets_equal_arguments_and_environment(reference_tool: harness.Tool, run_repo: Path, line: str) -> None:
    arguments = [*line.split(), "--chronon-jar", "driver.jar"]
    results = []
    for tool in (reference_tool, harness.ours()):
        result = tool.execute(tool.run, run_repo, *arguments, DRIVER_CORES="1", PARTITION_COLUMN="own")
        assert result.code == 0, result.err
        # The reference joins empty parts of its command line by blanks, and prints variables in another order.
        lines = [" ".join(printed.split()) for printed in result.out.splitlines()]
        settings = sorted(printed for printed in lines if printed.startswith("From <"))
        results.append([*settings, *(printed for printed in lines if not printed.startswith("From <"))])
    assert results[1] == results[0]


# Public names of the reference that this package does not have, each with the reason.
ABSENT = {
    "utils.DotDict": "what uses it fails in the reference",
    "utils.convert_json_to_obj": "fails in the reference",
    "utils.JsonDiffer": "internal: compares JSON through files and a shell",
    "repo.serializer.ThriftJSONDecoder": "internal",
    "repo.validator.is_valid_conf": "internal",
    "repo.extract_objects.import_module_set_name": "internal: names what it finds in place",
}


def test_public_names_and_their_parameters_are_those_of_the_reference(reference_tool: harness.Tool) -> None:
    script = harness.TESTS / "describe_api.py"
    described = []
    for python, path in ((reference_tool.run[0], ""), (sys.executable, str(harness.PACKAGE_ROOT))):
        environment = harness.clean_environment(PYTHONPATH=path)
        process = subprocess.run([python, str(script)], env=environment, capture_output=True, check=True)
        described.append(json.loads(process.stdout))
    theirs, own = described
    names = {f"{module}.{name}": (module, name) for module in theirs for name in theirs[module]["defined"]}
    public = {full: pair for full, pair in names.items() if not pair[1].startswith("_")}
    assert {full for full, (module, name) in public.items() if name not in own[module]["names"]} == set(ABSENT)
    different = {}
    for full, (module, name) in public.items():
        expected, actual = theirs[module]["names"][name], own[module]["names"].get(name)
        if isinstance(expected, list) and actual != expected:
            different[full] = (expected, actual)
    assert set(different) - set(ABSENT) == set(), different
