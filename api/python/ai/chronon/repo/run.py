"""`run.py`: runs the job of a compiled definition on Spark.

Standard library only and complete in one file, so that a scheduler can take just this file.

The environment of the job comes from five layers; a variable is taken from the first that has it:
the environment of this process; `metaData.modeToEnvMap[mode]` of the compiled definition; the team's
section in `teams.json` for `--env`, then for `production`; the default team's section for
`production`; and the default team's `common_env`.

A repository with `scripts/spark_submit.sh` is run by that script. One without is run by
`spark-submit` itself: $SPARK_SUBMIT_PATH, else that of the pyspark 3.5 which is installed next to
this interpreter, with settings from the variables in `SPARK_SETTINGS` and, for a local master, a
warehouse and an embedded metastore below `<repository>/warehouse`:

    CHRONON_WAREHOUSE_DIR   another folder for both
    CHRONON_METASTORE_URL   another JDBC address for the metastore
    CHRONON_SPARK_CONF      further settings, `key=value` separated by spaces, quoted as in a shell

Exit codes: 0, 1 for what cannot be run, 2 for wrong usage, else that of the job.
"""

import argparse
import concurrent.futures
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

DRIVER_CLASS = "ai.chronon.spark.Driver"
JAR_NAME = "chronon-native-spark.jar"
DEFAULT_TEAM = "default"
DEFAULT_ENVIRONMENT = "production"
DATE_FORMAT = "%Y-%m-%d"
CONF_DEPTH = 4
ADDITIONAL_ARGS = "CHRONON_CONFIG_ADDITIONAL_ARGS"
# Modes in which arguments from the custom JSON of the definition reach the job.
MODES_WITH_ADDITIONAL_ARGS = frozenset(
    {"backfill", "backfill-left", "backfill-final", "upload", "model-transform-batch"}
)
GROUP_BYS, JOINS, STAGING_QUERIES = "group_bys", "joins", "staging_queries"

# Mode to kind of definition to subcommand of the driver. All of these take a path and an end date.
OFFLINE_MODES: dict[str, dict[str, str]] = {
    "backfill": {GROUP_BYS: "group-by-backfill", JOINS: "join", STAGING_QUERIES: "staging-query-backfill"},
    "backfill-left": {JOINS: "join-left"},
    "backfill-final": {JOINS: "join-final"},
    "upload": {GROUP_BYS: "group-by-upload"},
    "analyze": {GROUP_BYS: "analyze", JOINS: "analyze"},
    "metadata-export": dict.fromkeys((GROUP_BYS, JOINS, STAGING_QUERIES), "metadata-export"),
    "stats-summary": {JOINS: "stats-summary"},
    "log-summary": {JOINS: "log-summary"},
    "log-flattener": {JOINS: "log-flattener"},
    "label-join": {JOINS: "label-join"},
    "consistency-metrics-compute": {JOINS: "consistency-metrics-compute"},
    "compare": {JOINS: "compare-join-query"},
}
INFO_MODE = "info"
UNSUPPORTED_MODES = ("streaming", "local-streaming", "metadata-upload", "fetch", "model-transform-batch")

# Variable to Spark setting, for runs without a script of the repository.
SPARK_SETTINGS: dict[str, tuple[str, ...]] = {
    "PARALLELISM": ("spark.sql.shuffle.partitions", "spark.default.parallelism"),
    "DRIVER_MEMORY": ("spark.driver.memory",),
    "EXECUTOR_MEMORY": ("spark.executor.memory",),
    "EXECUTOR_CORES": ("spark.executor.cores",),
    "MAX_EXECUTORS": ("spark.dynamicAllocation.maxExecutors",),
    "PARTITION_COLUMN": ("spark.chronon.partition.column",),
    "PARTITION_FORMAT": ("spark.chronon.partition.format",),
    "ENABLE_VALIDATION": ("spark.chronon.backfill.validation.enabled",),
    "OUTPUT_PARALLELISM": ("spark.chronon.outputParallelismOverride",),
    "ROW_COUNT_PER_PARTITION": ("spark.chronon.rowCountPerPartition",),
}


class RunError(Exception):
    """A job that cannot be run; the message says what is missing and how to supply it."""


@dataclass(frozen=True)
class Flag:
    """One flag of the command line, and the environment variable that its default comes from."""

    name: str
    help: str
    variable: str | None = None
    default: str | None = None
    is_switch: bool = False


