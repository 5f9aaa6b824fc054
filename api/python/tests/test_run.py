"""`run.py`: the environment of a job, its command line, and what is refused."""

import shutil
import stat
import sys
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import harness
import pytest

from ai.chronon.repo.local_spark import spark_conf
from ai.chronon.repo.run import RunError, day_ranges, environment_layers, find_jar, make_parser, run

TOOL = harness.ours()
ECHO = "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit ${CODE:-0}\n"
CONF = "production/joins/shop/meta_data.v1"


@pytest.fixture(scope="module")
def compiled_repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(harness.FEATURE_REPO, tmp_path_factory.mktemp("run") / "repo"))
    for module in ("group_bys/shop/meta_data.py", "group_bys/shop/tags.py", "joins/shop/meta_data.py"):
        result = TOOL.execute(TOOL.compile, root, "--conf", module, "-y")
        assert result.code == 0, result.err
    submit = root / "spark-submit"
    submit.write_text(ECHO)
    submit.chmod(submit.stat().st_mode | stat.S_IXUSR)
    (root / "driver.jar").touch()
    return root


def execute(root: Path, *arguments: str, **variables: str) -> harness.Result:
    environment = {"SPARK_SUBMIT_PATH": str(root / "spark-submit"), "CHRONON_DRIVER_JAR": "driver.jar", **variables}
    return TOOL.execute(TOOL.run, root, *arguments, **environment)


def settings(lines: list[str]) -> dict[str, str]:
    pairs = [line.partition("=") for flag, line in pairwise(lines) if flag == "--conf"]
    return {key: value for key, _, value in pairs}


def test_local_command_of_a_join(compiled_repo: Path) -> None:
    result = execute(compiled_repo, "--conf", CONF, "--ds", "2023-01-05", "--step-days=3")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[lines.index("--class") :] == [
        "--class",
        "ai.chronon.spark.Driver",
        "driver.jar",
        "join",
        f"--conf-path={compiled_repo / CONF}",
        "--end-date=2023-01-05",
        "--step-days=3",
        "--step-days=7",
        "--x",
        "y",
    ]
    assert lines[lines.index("--master") + 1] == "local[*]"
    assert lines[lines.index("--name") + 1] == "chronon_joins_backfill_dev_shop.meta_data.v1"
    conf = settings(lines)
    warehouse = compiled_repo / "warehouse"
    assert conf["spark.sql.catalogImplementation"] == "hive"
    assert conf["spark.sql.warehouse.dir"] == str(warehouse)
    assert conf["spark.hadoop.javax.jdo.option.ConnectionURL"] == (
        f"jdbc:derby:;databaseName={warehouse}/metastore_db;create=true"
    )
    assert (conf["spark.driver.host"], conf["spark.driver.bindAddress"]) == ("127.0.0.1", "127.0.0.1")
    assert conf["spark.driver.memory"] == "1G"
    assert conf["spark.executor.memory"] == "9G"
    assert conf["spark.chronon.partition.column"] == "ds"
    assert warehouse.is_dir()


def test_local_command_of_a_group_by_with_a_start(compiled_repo: Path) -> None:
    conf = "production/group_bys/shop/meta_data.v1"
    result = execute(compiled_repo, "--conf", conf, "--start-ds", "2023-01-01", "--end-ds", "2023-01-05")
    lines = result.out.splitlines()
    assert lines[-4:] == [
        "group-by-backfill",
        f"--conf-path={compiled_repo / conf}",
        "--end-date=2023-01-05",
        "--start-partition-override=2023-01-01",
    ]


def test_an_upload_is_loaded_into_the_store(compiled_repo: Path, tmp_path: Path) -> None:
    conf, jar = "production/group_bys/shop/meta_data.v1", tmp_path / "store.jar"
    jar.touch()
    online = ("--online-jar", str(jar), "--online-class", "a.B", "--online-args", "-Zpath=x -Zreaders=2")
    lines = execute(
        compiled_repo, "--mode", "upload-to-kv", "--conf", conf, "--ds", "2023-01-05", *online
    ).out.splitlines()
    assert lines[-7:] == [
        "group-by-upload-bulk-load",
        f"--conf-path={compiled_repo / conf}",
        "--end-date=2023-01-05",
        f"--online-jar={jar}",
        "--online-class=a.B",
        "-Zpath=x",
        "-Zreaders=2",
    ]


