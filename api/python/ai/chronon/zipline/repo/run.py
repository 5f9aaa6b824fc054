"""`zipline run`: runs the job of a compiled definition of the zipline dialect.

The environment of the job is that of this process, and below it what the compiled definition keeps for the mode
(`metaData.executionInfo.env`). Without `CLOUD_PROVIDER` in it the job runs on this machine: by
`scripts/spark_submit.sh` of the repository or `--spark-submit-path`, else by the installed Spark. With it,
`--dry-run` prints the command that submits the job to that cloud; there is no connector yet, so it is not run.

Exit codes: 0; 1 for what cannot be run; 2 for wrong usage; else that of the job.
"""

import concurrent.futures
import dataclasses
import glob
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import click

from ai.chronon.dialect import AIRBNB, DialectError, airbnb_module, dialect_of
from ai.chronon.errors import ChrononError, UnsupportedError
from ai.chronon.repo.local_spark import LocalSparkError, is_local_master, launcher, warehouse_folder
from ai.chronon.zipline import jobs
from ai.chronon.zipline.jobs import Job, RunError

DATE_FORMAT = "%Y-%m-%d"
# Output folder, kind, team and name.
CONF_DEPTH = 4
# Flags of the reference that belong to clouds, to streaming on a cluster, or to the download of jars.
REFUSED_FLAGS = (
    "--additional-jars",
    "--artifact-prefix",
    "--debug",
    "--flink-deployment-mode",
    "--flink-jars-uri",
    "--join-part-name",
    "--list-apps",
    "--no-cloud-logging",
    "--online-jar-fetch",
    "--release-tag",
    "--spark-streaming-submit-path",
    "--spark-version",
    "--validate",
    "--version",
    "--version-check",
    "--warehouse-bucket",
)


def resolve_conf(repository: str, conf: str) -> str:
    """The path of a definition; a name without its version stands for the only version that there is.

    Raises:
        RunError: There is no such file, or several versions.

    """
    if os.path.isfile(os.path.join(repository, conf)):
        return conf
    found = sorted(glob.glob(glob.escape(os.path.join(repository, conf)) + "__*"))
    versions = [path for path in found if os.path.basename(path).rpartition("__")[2].isdigit()]
    if len(versions) == 1:
        return f"{conf}__{versions[0].rpartition('__')[2]}"
    if versions:
        names = ", ".join(os.path.basename(path) for path in versions)
        raise RunError(f"{conf} has several versions: {names}; name one of them")
    raise RunError(f"{os.path.join(repository, conf)} does not exist; compile it first, or check CONF and --repo")


