"""`run.py`: runs the job of a compiled definition on Spark.

Standard library only and complete in one file for a repository with scripts, so that a scheduler can take just this
file. Read from top to bottom: the tables of modes and flags, the environment of a job, its command lines, the run.

The environment of the job comes from five layers; a variable is taken from the first that has it:
the environment of this process; `metaData.modeToEnvMap[mode]` of the compiled definition; the team's
section in `teams.json` for `--env`, then for `production`; the default team's section for
`production`; and the default team's `common_env`.

A repository with `scripts/spark_submit.sh` (`scripts/spark_streaming.sh` for streaming) is run by that script. One
without is run as `ai.chronon.repo.local_spark` says; for that the package must be installed.

Exit codes: 0, 1 for what cannot be run, 2 for wrong usage, else that of the job.
"""

import argparse
import concurrent.futures
import contextlib
import importlib
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
ONLINE_JAR = "CHRONON_ONLINE_JAR"


# --- Modes and flags -------------------------------------------------------------------------------------------------

GROUP_BYS, JOINS, STAGING_QUERIES = "group_bys", "joins", "staging_queries"


@dataclass(frozen=True)
class Mode:
    """What a mode runs: the subcommand of the driver by kind of definition, and which arguments that gets."""

    subcommands: Mapping[str, str]
    takes_path: bool = True
    takes_end: bool = True
    is_online: bool = False
    is_submitted: bool = True
    """Whether Spark's launcher starts it; else the JVM is started with the driver's class."""
    takes_additional_args: bool = False
    """Whether arguments from the custom JSON of the definition reach the job."""
    trailing: tuple[str, ...] = ()


def _of_joins(subcommand: str) -> Mode:
    return Mode({JOINS: subcommand})


MODES: dict[str, Mode] = {
    "backfill": Mode(
        {GROUP_BYS: "group-by-backfill", JOINS: "join", STAGING_QUERIES: "staging-query-backfill"},
        takes_additional_args=True,
    ),
    "backfill-left": Mode({JOINS: "join-left"}, takes_additional_args=True),
    "backfill-final": Mode({JOINS: "join-final"}, takes_additional_args=True),
    "upload": Mode({GROUP_BYS: "group-by-upload"}, takes_additional_args=True),
    # Of the zipline dialect; here the reference leaves it to a loader of each store.
    "upload-to-kv": Mode({GROUP_BYS: "group-by-upload-bulk-load"}, is_online=True),
    "streaming": Mode({GROUP_BYS: "group-by-streaming"}, takes_end=False, is_online=True),
    "local-streaming": Mode(
        {GROUP_BYS: "group-by-streaming"}, takes_end=False, is_online=True, is_submitted=False, trailing=("-d",)
    ),
    "metadata-upload": Mode(
        dict.fromkeys((GROUP_BYS, JOINS), "metadata-upload"), takes_end=False, is_online=True, is_submitted=False
    ),
    "fetch": Mode(
        dict.fromkeys((GROUP_BYS, JOINS), "fetch"),
        takes_path=False,
        takes_end=False,
        is_online=True,
        is_submitted=False,
    ),
    "analyze": Mode(dict.fromkeys((GROUP_BYS, JOINS), "analyze")),
    "metadata-export": Mode(dict.fromkeys((GROUP_BYS, JOINS, STAGING_QUERIES), "metadata-export")),
    "stats-summary": _of_joins("stats-summary"),
    "log-summary": _of_joins("log-summary"),
    "log-flattener": _of_joins("log-flattener"),
    "label-join": _of_joins("label-join"),
    "consistency-metrics-compute": _of_joins("consistency-metrics-compute"),
    "compare": _of_joins("compare-join-query"),
    "model-transform-batch": Mode({JOINS: "model-transform-batch"}, is_online=True, takes_additional_args=True),
}
OWN_MODES = frozenset({"upload-to-kv"})
# Runs a script of the repository in place of the driver, for every kind of definition.
INFO_MODE = "info"
STREAMING_MODE = "streaming"


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
    choices: tuple[str, ...] | None = None