def test_arguments_with_blanks_survive(compiled_repo: Path) -> None:
    result = execute(compiled_repo, "--conf", CONF, "--mode", "analyze", "--own=a b")
    assert "--own=a b" in result.out.splitlines()


def test_variables_move_the_warehouse_and_add_settings(compiled_repo: Path) -> None:
    result = execute(
        compiled_repo,
        "--conf",
        CONF,
        CHRONON_WAREHOUSE_DIR="elsewhere",
        CHRONON_METASTORE_URL="jdbc:other",
        CHRONON_SPARK_CONF="spark.a='b c' spark.driver.memory=3G",
    )
    conf = settings(result.out.splitlines())
    assert conf["spark.sql.warehouse.dir"] == str(compiled_repo / "elsewhere")
    assert conf["spark.hadoop.javax.jdo.option.ConnectionURL"] == "jdbc:other"
    assert (conf["spark.a"], conf["spark.driver.memory"]) == ("b c", "3G")


def test_a_cluster_keeps_its_own_warehouse() -> None:
    assert spark_conf(".", {"JOB_MODE": "yarn", "MAX_EXECUTORS": "7"}) == {
        "spark.sql.catalogImplementation": "hive",
        "spark.dynamicAllocation.maxExecutors": "7",
    }


def test_exit_code_is_that_of_the_job(compiled_repo: Path) -> None:
    assert execute(compiled_repo, "--conf", CONF, CODE="7").code == 7


def test_layers_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "production/joins/team").mkdir(parents=True)
    (tmp_path / "production/joins/team/a.v1").write_text(
        '{"metaData": {"name": "team.a.v1", "modeToEnvMap": {"backfill": {"B": "conf", "A": "conf"}}}}'
    )
    (tmp_path / "teams.json").write_text(
        """{
        "default": {
            "common_env": {"A": "common", "F": "common", "G": null},
            "production": {"backfill": {"A": "default", "E": "default"}},
            "dev": {"backfill": {"H": "never read"}}
        },
        "team": {
            "production": {"backfill": {"A": "team", "C": "team", "D": "team"}},
            "dev": {"backfill": {"A": "dev", "C": "dev"}}
        }}"""
    )
    arguments = ["--conf", "production/joins/team/a.v1", "--repo", str(tmp_path)]
    args = make_parser({}).parse_args(arguments)
    found: dict[str, Any] = {}
    for _, layer in environment_layers(args):
        for key, value in layer.items():
            found.setdefault(key, value)
    expected = {"A": "conf", "B": "conf", "C": "dev", "D": "team", "E": "default", "F": "common"}
    assert {key: found[key] for key in expected} == expected
    assert "H" not in found


