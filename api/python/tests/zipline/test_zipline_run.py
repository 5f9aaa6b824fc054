"""`zipline run --dry-run` prints the commands and variables that the reference would start jobs with."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from zipline import tools

from ai.chronon.zipline.jobs import ALL_MODES, JOB_ID
from ai.chronon.zipline.repo.run import main

TEAMS = """
from ai.chronon.types import *
default = Team(outputNamespace="d", conf=ConfigProperties(common={"spark.chronon.partition.column": "ds"}),
    env=EnvironmentVariables(common={"SHARED": "default", "KEPT": "a b"}))
shop = Team(outputNamespace="s", env=EnvironmentVariables(
    common={"SHARED": "shop"}, modeEnvironments={"backfill": {"SHARED": "backfill", "ONLY": "1"}}))
"""
MODULE = tools.HEADER + "g = GroupBy(E(topic='t'), ['a'], [Aggregation('b')], version=3, online=True)\n"
JOIN = tools.HEADER + "from group_bys.shop import case\nj = Join(E(), [JoinPart(case.g)], 'a')\n"
QUERY = tools.HEADER + "s = StagingQuery('SELECT 1')\n"
FILES = {
    "teams.py": TEAMS,
    "group_bys/shop/case.py": MODULE,
    "joins/shop/case.py": JOIN,
    "staging_queries/shop/case.py": QUERY,
    "scripts/spark_submit.sh": "exit 7\n",
    "own.sh": "exit 0\n",
    "driver.jar": "",
}
G, J, S = "compiled/group_bys/shop/case.g__3", "compiled/joins/shop/case.j", "compiled/staging_queries/shop/case.s"
ONLINE = "--online-jar o.jar --online-class c.D"
LOCAL = [
    *(f"{G} -m {mode} --ds 2023-01-05" for mode in ("backfill", "upload", "analyze", "metadata-export")),
    *(
        f"{J} -m {mode} --ds 2023-01-05"
        for mode in [
            "backfill",
            "backfill-left",
            "backfill-final",
            "stats-summary",
            "log-summary",
            "analyze",
            "consistency-metrics-compute",
            "build-comparison-table",
            "compare",
            "log-flattener",
            "metadata-export",
            "label-join",
            "source-job",
            "join-part-job",
            "merge-job",
        ]
    ),
    f"{S} --ds 2023-01-05",
    f"{S} -m metadata-export --ds 2023-01-05",
    f"{G} --ds 2023-01-05 --start-ds 2023-01-01",
    f"{G} --start-ds 2023-01-01 --end-ds 2023-01-09 --ds 2023-02-01",
    f"{J} --ds 2023-01-05 --start-ds 2023-01-01 --foo bar",
    f"{J} --ds 2023-01-05 -e production",
    f"{G} --ds 2023-01-05 --spark-submit-path own.sh",
    f"{G} -m upload-to-kv --ds 2023-01-05 {ONLINE}",
    f"{G} -m upload-to-kv --ds 2023-01-05 {ONLINE} --uploader spark",
    f"{G} -m metadata-upload {ONLINE}",
    f"{J} -m metadata-upload {ONLINE} --extra x",
    f"{G} -m local-streaming {ONLINE}",
    f"{G} -m fetch {ONLINE} --online-args -Za=b --type join --name x",
    f"{G} --sub-help",
]
CLOUD = {"ARTIFACT_PREFIX": "x://art", "VERSION": "9.9", "CUSTOMER_ID": "cust"}
GCP = {"CLOUD_PROVIDER": "gcp", "GCP_PROJECT_ID": "proj", "GCP_BIGTABLE_INSTANCE_ID": "bt", "GCP_REGION": "reg"}
CLOUDS = [
    (provider, line)
    for provider in ("gcp", "aws", "azure")
    for line in (
        f"{G} --ds 2023-01-05",
        f"{J} --ds 2023-01-05 --start-ds 2023-01-01 --foo bar",
        f"{G} -m upload-to-kv --ds 2023-01-05",
        f"{G} -m metadata-upload",
        f"{S} --ds 2023-01-05",
    )
] + [
    ("gcp", f"{G} -m streaming --latest-savepoint --kafka-bootstrap kb --flink-state-uri gs://state"),
    ("gcp", f"{G} -m streaming --no-savepoint --flink-state-uri gs://state"),
]


def _cloud_environment(provider: str) -> dict[str, str]:
    return {**CLOUD, **(GCP if provider == "gcp" else {"CLOUD_PROVIDER": provider})}


@pytest.fixture(scope="module")
def repository(ours: tools.Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tools.write(tmp_path_factory.mktemp("run"), FILES)
    outcome = ours.compile(root)
    assert outcome.code == 0, outcome.output
    return root


@pytest.fixture(scope="module")
def reference_run() -> Iterator[subprocess.Popen[str]]:
    python = tools.reference_python()
    if python is None:
        pytest.skip("zipline-ai is not installed: run scripts/zipline-reference-venv")
    process = subprocess.Popen(
        [python, str(tools.DRIVER.with_name("run_driver.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    yield process
    process.communicate()


def _theirs(process: subprocess.Popen[str], root: Path, line: str, environment: dict[str, str]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    request = {"folder": str(root), "arguments": line.split(), "environment": environment}
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def _ours(root: Path, line: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.chdir(root)
    for variable in ("APP_NAME", "CLOUD_PROVIDER", *CLOUD, *GCP):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(main, line.split())
    return result.exit_code, result.output


def _normal(command: str) -> list[str]:
    """A command without what differs between two submissions, and without the place of the submitter's jar."""
    command = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", JOB_ID, command.replace("'", ""))
    return re.sub(r"-cp \S+", "-cp JAR", command).split()


