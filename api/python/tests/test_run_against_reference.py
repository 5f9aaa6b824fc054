"""`run.py` beside the reference's: what both would start, with which environment, in many combinations.

Each case is run by both, their starting of processes intercepted; all programs that they start must be equal, word by
word, and so must the environment of each.
"""

import itertools
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import harness
import pytest

from ai.chronon.repo import run

TEAMS = {
    "default": {
        "namespace": "default",
        "table_properties": {},
        "common_env": {"VERSION": "latest", "A": "common", "JOB_MODE": "local[*]", "COMMON": "common", "NOTHING": None},
        "production": {
            "backfill": {"A": "default", "B": "default", "D": "default"},
            "streaming": {"A": "default-stream"},
            "upload": {"B": "default-upload"},
            "metadata-export": {"B": "default-export"},
        },
        "dev": {"backfill": {"NEVER": "read"}, "metadata-export": {"B": "default-dev", "READ": "for all teams"}},
    },
    "shop": {
        "namespace": "shop_db",
        "production": {
            "backfill": {"C": "team", "B": "team", "E": "team"},
            "streaming": {"S": "team"},
            "metadata-upload": {"M": "team", "CHRONON_ONLINE_CLASS": "from.the.Team"},
            "fetch": {"CHRONON_ONLINE_ARGS": "-Zteam=1 -Zmore=2"},
        },
        "dev": {"backfill": {"C": "dev"}, "streaming": {"S": "dev"}},
        "canary": {"backfill": {"C": "canary", "CHRONON_ONLINE_JAR": "online.jar"}},
    },
    "bare": {},
}


def definition(name: str, custom: object = None, **environment: dict[str, str]) -> str:
    """A compiled definition as far as `run.py` looks at it."""
    meta: dict[str, object] = {"name": name, "team": name.split(".")[0]}
    if custom is not None:
        meta["customJson"] = json.dumps(custom)
    if environment:
        meta["modeToEnvMap"] = {mode.replace("_", "-"): values for mode, values in environment.items()}
    return json.dumps({"metaData": meta}, indent=2)


FILES = {
    "joins/shop/j.v1": definition("shop.j.v1", {"lag": 0, "check_consistency": False}),
    "joins/shop/plain.v1": definition("shop.plain.v1"),
    "joins/shop/empty.v1": definition("shop.empty.v1", {}),
    "joins/shop/args.v1": definition("shop.args.v1", {"additional_args": ["--step-days 3", '--x={"a":1}', "--y"]}),
    "joins/shop/env.v1": definition(
        "shop.env.v1",
        {"lag": 0},
        backfill={"A": "conf", "C": "conf", "APP_NAME": "from_the_conf"},
        model_transform_batch={"MODEL": "conf"},
        analyze={"CHRONON_DRIVER_JAR": "other.jar"},
    ),
    "joins/bare/b-c.v1": definition("bare.b-c.v1", {"lag": 0}),
    "group_bys/shop/g.v1": definition("shop.g.v1", {"lag": 0}, streaming={"S": "conf"}, upload={"U": "conf"}),
    "group_bys/shop/args.v1": definition("shop.args.v1", {"additional_args": ["-Dx=y"]}),
    "staging_queries/shop/q.v1": definition("shop.q.v1", {"z": 1}),
}
OUTPUTS = {
    "fetch_online_jar.py": "/fetched/online.jar\n",
    "yarn_list.py": 'not json\n{"app_name": "another", "app_id": 1}\n',
    "own_list": '{"app_name": "taken", "app_id": 1}\n',
    "crowded_list": '{"app_name": "taken", "app_id": 1}\n{"app_name": "taken", "app_id": 2}\n',
}


@dataclass(frozen=True)
class Case:
    """A command line, and the variables of the process."""

    line: str
    variables: dict[str, str] = field(default_factory=dict)