FLAGS = (
    Flag("--conf", "Compiled definition: <folder>/<type>/<team>/<name>, relative to --repo."),
    Flag("--env", "Section of the team in teams.json whose variables are taken first.", default="dev"),
    Flag("--mode", "What to run.", default="backfill"),
    Flag("--ds", "Last day of the job, yyyy-MM-dd; today when absent."),
    Flag("--start-ds", "First day of the job; overrides the start of the definition."),
    Flag("--end-ds", "Last day of the job; wins over --ds."),
    Flag("--parallelism", "Number of runs at the same time, each over a part of the days.", default="1"),
    Flag("--app-name", "Name of the Spark application.", variable="APP_NAME"),
    Flag("--repo", "Root of the repository.", variable="CHRONON_REPO_PATH", default="."),
    Flag("--chronon-jar", "Jar with the driver.", variable="CHRONON_DRIVER_JAR"),
    Flag("--spark-submit-path", "Script to run in place of scripts/spark_submit.sh of the repository."),
    Flag("--spark-streaming-submit-path", "For streaming modes, which are not supported yet."),
    Flag("--conf-type", "Type of the definitions when there is no --conf.", default=GROUP_BYS),
    Flag("--online-jar", "Jar of the online side, added to the job's jars.", variable="CHRONON_ONLINE_JAR"),
    Flag("--online-class", "For online modes, which are not supported yet.", variable="CHRONON_ONLINE_CLASS"),
    Flag("--online-args", "For online modes, which are not supported yet.", variable="CHRONON_ONLINE_ARGS"),
    Flag("--online-jar-fetch", "For online modes, which are not supported yet."),
    Flag(
        "--version",
        "Version of a jar to download; a jar is never downloaded yet, see --chronon-jar.",
        variable="VERSION",
    ),
    Flag("--spark-version", "As --version.", variable="SPARK_VERSION"),
    Flag("--release-tag", "As --version."),
    Flag("--list-apps", "For streaming modes, which are not supported yet."),
    Flag("--render-info", "Script of the info mode; scripts/render_info.py of the repository when absent."),
    Flag("--sub-help", "Print the help of the driver's subcommand.", is_switch=True),
)
# Given on the command line, these ask for something that is not there yet.
UNSUPPORTED_FLAGS = {
    "spark_streaming_submit_path": "a streaming job",
    "online_jar_fetch": "an online job",
    "list_apps": "a streaming job",
    "release_tag": "the download of a jar",
}


def make_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """The parser of the flags; defaults come from the environment. Unknown arguments go to the driver."""
    parser = argparse.ArgumentParser(prog="run.py", description="Run the job of a compiled definition on Spark.")
    for flag in FLAGS:
        if flag.is_switch:
            parser.add_argument(flag.name, action="store_true", help=flag.help)
        else:
            default = environment.get(flag.variable) if flag.variable else None
            help_text = f"{flag.help} [{f'${flag.variable}' if flag.variable else ''}{flag.default or ''}]"
            parser.add_argument(flag.name, default=default or flag.default, help=help_text.replace(" []", ""))
    return parser


@dataclass(frozen=True)
class Conf:
    """A compiled definition as the command line names it."""

    path: str
    type: str
    team: str
    name: str

    @classmethod
    def parse(cls, path: str) -> "Conf":
        """Takes a path apart; team and name may be empty, for all definitions of a type."""
        parts = path.split("/")[-CONF_DEPTH:]
        if len(parts) < CONF_DEPTH:
            raise RunError(f"--conf {path} is not of the form <folder>/<type>/<team>/<name>")
        return cls(path, *parts[1:])


def _load_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{path} is not JSON: {error}; compile it again, or repair it") from error
    if not isinstance(content, dict):
        raise RunError(f"{path} does not hold a JSON object; compile it again, or repair it")
    return content


def _additional_args(custom: Mapping[str, Any]) -> str:
    """The custom arguments of a definition as one text, whether they are a list, a text or a dictionary."""
    arguments = custom.get("additional_args") or []
    if isinstance(arguments, str):
        return arguments
    if isinstance(arguments, dict):
        return " ".join(f"--{key.replace('_', '-')}={value}" for key, value in arguments.items())
    return " ".join(str(argument) for argument in arguments)


def _conf_layer(path: Path, definition: Mapping[str, Any], mode: str) -> dict[str, Any]:
    meta_data = definition.get("metaData", {})
    layer = dict(meta_data.get("modeToEnvMap", {}).get(mode, {}))
    try:
        custom = json.loads(meta_data.get("customJson") or "{}")
    except ValueError as error:
        raise RunError(f"metaData.customJson of {path} is not JSON: {error}; compile it again") from error
    if mode in MODES_WITH_ADDITIONAL_ARGS and custom:
        layer[ADDITIONAL_ARGS] = _additional_args(custom)
    return layer