@pytest.mark.parametrize("line", LOCAL)
def test_local_commands(
    reference_run: subprocess.Popen[str], repository: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line += " --chronon-jar driver.jar"
    environment = {"CUSTOMER_ID": "cust", "KEPT": "process"}
    theirs = _theirs(reference_run, repository, line, environment)
    code, output = _ours(repository, f"{line} --dry-run", environment, monkeypatch)
    assert code == 0, output
    assert not theirs["error"]
    *variables, command = output.splitlines()
    assert _normal(command) == _normal(theirs["started"][-1])
    assert variables == [f"{key}={value}" for key, value in sorted(theirs["environment"].items())]


@pytest.mark.parametrize(("provider", "line"), CLOUDS)
def test_cloud_commands(
    reference_run: subprocess.Popen[str], repository: Path, provider: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = _cloud_environment(provider)
    theirs = _theirs(reference_run, repository, line, environment)
    code, output = _ours(repository, f"{line} --dry-run", environment, monkeypatch)
    assert code == 0, output
    submitted = [command for command in theirs["started"] if "Submitter" in command]
    assert _normal(output.splitlines()[-1]) == _normal(submitted[0])


@pytest.mark.parametrize(
    ("line", "environment", "facts"),
    [
        (f"{G} --ds 2023-01-05", {**CLOUD, **GCP}, ["CLOUD_PROVIDER=gcp", "--dry-run"]),
        (f"{G} --ds 2023-01-05", {"CLOUD_PROVIDER": "moon"}, ["moon", "gcp, aws, azure"]),
        (f"{G} --ds 2023-01-05 --dry-run", GCP, ["ARTIFACT_PREFIX", "teams.py"]),
        (f"{G} -m streaming", {}, ["--mode streaming", "not supported"]),
        (
            f"{G} -m streaming --dry-run",
            {**CLOUD, "CLOUD_PROVIDER": "aws"},
            ["--mode streaming", "aws", "not supported"],
        ),
        (f"{G} -m metastore", {}, ["--mode metastore", "not supported"]),
        (f"{G} -m label-join --chronon-jar driver.jar", {}, ["label-join does not exist for group_bys", "backfill"]),
        (f"{G} -m upload-to-kv --chronon-jar driver.jar", {}, ["--online-jar", "--online-class"]),
        (f"{G} --chronon-jar nope.jar", {}, ["nope.jar does not exist"]),
        ("compiled/group_bys/shop/nope", {}, ["compiled/group_bys/shop/nope does not exist"]),
        (f"{G} --ds 2023-1-5", {}, ["--ds 2023-1-5", "yyyy-MM-dd"]),
        (f"{G} --version 1.2", {}, ["--version", "not supported"]),
        ("compiled/other/broken/x", {}, ["is not JSON"]),
        ("compiled/joins/shop/airbnb", {}, ["airbnb dialect", "run.py"]),
        (f"{G} --parallelism 3 --ds 2023-01-05 --chronon-jar driver.jar", {}, ["--parallelism 3", "--start-ds"]),
        (f"{G} -m info", {}, ["render_info.py", "does not exist"]),
    ],
)
def test_refuses_by_name(
    repository: Path, line: str, environment: dict[str, str], facts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {"compiled/other/broken/x": "{", "compiled/joins/shop/airbnb": '{"metaData": {"modeToEnvMap": {}}}'}
    for name, text in broken.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    code, output = _ours(repository, line, environment, monkeypatch)
    assert code == 1, output
    assert "Traceback" not in output
    for fact in facts:
        assert fact in output, output


def test_the_name_of_the_application_is_the_one_that_is_given(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"{G} --ds 2023-01-05 --chronon-jar driver.jar --app-name own --dry-run"
    assert "APP_NAME=own" in _ours(repository, line, {}, monkeypatch)[1].splitlines()


def test_a_name_stands_for_its_only_version(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "compiled/group_bys/shop/case.g --ds 2023-01-05 --chronon-jar driver.jar --dry-run"
    code, output = _ours(repository, line, {}, monkeypatch)
    assert code == 0, output
    assert f"--conf-path={G} " in output
    (repository / "compiled/group_bys/shop/case.g__4").write_text("{}")
    code, output = _ours(repository, line, {}, monkeypatch)
    (repository / "compiled/group_bys/shop/case.g__4").unlink()
    assert code == 1
    assert "case.g__3, case.g__4" in output


def test_days_are_split_and_exit_codes_are_those_of_the_job(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = f"{G} --start-ds 2023-01-01 --end-ds 2023-01-10 --parallelism 2 --chronon-jar driver.jar"
    code, output = _ours(repository, f"{line} --dry-run", {}, monkeypatch)
    commands = [printed for printed in output.splitlines() if printed.startswith("bash")]
    assert code == 0
    assert ["--end-date=2023-01-05" in commands[0], "--start-partition=2023-01-06" in commands[1]] == [True, True]
    assert _ours(repository, line, {}, monkeypatch)[0] == 7


def test_without_a_script_the_installed_spark_runs_the_driver(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    submit = tmp_path / "spark-submit"
    submit.write_text("#!/bin/sh\nexit 0\n")
    submit.chmod(0o755)
    script = repository / "scripts/spark_submit.sh"
    script.rename(script.with_suffix(".away"))
    environment = {"SPARK_SUBMIT_PATH": str(submit), "JAVA_HOME": str(tmp_path)}
    try:
        line = f"{G} --ds 2023-01-05 --chronon-jar driver.jar --dry-run"
        code, output = _ours(repository, line, environment, monkeypatch)
    finally:
        script.with_suffix(".away").rename(script)
    assert code == 0, output
    command = output.splitlines()[-1]
    assert command.startswith(f"{submit} --master 'local[*]'")
    assert "--class ai.chronon.spark.Driver driver.jar group-by-backfill" in command
    assert f"--conf-path={(repository / G).resolve()}" in command


def test_the_modes_are_those_of_the_reference() -> None:
    from ai.chronon.zipline.repo.constants import RunMode

    assert {*ALL_MODES} == {mode.value for mode in RunMode} - {"deploy"}