J, G, Q = (
    "--conf production/" + path for path in ("joins/shop/j.v1", "group_bys/shop/g.v1", "staging_queries/shop/q.v1")
)
ONLINE = "--online-jar online.jar --online-class a.B"
JOIN_MODES = [mode for mode, entry in run.MODES.items() if run.JOINS in entry.subcommands and not entry.is_online]
CASES: dict[str, Case] = {
    **{f"join {mode}": Case(f"{J} --mode {mode}") for mode in JOIN_MODES},
    **{f"join {mode}, other team": Case(f"--conf production/joins/bare/b-c.v1 --mode {mode}") for mode in JOIN_MODES},
    **{
        f"{name} help of {mode}": Case(f"{conf} --mode {mode} --sub-help")
        for name, conf, mode in (
            ("join", J, "backfill"),
            ("join", J, "fetch"),
            ("group-by", G, "streaming"),
            ("group-by", G, "upload"),
            ("no", "", "backfill"),
            ("no", "--conf-type joins", "stats-summary"),
            ("no", "--conf-type staging_queries", "backfill"),
        )
    },
    "group-by backfill": Case(G),
    "group-by upload": Case(f"{G} --mode upload"),
    "group-by analyze": Case(f"{G} --mode analyze"),
    "group-by export": Case(f"{G} --mode metadata-export"),
    "export of all joins": Case("--conf production/joins// --mode metadata-export"),
    "staging query": Case(Q),
    "staging query export": Case(f"{Q} --mode metadata-export"),
    "staging query of a range": Case(f"{Q} --start-ds 2022-12-01 --end-ds 2022-12-31"),
    "streaming": Case(f"{G} --mode streaming {ONLINE}"),
    "streaming, jar fetched": Case(f"{G} --mode streaming --online-class a.B"),
    "streaming, jar named but absent": Case(f"{G} --mode streaming --online-jar absent.jar --online-class a.B"),
    "streaming with arguments": Case(f"{G} --mode streaming {ONLINE} --online-args=-Za=1 --own=2"),
    "streaming with several arguments": Case(f"{G} --mode streaming {ONLINE} '--online-args=-Za=1 -Zb=2' --debug"),
    "streaming by another script": Case(f"{G} --mode streaming {ONLINE} --spark-streaming-submit-path own.sh"),
    "streaming, other list": Case(f"{G} --mode streaming {ONLINE} --list-apps 'own_list --all'"),
    "streaming, running already": Case(f"{G} --mode streaming {ONLINE} --list-apps own_list --app-name taken"),
    "streaming, running already by variable": Case(
        f"{G} --mode streaming {ONLINE} --list-apps own_list", {"APP_NAME": "taken"}
    ),
    "streaming, fetched by another program": Case(
        f"{G} --mode streaming --online-class a.B --online-jar-fetch 'scripts/fetch_online_jar.py --team shop'"
    ),
    "local streaming": Case(f"{G} --mode local-streaming {ONLINE}"),
    "local streaming with arguments": Case(f"{G} --mode local-streaming {ONLINE} --online-args=-Za=1 --more"),
    "local streaming, jar fetched": Case(f"{G} --mode local-streaming --online-class a.B"),
    "metadata of a join": Case(f"{J} --mode metadata-upload {ONLINE}"),
    "metadata of a group-by": Case(f"{G} --mode metadata-upload --online-jar online.jar"),
    "metadata of all joins": Case(f"--conf production/joins// --mode metadata-upload {ONLINE}"),
    "metadata of a team": Case(f"--conf production/joins/shop/ --mode metadata-upload {ONLINE}"),
    "fetch for a join": Case(f"{J} --mode fetch {ONLINE} -k {{}} --name shop/j.v1 --type join"),
    "fetch without a definition": Case(f"--mode fetch {ONLINE} --type group-by --name shop/g.v1"),
    "fetch with values": Case(f'{G} --mode fetch {ONLINE} -k \'{{"id":"5"}}\''),
    "fetch in parallel and from a day": Case(f"{G} --mode fetch {ONLINE} --start-ds 2022-12-01 --parallelism 3"),
    "fetch with custom arguments in the process": Case(f"{G} --mode fetch {ONLINE}", {run.ADDITIONAL_ARGS: "--extra"}),
    "online side by variables": Case(
        f"{J} --mode fetch",
        {"CHRONON_ONLINE_JAR": "online.jar", "CHRONON_ONLINE_CLASS": "e.F", "CHRONON_ONLINE_ARGS": "-Ze=1"},
    ),
    "online flags beside variables": Case(
        f"{J} --mode fetch {ONLINE} --online-args=-Zflag=1",
        {"CHRONON_ONLINE_JAR": "other.jar", "CHRONON_ONLINE_CLASS": "e.F", "CHRONON_ONLINE_ARGS": "-Ze=1"},
    ),
    "model transforms": Case(f"{J} --mode model-transform-batch {ONLINE}"),
    "model transforms, jar fetched": Case(f"{J} --mode model-transform-batch --online-class a.B"),
    "model transforms in parallel": Case(
        f"{J} --mode model-transform-batch {ONLINE} --start-ds 2022-12-01 --parallelism 2 --online-args=-Za=1"
    ),
    "model transforms in parallel, jar fetched": Case(
        f"{J} --mode model-transform-batch --online-class a.B --start-ds 2022-12-01 --parallelism 2"
    ),
    "model transforms with variables of the definition": Case(
        f"--conf production/joins/shop/env.v1 --mode model-transform-batch {ONLINE} --start-ds 2022-12-01"
    ),
    "in parallel": Case(f"{J} --start-ds 2022-12-01 --parallelism 4"),
    "in parallel, uneven": Case(f"{J} --start-ds 2022-12-22 --end-ds 2023-01-01 --parallelism 5 --own"),
    "in parallel, a day each": Case(f"{G} --start-ds 2023-01-04 --parallelism 2"),
    "one piece": Case(f"{G} --start-ds 2023-01-04 --parallelism 1"),
    "no piece": Case(f"{G} --parallelism 0"),
    "from a day": Case(f"{J} --start-ds 2022-12-01"),
    "end wins": Case(f"{J} --end-ds 2022-12-01"),
    "start behind end": Case(f"{J} --start-ds 2023-02-01"),
    "shortened flags": Case(f"{J} --start 2022-12-01 --end 2022-12-31 --chr driver.jar --spark-sub own.sh"),
    "flags with equals": Case(f"{J} --start-ds=2022-12-01 --mode=analyze --env=production"),
    "handed on": Case(f"{J} --own 1 --step-days=5 -x positional"),
    "handed on behind two dashes": Case(f"{J} --own -- --more"),
    "handed on and custom": Case("--conf production/joins/shop/args.v1 --own 1"),
    "custom arguments": Case("--conf production/joins/shop/args.v1"),
    "custom arguments of a left": Case("--conf production/joins/shop/args.v1 --mode backfill-left"),
    "custom arguments of a final": Case("--conf production/joins/shop/args.v1 --mode backfill-final"),
    "custom arguments in a mode without": Case("--conf production/joins/shop/args.v1 --mode analyze"),
    "custom arguments of an upload": Case("--conf production/group_bys/shop/args.v1 --mode upload"),
    "custom arguments with a start": Case("--conf production/joins/shop/args.v1 --start-ds 2022-12-01"),
    "custom arguments in the process": Case(
        "--conf production/joins/shop/args.v1", {run.ADDITIONAL_ARGS: "--from-process 1"}
    ),
    "no custom JSON": Case("--conf production/joins/shop/plain.v1"),
    "empty custom JSON": Case("--conf production/joins/shop/empty.v1"),
    "variables of the definition": Case("--conf production/joins/shop/env.v1"),
    "variables of the definition in another mode": Case("--conf production/joins/shop/env.v1 --mode analyze"),
    "variables of the process": Case("--conf production/joins/shop/env.v1", {"A": "process", "C": "", "VERSION": "1"}),
    "production": Case(f"{J} --env production"),
    "canary": Case(f"{J} --env canary"),
    "no such environment": Case(f"{J} --env nowhere"),
    "name by flag": Case(f"{J} --app-name own"),
    "name by variable": Case(J, {"APP_NAME": "own"}),
    "online jar in an offline mode": Case(f"{J} --online-jar online.jar"),
    "absent online jar in an offline mode": Case(f"{J} --online-jar absent.jar --online-class a.B"),
    "driver by variable": Case(J, {"CHRONON_DRIVER_JAR": "other.jar"}),
    "another submit script": Case(f"{J} --spark-submit-path own.sh"),
    "versions": Case(f"{J} --version 0.0.1 --spark-version 3.2.1 --release-tag x"),
    "versions by variable": Case(J, {"VERSION": "0.0.1", "SPARK_VERSION": "2.4.0"}),
    "info": Case(f"{J} --mode info"),
    "info of a range by another script": Case(f"{G} --mode info --end-ds 2022-12-01 --render-info own.sh"),
    "info of a staging query": Case(f"{Q} --mode info --unknown"),
    "absolute definition": Case("--conf {repo}/production/joins/shop/args.v1"),
    "repository by flag": Case("--repo {repo} --conf {repo}/production/joins/shop/env.v1 --spark-submit-path own.sh"),
    "repository by variable": Case(J, {"CHRONON_REPO_PATH": "{repo}"}),
    "no repository": Case("--conf production/joins/shop/env.v1 --spark-submit-path own.sh --repo scripts"),
    "definition of another folder": Case("--conf copies/joins/shop/env.v1"),
}
# Both refuse these before they start anything; ours in one line.
REFUSED: dict[str, str] = {
    "a mode of others": f"{J} --mode upload",
    "streaming of a join": f"{J} --mode local-streaming {ONLINE}",
    "upload of a staging query": f"{Q} --mode upload",
    "an unknown mode": f"{J} --mode nonsense",
    "an unknown type": "--conf-type nonsense --sub-help",
    "an unknown team": "--conf production/joins/nobody/j.v1",
    "a short path": "--conf j.v1",
    "parallel without a start": f"{J} --parallelism 2",
    "more pieces than days": f"{J} --parallelism 9 --start-ds 2023-01-01",
    "start behind the end": f"{J} --parallelism 2 --start-ds 2023-02-01",
    "no number": f"{J} --parallelism x",
    "no script to render": f"{J} --mode info --render-info absent.py",
    "two that run": f"{G} --mode streaming {ONLINE} --list-apps crowded_list --app-name taken",
    "a broken definition": "--conf production/joins/shop/broken.v1",
}