# Exactly the reference's flags: unknown arguments go to the driver and known ones may be shortened, so that one flag
# more would change what an existing command line means.
FLAGS = (
    Flag("--conf", "Compiled definition: <folder>/<type>/<team>/<name>, relative to --repo."),
    Flag("--env", "Section of the team in teams.json whose variables are taken first.", default="dev"),
    Flag("--mode", "What to run.", default="backfill", choices=(*MODES, INFO_MODE)),
    Flag("--ds", "Last day of the job, yyyy-MM-dd; today when absent."),
    Flag("--start-ds", "First day of the job; overrides the start of the definition."),
    Flag("--end-ds", "Last day of the job; wins over --ds."),
    Flag("--parallelism", "Number of runs at the same time, each over a part of the days.", default="1"),
    Flag("--app-name", "Name of the Spark application.", variable="APP_NAME"),
    Flag("--repo", "Root of the repository.", variable="CHRONON_REPO_PATH", default="."),
    Flag("--chronon-jar", "Jar with the driver; that of the package when absent.", variable="CHRONON_DRIVER_JAR"),
    Flag("--spark-submit-path", "Script to run in place of scripts/spark_submit.sh of the repository."),
    Flag("--spark-streaming-submit-path", "As --spark-submit-path, for streaming: scripts/spark_streaming.sh."),
    Flag("--conf-type", "Type of the definitions when there is no --conf.", default=GROUP_BYS),
    Flag("--online-jar", "Jar with the online class; the job gets it too.", variable=ONLINE_JAR),
    Flag("--online-class", "Class of the online side, in online modes.", variable="CHRONON_ONLINE_CLASS"),
    Flag("--online-args", "Arguments of the online class, `-Zkey=value …`.", variable="CHRONON_ONLINE_ARGS"),
    Flag(
        "--online-jar-fetch",
        "Program that prints the path of the online jar, asked when --online-jar is no file; "
        "scripts/fetch_online_jar.py of the repository when absent.",
    ),
    Flag("--version", "No effect: the jar comes with the package, or from --chronon-jar.", variable="VERSION"),
    Flag("--spark-version", "No effect, as --version.", variable="SPARK_VERSION"),
    Flag("--release-tag", "No effect, as --version."),
    Flag(
        "--list-apps",
        "Program that prints the running applications as lines of JSON with an app_name, asked before streaming; "
        "scripts/yarn_list.py of the repository when absent.",
    ),
    Flag("--render-info", "Script of the info mode; scripts/render_info.py of the repository when absent."),
    Flag("--sub-help", "Print the help of the driver's subcommand.", is_switch=True),
)
# Flags that the reference does not have; these are known by their whole name only.
DRY_RUN, PLAN = "--dry-run", "--plan"
OWN_FLAGS = f"""
Further, never shortened:
  {DRY_RUN}  print the environment and the command lines, quoted for a shell, and run nothing
  {PLAN}     write plan.json, the steps of a scheduler, and run nothing; {PLAN} --help tells its own flags
Other arguments are handed on to the driver.
"""


def make_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """The parser of the flags; defaults come from the environment. Unknown arguments go to the driver."""
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Run the job of a compiled definition on Spark.",
        epilog=OWN_FLAGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for flag in FLAGS:
        if flag.is_switch:
            parser.add_argument(flag.name, action="store_true", help=flag.help)
        else:
            default = environment.get(flag.variable) if flag.variable else None
            help_text = f"{flag.help} [{f'${flag.variable} ' if flag.variable else ''}{flag.default or ''}]"
            parser.add_argument(
                flag.name,
                default=default or flag.default,
                choices=flag.choices,
                help=help_text.replace(" ]", "]").replace(" []", ""),
            )
    return parser


# --- The environment of a job ----------------------------------------------------------------------------------------


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