REFUSED: dict[str, tuple[str, list[str]]] = {
    "missing definition": ("absent.v1 does not exist", ["--conf", "production/joins/shop/absent.v1"]),
    "short path": ("is not of the form", ["--conf", "joins/shop/a.v1"]),
    "no definition": ("needs --conf", []),
    "unknown team": ("team 'nobody'", ["--conf", "production/joins/nobody/a.v1"]),
    "unknown mode": ("does not exist for joins", ["--conf", CONF, "--mode", "upload"]),
    "streaming of a join": ("streaming does not exist for joins", ["--conf", CONF, "--mode", "streaming"]),
    "absent online jar": (
        "--online-jar absent.jar does not exist",
        ["--conf", CONF, "--mode", "fetch", "--online-jar", "absent.jar"],
    ),
    "empty day": ("--ds  is not a day", ["--conf", CONF, "--ds", ""]),
    "no number": ("--parallelism x is not a number", ["--conf", CONF, "--parallelism", "x"]),
    "no script to render": ("render_info.py does not exist", ["--conf", CONF, "--mode", "info"]),
    "no such type": ("no definitions of type 'x'", ["--conf-type", "x", "--sub-help"]),
    "setting without a value": ("write key=value", ["--conf", CONF]),
    "not a day": ("--ds 20230105 is not a day", ["--conf", CONF, "--ds", "20230105"]),
    "not padded": ("--start-ds 2023-1-5 is not a day", ["--conf", CONF, "--start-ds", "2023-1-5"]),
    "no jar": ("the jar absent.jar does not exist", ["--conf", CONF, "--chronon-jar", "absent.jar"]),
    "no script": ("--spark-submit-path absent", ["--conf", CONF, "--spark-submit-path", "absent"]),
    "parallel without start": ("needs --start-ds", ["--conf", CONF, "--parallelism", "2"]),
    "parallel with one metastore": (
        "only one local run at a time",
        ["--conf", CONF, "--parallelism", "2", "--start-ds", "2023-01-01", "--ds", "2023-01-05"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_one_clear_line(compiled_repo: Path, name: str) -> None:
    message, arguments = REFUSED[name]
    variables = {"CHRONON_SPARK_CONF": "spark.a"} if name == "setting without a value" else {}
    result = execute(compiled_repo, *arguments, **variables)
    assert result.code == 1
    assert result.err.startswith("run.py: ")
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_wrong_usage_has_an_exit_code_of_its_own(compiled_repo: Path) -> None:
    assert execute(compiled_repo, "--mode", "nonsense").code == 2


def script(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text("#!/bin/sh\n" + text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


STREAM = ("--conf", "production/group_bys/shop/meta_data.v1", "--mode", "streaming", "--online-class", "a.B")


def test_online_jar_is_fetched_and_the_job_starts(compiled_repo: Path, tmp_path: Path) -> None:
    fetch = script(tmp_path, "fetch", "echo fetched.jar\n")
    apps = script(tmp_path, "apps", """echo '{"app_name": "other"}'\n""")
    result = execute(compiled_repo, *STREAM, "--online-jar-fetch", fetch, "--list-apps", apps, "--online-args=-Zk=v")
    assert result.code == 0, result.err
    assert result.out.splitlines()[-4:] == [
        f"--conf-path={compiled_repo / STREAM[1]}",
        "--online-jar=fetched.jar",
        "--online-class=a.B",
        "-Zk=v",
    ]


@pytest.mark.parametrize(
    ("fetch", "apps", "message"),
    [
        ("exit 3", "", "fetch, which fetches the online jar, ended with exit code 3"),
        ("", "", "fetch printed no path of an online jar"),
        ("echo a.jar", "exit 4", "apps, which lists the running applications, ended with exit code 4"),
    ],
)
def test_helpers_that_fail_stop_the_start(
    compiled_repo: Path, tmp_path: Path, fetch: str, apps: str, message: str
) -> None:
    helpers = ("--online-jar-fetch", script(tmp_path, "fetch", fetch), "--list-apps", script(tmp_path, "apps", apps))
    result = execute(compiled_repo, *STREAM, *helpers)
    assert result.code == 1
    assert message in result.err
    assert "group-by-streaming" not in result.out


def test_a_stream_without_a_list_of_applications_says_so(compiled_repo: Path) -> None:
    result = execute(compiled_repo, *STREAM)
    assert result.code == 0
    assert "not checked whether the job runs already" in result.out


def test_the_flag_names_the_job_that_is_looked_for(compiled_repo: Path, tmp_path: Path) -> None:
    # With the reference the job was named by the variable and looked for by the flag: it was started every time.
    apps = script(tmp_path, "apps", """echo '{"app_name": "flag"}'\n""")
    result = execute(compiled_repo, *STREAM, "--app-name", "flag", "--list-apps", apps, APP_NAME="variable")
    assert "flag is running already" in result.out
    dry = execute(compiled_repo, *STREAM, "--app-name", "flag", "--dry-run", APP_NAME="variable")
    assert "export APP_NAME=flag" in dry.out.splitlines()
    assert "--name flag" in dry.out


def test_dry_run_starts_and_writes_nothing(compiled_repo: Path, tmp_path: Path) -> None:
    fetch = script(tmp_path, "fetch", f"touch {tmp_path}/asked\n")
    elsewhere = tmp_path / "warehouse"
    arguments = (*STREAM, "--online-jar-fetch", fetch, "--dry-run")
    result = execute(compiled_repo, *arguments, CHRONON_WAREHOUSE_DIR=str(elsewhere))
    assert result.code == 0, result.err
    assert f'"--online-jar=$({fetch})"' in result.out
    assert not elsewhere.exists()
    assert not (tmp_path / "asked").exists()


def test_a_jar_without_spark_is_run_by_the_installed_spark(compiled_repo: Path, tmp_path: Path) -> None:
    jar = tmp_path / "thin.jar"
    with zipfile.ZipFile(jar, "w") as content:
        content.writestr("ai/chronon/spark/Driver.class", b"")
    arguments = ("--conf", CONF, "--mode", "fetch", "--chronon-jar", str(jar), "--dry-run")
    thin = execute(compiled_repo, *arguments, JOB_MODE="yarn").out.splitlines()[-1]
    assert thin.startswith(f"{compiled_repo}/spark-submit --master 'local[*]' ")
    with zipfile.ZipFile(jar, "a") as content:
        content.writestr("org/apache/spark/SparkContext.class", b"")
    thick = execute(compiled_repo, *arguments, JOB_MODE="yarn").out.splitlines()[-1]
    assert thick == f"java -cp {jar} ai.chronon.spark.Driver fetch"


@pytest.mark.parametrize(
    ("repo", "conf", "path"),
    [
        (".", CONF, "{root}/" + CONF),
        ("{root}", CONF, "{root}/" + CONF),
        ("elsewhere", CONF, "{root}/" + CONF),
        (".", "{root}/" + CONF, "{root}/" + CONF),
        (".", "s3://bucket/" + CONF, "s3://bucket/" + CONF),
        (".", "production/joins//", "{root}/production/joins"),
    ],
)
def test_the_driver_gets_a_path_that_it_finds(compiled_repo: Path, repo: str, conf: str, path: str) -> None:
    repo, conf, path = (text.format(root=compiled_repo) for text in (repo, conf, path))
    result = execute(compiled_repo, "--repo", repo, "--conf", conf, "--mode", "analyze", "--dry-run")
    assert result.code == 0, result.err
    assert f"--conf-path={path}" in result.out.split()


def test_days_of_another_partition_format_are_handed_on(compiled_repo: Path) -> None:
    result = execute(compiled_repo, "--conf", CONF, "--ds", "20230105", "--dry-run", PARTITION_FORMAT="yyyyMMdd")
    assert "--end-date=20230105" in result.out


def test_values_of_layers_that_are_no_text(compiled_repo: Path) -> None:
    teams = compiled_repo / "teams.json"
    kept = teams.read_text()
    teams.write_text('{"default": {"common_env": {"N": 4, "T": true}}, "shop": {"dev": []}}')
    result = execute(compiled_repo, "--conf", CONF, "--dry-run")
    assert {"export N=4", "export T=true"} <= set(result.out.splitlines())
    teams.write_text('{"shop": {"dev": [1]}}')
    result = execute(compiled_repo, "--conf", CONF, "--dry-run")
    teams.write_text(kept)
    assert (result.code, "shop.dev holds [1], where an object is needed" in result.err) == (1, True)


def test_the_single_file_runs_by_scripts_alone(compiled_repo: Path, tmp_path: Path) -> None:
    alone = shutil.copy(harness.PACKAGE_ROOT / "ai/chronon/repo/run.py", tmp_path / "run.py")
    tool = harness.Tool("alone", (), (sys.executable, "-S", "-E", str(alone)), "")
    arguments = ("--conf", CONF, "--chronon-jar", "driver.jar", "--dry-run")
    refused = tool.execute(tool.run, compiled_repo, *arguments)
    assert (refused.code, "install the package chronon-native" in refused.err) == (1, True)
    submit = script(tmp_path, "submit.sh", "")
    result = tool.execute(tool.run, compiled_repo, *arguments, "--spark-submit-path", submit)
    assert f"bash {submit} --class ai.chronon.spark.Driver driver.jar join" in result.out
    plan = tool.execute(tool.run, compiled_repo, "--plan")
    assert (plan.code, "--plan needs the package" in plan.err) == (1, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"metaData": ', "broken.v1 is not JSON"),
        (b"\xff{}", "broken.v1 is not JSON"),
        (b"[]", "broken.v1 does not hold a JSON object"),
        (b'{"metaData": []}', None),
        (b'{"metaData": [1]}', "metaData holds [1], where an object is needed"),
        (b'{"metaData": {"customJson": "{"}}', "metaData.customJson of"),
        (b'{"metaData": {"customJson": {"a": 1}}}', "metaData.customJson of"),
        (b'{"metaData": {"customJson": "[1]"}}', "is [1], where an object is needed"),
        (b'{"metaData": {"modeToEnvMap": {"backfill": 3}}}', "modeToEnvMap.backfill holds 3"),
        (b'{"metaData": {"executionInfo": {}}}', "zipline dialect"),
        (b'{"metaData": {"customJson": "{\\"additional_args\\": 7}"}}', None),
    ],
)
def test_hand_edited_definitions_are_named(compiled_repo: Path, content: bytes, message: str | None) -> None:
    broken = compiled_repo / "production/joins/shop/broken.v1"
    broken.write_bytes(content)
    result = execute(compiled_repo, "--conf", "production/joins/shop/broken.v1", "--dry-run")
    broken.unlink()
    assert result.code == (0 if message is None else 1)
    assert (message or "") in result.err
    assert len(result.err.splitlines()) == (0 if message is None else 1)


def fake_pyspark(folder: Path, version: str) -> str:
    """A package that looks like pyspark from the outside; returns the path to import it from."""
    (folder / "pyspark" / "bin").mkdir(parents=True)
    (folder / "pyspark" / "__init__.py").touch()
    submit = folder / "pyspark" / "bin" / "spark-submit"
    submit.write_text('#!/bin/sh\necho "HOME $SPARK_HOME SUBMIT $SPARK_SUBMIT_PATH"\n')
    submit.chmod(submit.stat().st_mode | stat.S_IXUSR)
    (folder / f"pyspark-{version}.dist-info").mkdir()
    (folder / f"pyspark-{version}.dist-info" / "METADATA").write_text(f"Name: pyspark\nVersion: {version}\n")
    return str(folder)


def test_installed_pyspark_is_started(compiled_repo: Path, tmp_path: Path) -> None:
    path = fake_pyspark(tmp_path, "3.5.9")
    tool = harness.Tool("ours", TOOL.compile, TOOL.run, f"{path}:{TOOL.path}")
    arguments = ("--conf", CONF, "--chronon-jar", "driver.jar")
    assert f"HOME {path}/pyspark SUBMIT" in tool.execute(tool.run, compiled_repo, *arguments).out
    script = tmp_path / "submit.sh"
    script.write_text('"$SPARK_SUBMIT_PATH"\n')
    result = tool.execute(tool.run, compiled_repo, *arguments, "--spark-submit-path", str(script))
    assert f"SUBMIT {path}/pyspark/bin/spark-submit" in result.out


def test_other_pyspark_is_refused(compiled_repo: Path, tmp_path: Path) -> None:
    path = fake_pyspark(tmp_path, "3.3.1")
    tool = harness.Tool("ours", TOOL.compile, TOOL.run, f"{path}:{TOOL.path}")
    result = tool.execute(tool.run, compiled_repo, "--conf", CONF, "--chronon-jar", "driver.jar")
    assert (result.code, "pyspark 3.3.1 is installed" in result.err) == (1, True)


def test_missing_spark_is_one_clear_line(compiled_repo: Path) -> None:
    missing = execute(compiled_repo, "--conf", CONF, SPARK_SUBMIT_PATH="absent/spark-submit")
    assert "SPARK_SUBMIT_PATH=absent/spark-submit is not an executable file" in missing.err


def test_days_are_split_and_the_rest_goes_to_the_last() -> None:
    assert day_ranges("2022-01-01", "2022-01-11", 5) == [
        ("2022-01-01", "2022-01-02"),
        ("2022-01-03", "2022-01-04"),
        ("2022-01-05", "2022-01-06"),
        ("2022-01-07", "2022-01-08"),
        ("2022-01-09", "2022-01-11"),
    ]
    assert day_ranges(None, "2022-01-01", 1) == [(None, "2022-01-01")]
    for start, pieces in (("2022-01-12", 2), ("2022-01-10", 5)):
        with pytest.raises(RunError, match="days"):
            day_ranges(start, "2022-01-11", pieces)


def test_jar_by_address_is_taken_as_it_is() -> None:
    assert find_jar("s3://jars/driver.jar") == "s3://jars/driver.jar"


def test_run_prints_the_command(capfd: pytest.CaptureFixture[str], compiled_repo: Path) -> None:
    script = compiled_repo / "own script.sh"
    script.write_text(ECHO)
    arguments = ["--conf", CONF, "--repo", str(compiled_repo), "--spark-submit-path", str(script)]
    code = run([*arguments, "--chronon-jar", str(compiled_repo / "driver.jar")], harness.clean_environment())
    assert code == 0
    assert "Running command: bash '" in capfd.readouterr().out