def _app_name(args: argparse.Namespace, conf: Conf | None, definition: Mapping[str, Any] | None) -> str:
    if args.app_name:
        return str(args.app_name)
    if conf is not None and definition is not None:
        return f"chronon_{conf.type}_{args.mode}_{args.env}_{definition.get('metaData', {}).get('name', conf.name)}"
    kind = [conf.type] if conf is not None else []
    return "_".join(["chronon", *kind, args.mode.replace("-", "_")])


def environment_layers(args: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """The layers below the environment of the process, highest first, each with the name it is printed by."""
    teams_file = Path(args.repo, "teams.json")
    if not teams_file.exists():
        return
    teams = _load_json(teams_file)
    conf = Conf.parse(args.conf) if args.conf else None
    path = Path(args.repo, args.conf) if args.conf else None
    definition = _load_json(path) if path is not None and path.is_file() else None
    mode = "streaming" if "streaming" in args.mode else args.mode
    if path is not None and definition is not None:
        yield "conf_env", _conf_layer(path, definition, mode)
    if conf is not None and conf.team:
        if conf.team not in teams:
            raise RunError(f"team {conf.team!r} of --conf {conf.path} is not in {teams_file}; add it")
        yield "team_env", teams[conf.team].get(args.env, {}).get(mode, {})
        yield "team_env", teams[conf.team].get(DEFAULT_ENVIRONMENT, {}).get(mode, {})
    default = teams.get(DEFAULT_TEAM, {})
    yield "default_env", default.get(DEFAULT_ENVIRONMENT, {}).get(mode, {})
    yield "common_env", default.get("common_env", {})
    yield (
        "cli_args",
        {
            "APP_NAME": _app_name(args, conf, definition),
            "CHRONON_CONF_PATH": os.path.join(args.repo, args.conf) if args.conf else None,
            "CHRONON_DRIVER_JAR": args.chronon_jar,
            "CHRONON_ONLINE_JAR": args.online_jar,
            "CHRONON_ONLINE_CLASS": args.online_class,
        },
    )


def resolve_environment(args: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the job: that of the process, and below it the layers. Prints what a layer adds."""
    resolved = dict(environment)
    for layer, variables in environment_layers(args):
        for key, value in variables.items():
            if key in environment:
                print(f"From <environment> found {key}={environment[key]}")
            elif key not in resolved and value is not None:
                print(f"From <{layer}> setting {key}={value}")
                resolved[key] = str(value)
    return resolved


def find_jar(named: str | None) -> str:
    """The jar with the driver: the one that was named, that of the package, or that of a source checkout."""
    if named:
        if "://" not in named and not Path(named).is_file():
            raise RunError(f"the jar {named} does not exist; check --chronon-jar and CHRONON_DRIVER_JAR")
        return named
    here = Path(__file__).resolve()
    candidates = [here.parent.parent / "jars" / JAR_NAME, *(folder / "build" / JAR_NAME for folder in here.parents)]
    for candidate in candidates:
        if candidate.is_file():
            return str(candidate)
    raise RunError(
        f"no jar with the driver: {JAR_NAME} is neither in the package nor in build/ of a source checkout; "
        "give --chronon-jar, set CHRONON_DRIVER_JAR, or build it with scripts/package"
    )


def _installed_spark() -> Path:
    """The home of the pyspark that is installed next to this interpreter."""
    spec = importlib.util.find_spec("pyspark")
    install = f"install it: {sys.executable} -m pip install 'pyspark>=3.5.4,<3.6', or set SPARK_SUBMIT_PATH"
    if spec is None or not spec.submodule_search_locations:
        raise RunError(f"pyspark is missing next to {sys.executable}; {install}")
    version = importlib.metadata.version("pyspark")
    if not version.startswith("3.5."):
        raise RunError(f"pyspark {version} is installed next to {sys.executable}, 3.5 is needed; {install}")
    return Path(spec.submodule_search_locations[0])


def _spark_submit(environment: dict[str, str]) -> str:
    """The `spark-submit` to start; sets up the environment for the installed pyspark."""
    if not environment.get("JAVA_HOME") and shutil.which("java") is None:
        raise RunError("java is missing; install a JDK 17 (Debian: apt-get install openjdk-17-jdk-headless)")
    named = environment.get("SPARK_SUBMIT_PATH")
    if named:
        found = shutil.which(named)
        if found is None:
            raise RunError(f"SPARK_SUBMIT_PATH={named} is not an executable file")
        return found
    home = _installed_spark()
    # The scripts of Spark look for Python and for their home by these.
    environment["SPARK_HOME"] = str(home)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    return str(home / "bin" / "spark-submit")


def is_local_master(environment: Mapping[str, str]) -> bool:
    """Whether the job runs inside of one process on this machine."""
    return environment.get("JOB_MODE", "local[*]").startswith("local")


def local_spark_conf(repo: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that give every local run of a repository the same warehouse and metastore.

    A tool that prepares tables for a repository starts its session with these too.
    """
    root = Path(repo).resolve()
    warehouse = (root / environment.get("CHRONON_WAREHOUSE_DIR", "warehouse")).resolve()
    metastore = environment.get(
        "CHRONON_METASTORE_URL", f"jdbc:derby:;databaseName={warehouse / 'metastore_db'};create=true"
    )
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(warehouse),
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.driver.extraJavaOptions": f'"-Dderby.stream.error.file={warehouse / "derby.log"}"',
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
    }


def spark_conf(repo: str, environment: Mapping[str, str]) -> dict[str, str]:
    """All settings of a run without a script, later ones winning: local ones, by variable, and free ones."""
    conf = {"spark.sql.catalogImplementation": "hive"}
    defaults: dict[str, str] = {}
    if is_local_master(environment):
        conf.update(local_spark_conf(repo, environment))
        # A few tasks per core; the default of Spark is made for clusters.
        defaults = {"PARALLELISM": str(2 * (os.cpu_count() or 1)), "DRIVER_MEMORY": "2G"}
    for variable, keys in SPARK_SETTINGS.items():
        value = environment.get(variable) or defaults.get(variable)
        conf.update((key, value) for key in keys if value)
    for setting in shlex.split(environment.get("CHRONON_SPARK_CONF", "")):
        key, separator, value = setting.partition("=")
        if not separator:
            raise RunError(f"CHRONON_SPARK_CONF holds {setting!r}; write key=value")
        conf[key] = value
    return conf


def _local_launcher(args: argparse.Namespace, environment: dict[str, str]) -> list[str]:
    """The start of a command without a script of the repository, up to the class."""
    launcher = [_spark_submit(environment), "--master", environment.get("JOB_MODE", "local[*]")]
    launcher += ["--name", environment.get("APP_NAME") or "chronon"]
    if is_local_master(environment):
        environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        Path(local_spark_conf(args.repo, environment)["spark.sql.warehouse.dir"]).mkdir(parents=True, exist_ok=True)
    if args.online_jar:
        launcher += ["--jars", args.online_jar]
    for key, value in spark_conf(args.repo, environment).items():
        launcher += ["--conf", f"{key}={value}"]
    return launcher


def _script(args: argparse.Namespace) -> str | None:
    """The submit script, when there is one."""
    if args.spark_submit_path:
        if not Path(args.spark_submit_path).is_file():
            raise RunError(f"--spark-submit-path {args.spark_submit_path} does not exist")
        return str(args.spark_submit_path)
    script = os.path.join(args.repo, "scripts", "spark_submit.sh")
    return script if os.path.isfile(script) else None


def _script_launcher(script: str, environment: dict[str, str]) -> list[str]:
    """The start of a command by a script; tells the script which `spark-submit` is installed, if it has no other."""
    if not environment.get("SPARK_SUBMIT_PATH"):
        with contextlib.suppress(RunError):
            environment["SPARK_SUBMIT_PATH"] = str(_installed_spark() / "bin" / "spark-submit")
    return ["bash", script]


def _subcommand(mode: str, conf_type: str) -> str:
    if mode in UNSUPPORTED_MODES:
        raise RunError(f"--mode {mode} is not supported by this version of Chronon Native yet")
    subcommands = OFFLINE_MODES.get(mode, {})
    if conf_type not in subcommands:
        possible = sorted(name for name, kinds in OFFLINE_MODES.items() if conf_type in kinds)
        raise RunError(f"--mode {mode} does not exist for {conf_type}; there are: {', '.join([*possible, INFO_MODE])}")
    return subcommands[conf_type]


def day_ranges(start: str | None, end: str, pieces: int) -> list[tuple[str | None, str]]:
    """Splits days into contiguous ranges of equal length; what is left over goes to the last.

    >>> day_ranges("2022-01-01", "2022-01-05", 2)
    [('2022-01-01', '2022-01-02'), ('2022-01-03', '2022-01-05')]
    """
    if pieces == 1:
        return [(start, end)]
    if start is None:
        raise RunError(f"--parallelism {pieces} needs --start-ds")
    first, last = (datetime.strptime(day, DATE_FORMAT).date() for day in (start, end))
    days = (last - first).days + 1
    if days < pieces:
        raise RunError(
            f"--parallelism {pieces} over the {max(days, 0)} days from {start} to {end}; give fewer, or more days"
        )
    starts = [first + timedelta(days=(days // pieces) * piece) for piece in range(pieces)]
    ends = [following - timedelta(days=1) for following in starts[1:]] + [last]
    return [(str(begin), str(finish)) for begin, finish in zip(starts, ends, strict=True)]


def _checked_day(flag: str, day: str | None) -> str | None:
    if day is not None:
        try:
            padded = datetime.strptime(day, DATE_FORMAT).strftime(DATE_FORMAT)
        except ValueError:
            padded = None
        # Partitions are compared as text, so a day without its zeros would select the wrong ones.
        if padded != day:
            raise RunError(f"{flag} {day} is not a day of the form yyyy-MM-dd")
    return day


def commands(args: argparse.Namespace, passed_on: Sequence[str], environment: dict[str, str]) -> list[list[str]]:
    """The command lines of a run, one for each range of days; may extend the environment.

    Raises:
        RunError: Something that the job needs is missing, or is not supported yet.

    """
    for flag, what in UNSUPPORTED_FLAGS.items():
        if getattr(args, flag):
            raise RunError(f"--{flag.replace('_', '-')} asks for {what}, which is not supported yet")
    end = _checked_day("--end-ds", args.end_ds) or _checked_day("--ds", args.ds) or date.today().strftime(DATE_FORMAT)
    start = _checked_day("--start-ds", args.start_ds)
    if args.mode == INFO_MODE:
        script = args.render_info or os.path.join(args.repo, "scripts", "render_info.py")
        return [["python3", script, "--conf", str(args.conf), "--ds", end, "--repo", args.repo]]
    conf = Conf.parse(args.conf) if args.conf else None
    subcommand = _subcommand(args.mode, conf.type if conf else args.conf_type)
    jar = find_jar(args.chronon_jar)
    script_path = _script(args)
    launcher = _script_launcher(script_path, environment) if script_path else _local_launcher(args, environment)
    driver = [*launcher, "--class", DRIVER_CLASS, jar, subcommand]
    if args.sub_help:
        return [[*driver, "--help"]]
    if conf is None:
        raise RunError(f"--mode {args.mode} needs --conf <folder>/<type>/<team>/<name>")
    absolute = (Path(args.repo) / conf.path).resolve()
    if conf.name and not absolute.is_file():
        raise RunError(f"{absolute} does not exist; compile the definition first, or check --conf and --repo")
    if not args.parallelism.isdigit() or int(args.parallelism) < 1:
        raise RunError(f"--parallelism {args.parallelism} is not a positive number")
    ranges = day_ranges(start, end, int(args.parallelism))
    if len(ranges) > 1 and script_path is None and is_local_master(environment):
        raise RunError("--parallelism needs a cluster: only one local run at a time can open the embedded metastore")
    # A script may change its folder only if it was written for that, so it gets the path as it was given.
    conf_path = conf.path if script_path else str(absolute)
    additional = shlex.split(environment.get(ADDITIONAL_ARGS, ""))
    return [
        [
            *driver,
            f"--conf-path={conf_path}",
            f"--end-date={last}",
            *passed_on,
            *([f"--start-partition-override={first}"] if first else []),
            *additional,
        ]
        for first, last in ranges
    ]


def _run_one(command: Sequence[str], environment: Mapping[str, str]) -> int:
    print(f"Running command: {shlex.join(command)}", flush=True)
    return subprocess.run(command, env=environment, check=False).returncode


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs what the arguments ask for, and returns the exit code."""
    first_pass, _ = make_parser(environment).parse_known_args(arguments)
    print("Setting env variables:")
    resolved = resolve_environment(first_pass, environment)
    args, passed_on = make_parser(resolved).parse_known_args(arguments)
    prepared = commands(args, passed_on, resolved)
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(prepared)) as pool:
        codes = list(pool.map(lambda command: _run_one(command, resolved), prepared))
    return max(codes, key=abs)


def main() -> None:
    """The command line."""
    try:
        code = run(sys.argv[1:], os.environ)
    except RunError as error:
        print(f"run.py: {error}", file=sys.stderr)
        code = 1
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