def _object(container: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """The JSON object under a key, or an empty one."""
    found = container.get(key) or {}
    if not isinstance(found, dict):
        raise RunError(f"{where}.{key} holds {json.dumps(found)}, where an object is needed")
    return found


def _load_definition(path: Path) -> dict[str, Any]:
    """A compiled definition of the dialect that this program runs."""
    definition = _load_json(path)
    if "executionInfo" in _object(definition, "metaData", str(path)):
        raise RunError(f"{path} is compiled in the zipline dialect (metaData.executionInfo); run it with `zipline run`")
    return definition


def _additional_args(custom: Mapping[str, Any]) -> str:
    """The custom arguments of a definition as one text, whether they are a list, a dictionary or one value."""
    arguments = custom.get("additional_args") or []
    if isinstance(arguments, dict):
        return " ".join(f"--{key.replace('_', '-')}={value}" for key, value in arguments.items())
    return " ".join(map(str, arguments)) if isinstance(arguments, list) else str(arguments)


def _custom_json(path: Path, meta_data: Mapping[str, Any]) -> dict[str, Any]:
    text = meta_data.get("customJson") or "{}"
    try:
        custom = json.loads(text)
    except (ValueError, TypeError) as error:
        raise RunError(f"metaData.customJson of {path} is not JSON: {error}; compile it again") from error
    if not isinstance(custom, dict):
        raise RunError(f"metaData.customJson of {path} is {text}, where an object is needed; compile it again")
    return custom


def _conf_layer(path: Path, definition: Mapping[str, Any], mode: str) -> dict[str, Any]:
    meta_data = _object(definition, "metaData", str(path))
    layer = dict(_object(_object(meta_data, "modeToEnvMap", f"{path}: metaData"), mode, f"{path}: modeToEnvMap"))
    custom = _custom_json(path, meta_data)
    if mode in MODES and MODES[mode].takes_additional_args and custom:
        layer[ADDITIONAL_ARGS] = _additional_args(custom)
    return layer


def _mode_of_environment(mode: str) -> str:
    """The name under which teams and definitions keep the variables of a mode."""
    return STREAMING_MODE if STREAMING_MODE in mode else mode


def _app_name(args: argparse.Namespace, conf: Conf | None, definition: Mapping[str, Any] | None) -> str:
    if args.app_name:
        return str(args.app_name)
    mode = _mode_of_environment(args.mode)
    if conf is not None and definition is not None:
        name = (definition.get("metaData") or {}).get("name", conf.name)
        return f"chronon_{conf.type}_{mode}_{args.env}_{name}"
    kind = [conf.type] if conf is not None else []
    return "_".join(["chronon", *kind, mode.replace("-", "_")])


def environment_layers(args: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """The layers below the environment of the process, highest first, each with the name it is printed by."""
    teams_file = Path(args.repo, "teams.json")
    conf, definition = None, None
    # A folder without this file is no repository: definitions in it have no variables either.
    if teams_file.exists():
        conf = Conf.parse(args.conf) if args.conf else None
        path = Path(args.repo, args.conf) if args.conf else None
        definition = _load_definition(path) if path is not None and path.is_file() else None
        if path is not None and definition is not None:
            yield "conf_env", _conf_layer(path, definition, _mode_of_environment(args.mode))
        yield from _team_layers(args, teams_file, conf)
    yield (
        "cli_args",
        {
            "APP_NAME": _app_name(args, conf, definition),
            "CHRONON_CONF_PATH": os.path.join(args.repo, conf.path) if conf else None,
            "CHRONON_DRIVER_JAR": args.chronon_jar,
            ONLINE_JAR: args.online_jar,
            "CHRONON_ONLINE_CLASS": args.online_class,
        },
    )


def _team_layers(args: argparse.Namespace, teams_file: Path, conf: Conf | None) -> Iterator[tuple[str, dict[str, Any]]]:
    teams = _load_json(teams_file)
    mode = _mode_of_environment(args.mode)

    def section(team: str, environment: str) -> dict[str, Any]:
        settings = _object(teams, team, str(teams_file))
        return _object(_object(settings, environment, f"{teams_file}: {team}"), mode, f"{team}.{environment}")

    if conf is not None:
        team = conf.team or DEFAULT_TEAM
        if team not in teams:
            raise RunError(f"team {team!r} of --conf {conf.path} is not in {teams_file}; add it")
        yield "team_env", section(team, args.env)
        yield "production_team_env", section(team, DEFAULT_ENVIRONMENT)
        yield "default_env", section(DEFAULT_TEAM, DEFAULT_ENVIRONMENT)
    yield "common_env", _object(_object(teams, DEFAULT_TEAM, str(teams_file)), "common_env", DEFAULT_TEAM)


def resolve_environment(args: argparse.Namespace, environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment of the job: that of the process, and below it the layers.

    Also returns a line for each variable of a layer that says where its value comes from.
    """
    resolved = dict(environment)
    # Without repetitions: several layers may have a variable that the process has too.
    notes: dict[str, None] = {}
    for layer, variables in environment_layers(args):
        for key, value in variables.items():
            if key in environment:
                notes[f"From <environment> found {key}={environment[key]}"] = None
            elif key not in resolved and value is not None:
                resolved[key] = value if isinstance(value, str) else json.dumps(value)
                notes[f"From <{layer}> setting {key}={resolved[key]}"] = None
    # The flag also names the application that a streaming run looks for, so the job must not have another name.
    if args.app_name and args.app_name != environment.get("APP_NAME"):
        resolved["APP_NAME"] = args.app_name
    return resolved, list(notes)


# --- Command lines ------------------------------------------------------------------------------


def _jar_candidates() -> Iterator[Path]:
    """Where the jar with the driver may be: beside this file, in an installed package, in a source checkout."""
    here = Path(__file__).resolve()
    yield here.parent.parent / "jars" / JAR_NAME
    # A scheduler may have taken just this file while the package is installed.
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec("ai.chronon")
        for location in (spec.submodule_search_locations or []) if spec else []:
            yield Path(location) / "jars" / JAR_NAME
    for folder in here.parents:
        yield folder / "build" / JAR_NAME


def find_jar(named: str | None) -> str:
    """The jar with the driver: the one that was named, that of the package, or that of a source checkout."""
    if named:
        if "://" not in named and not Path(named).is_file():
            raise RunError(f"the jar {named} does not exist; check --chronon-jar and CHRONON_DRIVER_JAR")
        return named
    for candidate in _jar_candidates():
        if candidate.is_file():
            return str(candidate)
    raise RunError(
        f"no jar with the driver: {JAR_NAME} is neither in the package nor in build/ of a source checkout; "
        "give --chronon-jar, set CHRONON_DRIVER_JAR, or build it with scripts/package"
    )


@dataclass
class Run:
    """A run that is ready to start."""

    environment: dict[str, str]
    commands: list[list[str]] = field(default_factory=list)
    online_jar_fetch: list[str] | None = None
    """Prints the path of the online jar, which stands as `fetched_jar` in the commands until then."""
    is_stream: bool = False
    """Whether one run at a time is enough, so that one that is there already makes this one superfluous."""
    list_apps: list[str] | None = None
    """Prints the running applications."""
    warehouse: Path | None = None
    """The folder that a local run needs."""

    @property
    def fetched_jar(self) -> str:
        """The argument that stands for a jar which is still to be fetched, as a shell would write it."""
        return f"--online-jar=$({shlex.join(self.online_jar_fetch or [])})"


def _script(args: argparse.Namespace, flag: str, default: str) -> str | None:
    """A script that a flag names, or the repository's own when there is one."""
    named = getattr(args, flag)
    if named:
        # bash looks for a script in the folder of the run, then along the path.
        if not Path(named).is_file() and shutil.which(named) is None:
            raise RunError(f"--{flag.replace('_', '-')} {named} does not exist")
        return str(named)
    script = os.path.join(args.repo, "scripts", default)
    return script if os.path.isfile(script) else None


def _program(args: argparse.Namespace, flag: str, default: str, starter: Sequence[str] = ()) -> list[str] | None:
    """A command that a flag gives, arguments and all, or the repository's own script when there is one."""
    named = getattr(args, flag)
    if named:
        return str(named).split()
    script = os.path.join(args.repo, "scripts", default)
    return [*starter, script] if os.path.isfile(script) else None


def _subcommand(mode: str, conf_type: str) -> str:
    subcommands = MODES[mode].subcommands
    if conf_type not in subcommands:
        possible = sorted(name for name, other in MODES.items() if conf_type in other.subcommands)
        if not possible:
            kinds = f"{GROUP_BYS}, {JOINS} and {STAGING_QUERIES}"
            raise RunError(f"there are no definitions of type {conf_type!r}; there are {kinds}")
        raise RunError(f"--mode {mode} does not exist for {conf_type}; there are: {', '.join([*possible, INFO_MODE])}")
    return subcommands[conf_type]


def day_ranges(start: str | None, end: str, pieces: int) -> list[tuple[str | None, str]]:
    """Splits days into contiguous ranges of equal length; what is left over goes to the last.

    >>> day_ranges("2022-01-01", "2022-01-05", 2)
    [('2022-01-01', '2022-01-02'), ('2022-01-03', '2022-01-05')]
    """
    if pieces <= 1:
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


def is_day(text: str) -> bool:
    """Whether a text is a day of the form yyyy-MM-dd.

    Partitions are compared as text, so a day without its zeros would select the wrong ones.
    """
    try:
        return datetime.strptime(text, DATE_FORMAT).strftime(DATE_FORMAT) == text
    except ValueError:
        return False


def _check_day(flag: str, day: str | None) -> None:
    if day is not None and not is_day(day):
        raise RunError(f"{flag} {day} is not a day of the form yyyy-MM-dd")


def _days(args: argparse.Namespace, environment: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """The ranges of days of the runs: one, or as many as run at the same time."""
    try:
        pieces = int(args.parallelism)
    except ValueError:
        raise RunError(f"--parallelism {args.parallelism} is not a number") from None
    end_flag, end = ("--ds", args.ds) if args.end_ds is None else ("--end-ds", args.end_ds)
    # Partitions of another form are named in that form; only splitting needs to understand it.
    if pieces > 1 or environment.get("PARTITION_FORMAT", "yyyy-MM-dd") == "yyyy-MM-dd":
        _check_day(end_flag, end)
        _check_day("--start-ds", args.start_ds)
    return day_ranges(args.start_ds, end or date.today().strftime(DATE_FORMAT), pieces)


def _info(args: argparse.Namespace, environment: Mapping[str, str]) -> list[str]:
    script = _script(args, "render_info", "render_info.py")
    if script is None:
        raise RunError(f"{args.repo}/scripts/render_info.py does not exist; write it, or give --render-info")
    if not args.conf:
        raise RunError(f"--mode {INFO_MODE} needs --conf <folder>/<type>/<team>/<name>")
    end = _days(args, environment)[-1][1]
    return ["python3", script, "--conf", args.conf, "--ds", end, "--repo", args.repo]


def _conf_path(args: argparse.Namespace, conf: Conf | None, is_own: bool) -> str:
    """The path that the driver gets."""
    if conf is None:
        raise RunError(f"--mode {args.mode} needs --conf <folder>/<type>/<team>/<name>")
    if "://" in conf.path:
        return conf.path
    absolute = (Path(args.repo) / conf.path).resolve()
    if conf.name and not absolute.is_file():
        # The driver looks for it from the folder of the run, whatever the repository is.
        if not Path(conf.path).is_file():
            raise RunError(f"{absolute} does not exist; compile the definition first, or check --conf and --repo")
        absolute = Path(conf.path).resolve()
    # A script may change its folder only if it was written for that, so it gets the path as it was given.
    return str(absolute) if is_own else conf.path


def _online_arguments(args: argparse.Namespace, run: Run) -> list[str]:
    """The jar and class of the online side; a jar that is not there is fetched when the run starts."""
    jar = args.online_jar
    arguments = [f"--online-jar={jar}"] if jar else []
    if not (jar and (os.path.exists(jar) or "://" in jar)):
        run.online_jar_fetch = _program(args, "online_jar_fetch", "fetch_online_jar.py")
        if run.online_jar_fetch is not None:
            arguments = [run.fetched_jar]
        elif jar:
            raise RunError(f"--online-jar {jar} does not exist, and there is no --online-jar-fetch to get it with")
    return arguments + ([f"--online-class={args.online_class}"] if args.online_class else [])


def _local_spark() -> Any:
    """The module that runs jobs without a script of the repository; it is no part of the single file."""
    try:
        return importlib.import_module("ai.chronon.repo.local_spark")
    except ImportError:
        return None


def _own_launcher(args: argparse.Namespace, jars: str | None, run: Run) -> list[str]:
    """The start of a command without a script of the repository, up to the class."""
    local = _local_spark()
    if local is None:
        raise RunError(
            f"{args.repo} has no script for --mode {args.mode}; write scripts/spark_submit.sh or scripts/"
            "spark_streaming.sh, give --spark-submit-path, or install the package chronon-native next to this file"
        )
    try:
        command: list[str] = local.launcher(args.repo, run.environment, jars)
    except local.LocalSparkError as error:
        raise RunError(str(error)) from error
    if local.is_local_master(run.environment):
        run.warehouse = local.warehouse_folder(args.repo, run.environment)
    return command


def _submit_script(args: argparse.Namespace) -> str | None:
    if args.mode == STREAMING_MODE:
        return _script(args, "spark_streaming_submit_path", "spark_streaming.sh")
    return _script(args, "spark_submit_path", "spark_submit.sh")


def _launcher(args: argparse.Namespace, mode: Mode, jar: str, run: Run) -> tuple[list[str], bool]:
    """The start of the command up to the subcommand, and whether we start Spark without a script."""
    local = _local_spark()
    if mode.is_submitted and not args.sub_help:
        script = _submit_script(args)
        if script is not None:
            installed = None if local is None else local.installed_spark_submit()
            # A script may rely on the installed Spark, if it is not told of another.
            if installed and not run.environment.get("SPARK_SUBMIT_PATH"):
                run.environment["SPARK_SUBMIT_PATH"] = installed
            return ["bash", script, "--class", DRIVER_CLASS, jar], False
    elif local is None or not local.lacks_spark(jar):
        return ["java", "-cp", jar, DRIVER_CLASS], False
    else:
        # The driver itself does the work of these modes, wherever the jobs of the repository run.
        run.environment["JOB_MODE"] = local.LOCAL_MASTER
    own = _own_launcher(args, None if mode.is_online else args.online_jar, run)
    return [*own, "--class", DRIVER_CLASS, jar], True


def _driver_arguments(
    args: argparse.Namespace, passed_on: Sequence[str], conf: Conf | None, is_own: bool, run: Run
) -> list[list[str]]:
    """The arguments of the subcommand, for each range of days."""
    mode = MODES[args.mode]
    path = [f"--conf-path={_conf_path(args, conf, is_own)}"] if mode.takes_path else []
    online = _online_arguments(args, run) if mode.is_online else []
    passed_on = [*passed_on, *((args.online_args or "").split() if mode.is_online else [])]
    ranges = _days(args, run.environment)
    additional: list[str] = []
    if not mode.is_submitted:
        ranges = [(None, ranges[-1][1])]
    else:
        additional = run.environment.get(ADDITIONAL_ARGS, "").split()
    return [
        [
            *path,
            *([f"--end-date={last}"] if mode.takes_end else []),
            *online,
            *mode.trailing,
            *passed_on,
            *([f"--start-partition-override={first}"] if first else []),
            *additional,
        ]
        for first, last in ranges
    ]


def prepare(args: argparse.Namespace, passed_on: Sequence[str], environment: Mapping[str, str]) -> Run:
    """Everything about a run but running it: one command line for each range of days.

    Raises:
        RunError: Something that the job needs is missing.

    """
    run = Run(dict(environment))
    if args.mode == INFO_MODE:
        run.commands = [_info(args, environment)]
        return run
    mode = MODES[args.mode]
    conf = Conf.parse(args.conf) if args.conf else None
    subcommand = _subcommand(args.mode, conf.type if conf else args.conf_type)
    launcher, is_own = _launcher(args, mode, find_jar(args.chronon_jar), run)
    if args.sub_help:
        run.commands = [[*launcher, subcommand, "--help"]]
        return run
    each = _driver_arguments(args, passed_on, conf, is_own, run)
    if len(each) > 1 and run.warehouse is not None:
        raise RunError("--parallelism needs a cluster: only one local run at a time can open the embedded metastore")
    run.commands = [[*launcher, subcommand, *arguments] for arguments in each]
    run.is_stream = args.mode == STREAMING_MODE
    if run.is_stream:
        run.list_apps = _program(args, "list_apps", "yarn_list.py", ["python3"])
    # The submit script adds the jar in this variable to the job; the driver was told of it already.
    told = f"--online-jar={run.environment.get(ONLINE_JAR)}" in run.commands[0] or run.online_jar_fetch is not None
    if told and len(each) == 1:
        run.environment.pop(ONLINE_JAR, None)
    return run


# --- Running ---------------------------------------------------------------------------------------------------------


def _output_of(command: Sequence[str], environment: Mapping[str, str], what: str) -> str:
    print(f"Running command: {shlex.join(command)}", flush=True)
    try:
        process = subprocess.run(command, env=dict(environment), check=False, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise RunError(f"{shlex.join(command)}, which {what}, cannot be started: {error.strerror}") from error
    if process.returncode != 0:
        raise RunError(f"{shlex.join(command)}, which {what}, ended with exit code {process.returncode}")
    return process.stdout


def _fetch_online_jar(run: Run) -> None:
    """Fetches the online jar and puts its path where the commands have a mark."""
    if run.online_jar_fetch is None:
        return
    jar = _output_of(run.online_jar_fetch, run.environment, "fetches the online jar").strip()
    if not jar:
        raise RunError(f"{shlex.join(run.online_jar_fetch)} printed no path of an online jar")
    mark = run.fetched_jar
    run.commands = [[f"--online-jar={jar}" if part == mark else part for part in line] for line in run.commands]
    if len(run.commands) > 1:
        run.environment[ONLINE_JAR] = jar


def _is_running_already(run: Run) -> bool:
    """Whether an application of our name runs.

    Raises:
        RunError: More than one does, or the applications cannot be listed.

    """
    if run.list_apps is None:
        print("There is no scripts/yarn_list.py and no --list-apps: not checked whether the job runs already.")
        return False
    name = run.environment.get("APP_NAME")
    found = []
    for line in _output_of(run.list_apps, run.environment, "lists the running applications").splitlines():
        app = None
        with contextlib.suppress(ValueError):
            app = json.loads(line)
        if not isinstance(app, dict) or "app_name" not in app:
            print(f"Not the description of an application: {line}")
        elif app["app_name"] == name:
            found.append(app)
    if len(found) > 1:
        raise RunError(
            f"{len(found)} applications named {name} are running, where one may; stop them, then start again"
        )
    if found:
        print(f"The application {name} is running already, nothing to start: {json.dumps(found[0])}")
    return bool(found)


def _run_one(command: Sequence[str], environment: Mapping[str, str]) -> int:
    print(f"Running command: {shlex.join(command)}", flush=True)
    try:
        return subprocess.run(command, env=dict(environment), check=False).returncode
    except OSError as error:
        raise RunError(f"{command[0]} cannot be started: {error.strerror}") from error


def _start(run: Run) -> int:
    _fetch_online_jar(run)
    if run.is_stream and _is_running_already(run):
        return 0
    if run.warehouse is not None:
        run.warehouse.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(run.commands)) as pool:
        codes = list(pool.map(lambda command: _run_one(command, run.environment), run.commands))
    return max(codes, key=abs)


def _show(run: Run, before: Mapping[str, str]) -> None:
    """Prints a run as a shell would take it."""
    for key, value in run.environment.items():
        if before.get(key) != value:
            print(f"export {key}={shlex.quote(value)}")
    for key in before:
        if key not in run.environment:
            print(f"unset {key}")
    if run.list_apps is not None:
        print(f"# before the start: {shlex.join(run.list_apps)}")
    for command in run.commands:
        # A jar that is to be fetched stays a substitution.
        print(" ".join(f'"{part}"' if part == run.fetched_jar else shlex.quote(part) for part in command))


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs what the arguments ask for, and returns the exit code."""
    is_dry = DRY_RUN in arguments
    arguments = [argument for argument in arguments if argument != DRY_RUN]
    first_pass, _ = make_parser(environment).parse_known_args(arguments)
    resolved, notes = resolve_environment(first_pass, environment)
    if not is_dry:
        print("\n".join(["Setting env variables:", *notes]))
    args, passed_on = make_parser(resolved).parse_known_args(arguments)
    prepared = prepare(args, passed_on, resolved)
    if is_dry:
        _show(prepared, environment)
        return 0
    return _start(prepared)


def _plan(arguments: Sequence[str]) -> None:
    """Hands over to the planner, which needs the whole package."""
    try:
        planner = importlib.import_module("ai.chronon.repo.plan")
    except ImportError as error:
        raise RunError(f"{PLAN} needs the package chronon-native next to this file: {error}") from error
    planner.main([argument for argument in arguments if argument != PLAN])


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line; takes the arguments of this process unless others are given."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if PLAN in given:
            _plan(given)
        code = run(given, os.environ)
    except RunError as error:
        print(f"run.py: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        # The job got it too, as it runs in the same group of processes.
        code = -signal.SIGINT
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