def write_repo(root: Path) -> Path:
    for folder in ("production", "copies"):
        for name, text in {**FILES, "joins/shop/broken.v1": "{"}.items():
            file = root / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    (root / "teams.json").write_text(json.dumps(TEAMS))
    scripts = ("spark_submit.sh", "spark_streaming.sh", "fetch_online_jar.py", "yarn_list.py", "render_info.py")
    for file in [*(root / "scripts" / name for name in scripts), root / "own.sh"]:
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    for jar in ("driver.jar", "other.jar", "online.jar"):
        (root / jar).touch()
    return root


SEED = 20240502
RANDOM_REPOS = 60
VARIABLES = ("A", "B", "C", "D", "APP_NAME", "CHRONON_ONLINE_CLASS", "SPARK_VERSION", run.ADDITIONAL_ARGS)


def random_layer(random: Random, name: str) -> dict[str, Any]:
    """Some of the variables, each with a value that tells the layer."""
    chosen = random.sample(VARIABLES, random.randint(0, 4))
    return {key: random.choice([f"{name}.{key}"] * 6 + ["", None]) for key in chosen}


def random_repo(random: Random, root: Path) -> Case:
    """A repository with variables in any of the layers; a command line for it, and the variables of the process."""
    modes = ["backfill", "analyze", "metadata-upload", "fetch", "stats-summary"]
    mode = random.choice(modes)

    def sections(name: str) -> dict[str, Any]:
        return {key: random_layer(random, f"{name}.{key}") for key in [*random.sample(modes, 3), mode]}

    teams: dict[str, Any] = {"default": {}, "shop": {}}
    for team, section in itertools.product(teams, ("dev", "production", "canary")):
        if random.random() < 0.7:
            teams[team][section] = sections(f"{team}.{section}")
    if random.random() < 0.8:
        teams["default"]["common_env"] = random_layer(random, "common")
    custom = random.choice([None, {}, {"lag": 0}, {"additional_args": ["--a 1", "--b"]}])
    own = {key: random_layer(random, f"conf.{key}") for key in [mode]} if random.random() < 0.7 else {}
    conf = root / "production/joins/shop/j.v1"
    conf.parent.mkdir(parents=True)
    conf.write_text(definition("shop.j.v1", custom, **own))
    (root / "teams.json").write_text(json.dumps(teams))
    for file in ("scripts/spark_submit.sh", "driver.jar", "online.jar"):
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).touch()
    path = random.choice(["production/joins/shop/j.v1"] * 4 + ["production/joins/shop/absent.v1", "production/joins//"])
    flags = random.choice(["", " --env production", " --env canary", " --env nowhere"])
    process = {key: value for key, value in random_layer(random, "process").items() if value is not None}
    return Case(f"--conf {path} --mode {mode} --online-jar online.jar{flags}", process)


Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def both(reference_tool: harness.Tool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    """What the reference and ours do with each case; ours also in a dry run."""
    repo = write_repo(tmp_path_factory.mktemp("run") / "repo")
    reference = (reference_tool.run[0], reference_tool.run[1], False)
    ours = (sys.executable, str(harness.PACKAGE_ROOT / "ai/chronon/repo/run.py"), True)
    results = []
    for python, script, with_dry_runs in (reference, ours):
        lines = {name: Case(line) for name, line in REFUSED.items()} | CASES | {"help": Case("--help")}
        if with_dry_runs:
            lines |= {f"dry {name}": Case(f"{case.line} --dry-run", case.variables) for name, case in CASES.items()}
        results.append(_play(python, script, repo, lines))
    return results[0], results[1]


def _play(python: str, script: str, where: Path | list[Path], cases: dict[str, Case]) -> Results:
    requests = []
    repos = where if isinstance(where, list) else [where] * len(cases)
    for case, repo in zip(cases.values(), repos, strict=True):
        line = case.line.replace("{repo}", str(repo))
        variables = {key: value.replace("{repo}", str(repo)) for key, value in case.variables.items()}
        jar = [] if "CHRONON_DRIVER_JAR" in variables else ["--chronon-jar", "driver.jar"]
        request = {
            "script": script,
            "cwd": str(repo),
            "arguments": ["--ds", "2023-01-05", *jar, *shlex.split(line)],
            "environment": {"PATH": "/usr/bin:/bin", "HOME": str(repo), "USER": "somebody", **variables},
            "outputs": OUTPUTS,
        }
        requests.append(json.dumps(request))
    process = subprocess.run(
        [python, str(harness.TESTS / "intercept_run.py")],
        input="\n".join(requests) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env=harness.clean_environment(),
    )
    return dict(zip(cases, map(json.loads, process.stdout.splitlines()), strict=True))


def test_random_layers_give_equal_environments(reference_tool: harness.Tool, tmp_path: Path) -> None:
    cases, repos = {}, []
    for seed in range(SEED, SEED + RANDOM_REPOS):
        repos.append(tmp_path / str(seed))
        cases[f"seed {seed}"] = random_repo(Random(seed), repos[-1])
    expected = _play(reference_tool.run[0], reference_tool.run[1], repos, cases)
    actual = _play(sys.executable, str(harness.PACKAGE_ROOT / "ai/chronon/repo/run.py"), repos, cases)
    compared = 0
    for name, case in cases.items():
        if "absent" in case.line and "--mode fetch" not in case.line:
            # Handed on there, refused here.
            assert (expected[name]["code"], actual[name]["code"]) == (0, 1), (name, case)
            continue
        assert (expected[name]["code"], actual[name]["code"]) == (0, 0), (name, case, actual[name]["err"])
        for ours, theirs in zip(actual[name]["launches"], expected[name]["launches"], strict=True):
            # Without an online class the reference writes the word None, or nothing behind the flag.
            words = [word for word in theirs["argv"] if word not in ("--online-class=None", "--online-class=")]
            assert (name, ours["argv"]) == (name, words)
            assert (name, ours["environment"]) == (name, theirs["environment"])
            compared += 1
    assert compared > RANDOM_REPOS / 2


def test_both_have_the_same_flags(both: tuple[Results, Results]) -> None:
    """A flag more would take a shortened one, or an argument of the driver, for itself."""
    expected, actual = (results["help"] for results in both)
    assert (expected["code"], actual["code"]) == (0, 0)
    usages = [re.findall(r"--[a-z-]+", results["out"].split("\n\n")[0]) for results in (expected, actual)]
    assert sorted(usages[1]) == sorted(usages[0])
    assert len(usages[1]) == len(run.FLAGS)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
    modes = {word for case in CASES.values() for mode, word in _pairs(case.line) if mode == "--mode"} | {"backfill"}
    assert modes == {*run.MODES, run.INFO_MODE} - run.OWN_MODES


def _pairs(line: str) -> list[tuple[str, str]]:
    words = shlex.split(line.replace("=", " "))
    return list(pairwise(words))


@pytest.mark.parametrize("name", CASES)
def test_both_start_the_same(both: tuple[Results, Results], name: str) -> None:
    expected, actual = (results[name] for results in both)
    assert (expected["code"], expected["error"]) == (0, None), expected
    assert actual["err"] == ""
    assert actual["code"] == 0
    assert [launch["argv"] for launch in actual["launches"]] == [launch["argv"] for launch in expected["launches"]]
    # The programs that fetch a jar or list applications are asked before the environment of the job is complete.
    if "running already" not in name:
        assert actual["launches"][-1]["environment"] == expected["launches"][-1]["environment"]


@pytest.mark.parametrize("name", CASES)
def test_both_say_where_variables_come_from(both: tuple[Results, Results], name: str) -> None:
    expected, actual = (
        sorted(line for line in results[name]["out"].splitlines() if line.startswith("From <")) for results in both
    )
    assert actual == expected


@cache
def _in_a_shell(text: str) -> list[list[str]]:
    """The words of each line of a dry run, the output of programs put in."""
    fetched = OUTPUTS["fetch_online_jar.py"].strip()
    lines = []
    for line in text.splitlines():
        if not line.startswith("# "):
            words = shlex.split(line)
            lines.append([f"--online-jar={fetched}" if "fetch_online_jar" in word else word for word in words])
    return lines


@pytest.mark.parametrize("name", CASES)
def test_dry_run_prints_what_would_start(both: tuple[Results, Results], name: str) -> None:
    real, dry = both[1][name], both[1][f"dry {name}"]
    assert (dry["code"], dry["err"], dry["launches"]) == (0, "", [])
    lines = [line for line in _in_a_shell(dry["out"]) if line[0] not in ("export", "unset")]
    started = [launch["argv"] for launch in real["launches"]]
    if "running already" in name:
        started = [*started[1:], lines[-1]]
    assert lines == started[-len(lines) :]
    exported = {line[1].partition("=")[0] for line in _in_a_shell(dry["out"]) if line[0] == "export"}
    for key in exported - {run.ONLINE_JAR}:
        assert f"{key}=" in " ".join(real["out"].splitlines()) or key == "APP_NAME", key


@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse(both: tuple[Results, Results], name: str) -> None:
    expected, actual = (results[name] for results in both)
    assert expected["code"] == actual["code"] != 0
    started = [launch["argv"] for launch in actual["launches"]]
    assert started in ([], [["crowded_list"]])
    if actual["code"] == 1:
        assert actual["err"].startswith("run.py: ")
        assert len(actual["err"].splitlines()) == 1