def read_meta_data(path: str) -> dict[str, Any]:
    """The meta data of a compiled file.

    Raises:
        RunError: The file is no JSON object with meta data of this dialect.

    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except ValueError as error:
        raise RunError(f"{path} is not JSON: {error}; compile it again") from error
    data = content.get("metaData") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise RunError(f"{path} holds no definition; compile it again")
    if "modeToEnvMap" in data or "dependencies" in data:
        raise RunError(f"{path} is a definition of the airbnb dialect; run it with run.py")
    return data


def job_environment(data: Mapping[str, Any], mode: str, process: Mapping[str, str], app_name: str) -> dict[str, str]:
    """The environment of a job; a variable of this process goes before one of the definition."""
    settings = (data.get("executionInfo") or {}).get("env") or {}
    own = (settings.get("modeEnvironments") or {}).get(mode) or settings.get("common") or {}
    return {"APP_NAME": app_name, **own, **process}


def _day(flag: str, text: str | None) -> str | None:
    if text is not None and not airbnb_module("repo.run").is_day(text):
        raise RunError(f"{flag} {text} is not a day of the form yyyy-MM-dd")
    return text


def _own_launcher(repository: str, environment: dict[str, str], online_jar: str | None) -> list[str]:
    """The start of a command by the installed Spark; may extend the environment."""
    try:
        start = launcher(repository, environment, online_jar)
    except LocalSparkError as error:
        raise RunError(str(error)) from error
    if is_local_master(environment):
        warehouse_folder(repository, environment).mkdir(parents=True, exist_ok=True)
    return start


def _translated(kind: type[Exception], call: Any) -> Any:
    try:
        return call()
    except kind as error:
        raise RunError(str(error)) from error


def _script(repository: str, named: str | None) -> str | None:
    if named is not None:
        if not os.path.isfile(named):
            raise RunError(f"--spark-submit-path {named} does not exist")
        return named
    script = os.path.join(repository, "scripts", "spark_submit.sh")
    return script if os.path.isfile(script) else None


def _local_commands(job: Job, options: Mapping[str, Any], environment: dict[str, str]) -> Iterator[list[str]]:
    """The commands of a job on this machine, one for each range of days."""
    shared = airbnb_module("repo.run")
    jar = _translated(shared.RunError, lambda: shared.find_jar(options["chronon_jar"]))
    job = dataclasses.replace(job, jar=jar)
    mode = jobs.MODES[job.mode]
    if options["sub_help"]:
        yield ["java", "-cp", jar, mode.main_class, jobs.subcommand(job.mode, job.kind), "--help"]
        return
    script = None if mode.is_java else _script(job.repository, options["spark_submit_path"])
    pieces = int(options["parallelism"] or 1)
    ranges = _translated(shared.RunError, lambda: shared.day_ranges(job.start, job.end, pieces))
    if script is not None:
        launcher = ["bash", script]
    elif mode.is_java:
        launcher = []
    elif len(ranges) > 1:
        raise RunError(
            "--parallelism needs a script for a cluster: only one local run at a time can open the metastore"
        )
    else:
        launcher = _own_launcher(job.repository, environment, job.online_jar)
    # A script gets the path as it was given; it may change its folder only if it was written for that.
    conf_path = job.path if script or mode.is_java else job.absolute_path
    for start, end in ranges:
        yield jobs.local_command(dataclasses.replace(job, start=start, end=end), launcher, conf_path)


def _streaming_options(options: Mapping[str, Any]) -> list[str]:
    valued = ("flink_state_uri", "kafka_bootstrap", "validate_rows", "custom_savepoint")
    switches = ("latest_savepoint", "no_savepoint")
    given = [f"--{name.replace('_', '-')}={options[name]}" for name in valued if options[name]]
    return given + [f"--{name.replace('_', '-')}" for name in switches if options[name]]


def _commands(job: Job, options: Mapping[str, Any], environment: dict[str, str], dry_run: bool) -> list[list[str]]:
    """The command lines of a job.

    Raises:
        RunError: Something that the job needs is missing.
        UnsupportedError: The mode, or sending jobs to the cloud, is not built yet.

    """
    if job.mode in jobs.NOT_BUILT:
        raise UnsupportedError(f"--mode {job.mode}: not supported by this version of Chronon Native yet")
    if job.mode == jobs.INFO_MODE:
        script = options["render_info"] or os.path.join(job.repository, "scripts", "render_info.py")
        if not os.path.isfile(script):
            raise RunError(f"--mode info runs {script}, which does not exist; give --render-info")
        return [["python3", script, "--conf", job.path, "--ds", job.end, "--repo", job.repository]]
    provider = jobs.cloud_provider(environment)
    if provider is not None:
        command = jobs.cloud_command(job, provider, environment, _streaming_options(options))
        if not dry_run:
            raise UnsupportedError(
                f"CLOUD_PROVIDER={provider}: jobs cannot be sent to a cloud by this version of Chronon Native yet; "
                "--dry-run prints the command, and without CLOUD_PROVIDER the job runs on this machine"
            )
        return [command]
    if job.mode in jobs.STREAMING_MODES:
        raise UnsupportedError(
            f"--mode {job.mode} on this machine: not supported by this version of Chronon Native yet; see "
            "--mode local-streaming"
        )
    return list(_local_commands(job, options, environment))


def _run_one(command: Sequence[str], environment: Mapping[str, str]) -> int:
    click.echo(f"Running command: {shlex.join(command)}")
    return subprocess.run(command, env=dict(environment), check=False).returncode


def run_job(conf: str, options: Mapping[str, Any], further: Sequence[str], process: Mapping[str, str]) -> int:
    """Runs what the options ask for, and returns the exit code."""
    for argument in further:
        if argument.partition("=")[0] in REFUSED_FLAGS:
            raise UnsupportedError(f"zipline run {argument}: not supported by this version of Chronon Native yet")
    repository, mode = options["repo"], options["mode"]
    if dialect_of(repository) == AIRBNB:
        raise DialectError(f"{repository} is a repository of the airbnb dialect; run run.py there")
    path = resolve_conf(repository, conf)
    parts = path.split("/")[-CONF_DEPTH:]
    if len(parts) < CONF_DEPTH:
        raise RunError(f"CONF {conf} is not of the form compiled/<kind>/<team>/<name>")
    data = read_meta_data(os.path.join(repository, path))
    kind, name = parts[1], str(data.get("name"))
    app_name = options["app_name"] or f"chronon_{kind}_{mode}_{options['env']}_{name}"
    environment = job_environment(data, mode, process, app_name)
    job = Job(
        mode=mode,
        repository=repository,
        path=path,
        name=name,
        kind=kind,
        end=_day("--end-ds", options["end_ds"]) or _day("--ds", options["ds"]) or date.today().strftime(DATE_FORMAT),
        start=_day("--start-ds", options["start_ds"]),
        online_jar=options["online_jar"] or environment.get("CHRONON_ONLINE_JAR"),
        online_class=options["online_class"] or environment.get("CHRONON_ONLINE_CLASS"),
        online_args=shlex.split(options["online_args"] or environment.get("CHRONON_ONLINE_ARGS", "")),
        further=further,
        uploader=options["uploader"],
    )
    dry_run = options["dry_run"]
    commands = _commands(job, options, environment, dry_run)
    if dry_run:
        for variable in sorted(environment.keys() - process.keys()):
            click.echo(f"{variable}={shlex.quote(environment[variable])}")
        for command in commands:
            click.echo(shlex.join(command))
        return 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(commands)) as pool:
        codes = list(pool.map(lambda command: _run_one(command, environment), commands))
    return max(codes, key=abs)


def _option(name: str, text: str, **settings: Any) -> Any:
    return click.option(name, help=text, **settings)


OPTIONS = (
    click.option("-e", "--env", default="dev", show_default=True, help="Part of the default name of the application."),
    click.option("-m", "--mode", type=click.Choice(jobs.ALL_MODES), default="backfill", show_default=True),
    _option("--ds", "Last day of the job, yyyy-MM-dd; today when absent."),
    _option("--start-ds", "First day of the job; overrides the start of the definition."),
    _option("--end-ds", "Last day of the job; wins over --ds."),
    _option("--parallelism", "Number of runs at the same time, each over a part of the days.", type=click.IntRange(1)),
    _option("--app-name", "Name of the Spark application.", envvar="APP_NAME"),
    click.option("-r", "--repo", default=".", show_default=True, help="Root of the repository."),
    _option("--chronon-jar", "Jar with the driver.", envvar="CHRONON_DRIVER_JAR"),
    _option("--spark-submit-path", "Script to run in place of scripts/spark_submit.sh of the repository."),
    _option("--online-jar", "Jar of the online side.", envvar="CHRONON_ONLINE_JAR"),
    _option("--online-class", "Class of the online side.", envvar="CHRONON_ONLINE_CLASS"),
    _option("--online-args", "Arguments of the online side, such as -Zkey=value."),
    _option("--render-info", "Script of the info mode; scripts/render_info.py of the repository when absent."),
    _option("--uploader", "What loads data into the store.", type=click.Choice(["spark", "bigquery"])),
    _option("--kafka-bootstrap", "Kafka server, host:port."),
    _option("--flink-state-uri", "Folder for checkpoints and savepoints."),
    _option("--custom-savepoint", "Savepoint to start the streaming job from."),
    _option("--latest-savepoint", "Start the streaming job from its latest savepoint.", is_flag=True),
    _option("--no-savepoint", "Start the streaming job from no savepoint.", is_flag=True),
    _option("--validate-rows", "Number of rows to validate.", default="10000", show_default=True),
    _option("--conf-type", "Kept for --sub-help of the reference; the path tells the kind."),
    _option("--sub-help", "Print the help of the driver's subcommand.", is_flag=True),
    _option("--dry-run", "Print environment and command lines; run nothing.", is_flag=True),
)


def _with_options(command: Any) -> Any:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command(
    name="run",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
)
@click.argument("conf")
@_with_options
@click.argument("further", nargs=-1, type=click.UNPROCESSED)
def main(conf: str, further: tuple[str, ...], **options: Any) -> None:
    """Run the job of a compiled definition; further arguments go to the driver.

    CONF is the path of the definition, such as compiled/joins/team/file.variable__1.
    """
    try:
        code = run_job(conf, options, further, os.environ)
    except ChrononError as error:
        click.secho(f"zipline run: {error}", fg="red", err=True)
        code = 1
    sys.exit(code if code >= 0 else 128 - code)
