"""Command lines of jobs: which subcommand of the driver a mode is, and how a local launcher or a cloud starts it.

A mode is a row in `MODES`; the functions below put its arguments in the order of the reference, so that scripts which
take them apart keep working.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ai.chronon.errors import ChrononError, UnsupportedError

DRIVER_CLASS = "ai.chronon.spark.Driver"
FETCHER_CLASS = "ai.chronon.online.fetcher.FetcherMain"
FLINK_CLASS = "ai.chronon.flink.FlinkJob"
GROUP_BYS, JOINS, STAGING_QUERIES = "group_bys", "joins", "staging_queries"


class RunError(ChrononError):
    """A job that cannot be run; the message says what is missing and how to supply it."""


@dataclass(frozen=True)
class Mode:
    """What a mode runs: kind of definition to subcommand, and which arguments the subcommand takes."""

    subcommands: Mapping[str, str]
    takes_days: bool = True
    takes_online: bool = False
    is_java: bool = False
    main_class: str = DRIVER_CLASS


def _of_all(subcommand: str) -> dict[str, str]:
    return dict.fromkeys((GROUP_BYS, JOINS, STAGING_QUERIES), subcommand)


def _of_joins(subcommand: str) -> Mode:
    return Mode({JOINS: subcommand})


MODES: dict[str, Mode] = {
    "backfill": Mode({GROUP_BYS: "group-by-backfill", JOINS: "join", STAGING_QUERIES: "staging-query-backfill"}),
    "backfill-left": _of_joins("join-left"),
    "backfill-final": _of_joins("join-final"),
    "upload": Mode({GROUP_BYS: "group-by-upload"}),
    "upload-to-kv": Mode({GROUP_BYS: "group-by-upload-bulk-load"}, takes_online=True),
    "stats-summary": _of_joins("stats-summary"),
    "log-summary": _of_joins("log-summary"),
    "analyze": Mode({GROUP_BYS: "analyze", JOINS: "analyze"}),
    "metadata-export": Mode(_of_all("metadata-export")),
    "consistency-metrics-compute": _of_joins("consistency-metrics-compute"),
    "build-comparison-table": _of_joins("build-comparison-table"),
    "compare": _of_joins("compare-join-query"),
    "log-flattener": _of_joins("log-flattener"),
    "label-join": _of_joins("label-join"),
    "source-job": _of_joins("source-job"),
    "join-part-job": _of_joins("join-part-job"),
    "merge-job": _of_joins("merge-job"),
    "metadata-upload": Mode(_of_all("metadata-upload"), takes_days=False, takes_online=True, is_java=True),
    "local-streaming": Mode({GROUP_BYS: "group-by-streaming"}, takes_days=False, takes_online=True, is_java=True),
    "fetch": Mode(_of_all("fetch"), takes_days=False, takes_online=True, is_java=True, main_class=FETCHER_CLASS),
}
STREAMING_MODES = frozenset({"streaming", "streaming-client"})
NOT_BUILT = frozenset({"metastore"})
INFO_MODE = "info"
ALL_MODES = (*MODES, *sorted(STREAMING_MODES), *sorted(NOT_BUILT), INFO_MODE)


@dataclass(frozen=True)
class Job:
    """What is asked for, once the definition is found; days are `yyyy-MM-dd`."""

    mode: str
    repository: str
    path: str
    name: str
    kind: str
    end: str
    start: str | None = None
    jar: str = ""
    online_jar: str | None = None
    online_class: str | None = None
    online_args: Sequence[str] = ()
    further: Sequence[str] = ()
    uploader: str | None = None

    @property
    def absolute_path(self) -> str:
        """The definition's file."""
        return os.path.realpath(os.path.join(self.repository, self.path))


def subcommand(mode: str, kind: str) -> str:
    """The driver's subcommand.

    Raises:
        RunError: The mode does not exist for definitions of this kind.

    """
    subcommands = MODES[mode].subcommands
    if kind not in subcommands:
        possible = ", ".join(name for name, row in MODES.items() if kind in row.subcommands)
        raise RunError(f"--mode {mode} does not exist for {kind}; there are: {possible}")
    return subcommands[kind]


def _online(job: Job) -> list[str]:
    if not job.online_jar or not job.online_class:
        raise RunError(
            f"--mode {job.mode} needs the online side: give --online-jar and --online-class, or set CHRONON_ONLINE_JAR "
            "and CHRONON_ONLINE_CLASS"
        )
    return [f"--online-jar={job.online_jar}", f"--online-class={job.online_class}"]


def driver_arguments(job: Job, conf_path: str) -> list[str]:
    """The subcommand and its arguments."""
    mode = MODES[job.mode]
    fetches = mode.main_class == FETCHER_CLASS
    arguments = [subcommand(job.mode, job.kind)]
    arguments += [] if fetches else [f"--conf-path={conf_path}"]
    arguments += [f"--end-date={job.end}"] if mode.takes_days else []
    arguments += _online(job) if mode.takes_online else []
    arguments += ["-d"] if job.mode == "local-streaming" else []
    arguments += job.further
    arguments += job.online_args if mode.is_java else []
    arguments += [f"--start-partition={job.start}"] if mode.takes_days and job.start else []
    arguments += [f"--conf-type={job.kind}"]
    arguments += [f"--uploader={job.uploader}"] if job.mode == "upload-to-kv" and job.uploader else []
    if not fetches:
        arguments += [f"--local-conf-path={job.absolute_path}", f"--original-mode={job.mode}"]
    return arguments


def local_command(job: Job, launcher: Sequence[str], conf_path: str) -> list[str]:
    """The command of a job on this machine; the launcher is what stands before `--class`."""
    mode = MODES[job.mode]
    start = ["java", "-cp", job.jar, mode.main_class] if mode.is_java else [*launcher, "--class", DRIVER_CLASS, job.jar]
    return [*start, *driver_arguments(job, conf_path)]


@dataclass(frozen=True)
class Cloud:
    """Where a cloud has its submitter, its jars and its copies of definitions."""

    submitter: str
    jar: str
    online_class: str
    scheme: str


CLOUDS = {
    "gcp": Cloud(
        "ai.chronon.integrations.cloud_gcp.DataprocSubmitter",
        "cloud_gcp_lib_deploy.jar",
        "ai.chronon.integrations.cloud_gcp.GcpApiImpl",
        "gs",
    ),
    "aws": Cloud(
        "ai.chronon.integrations.aws.EmrServerlessSubmitter",
        "cloud_aws_lib_deploy.jar",
        "ai.chronon.integrations.aws.AwsApiImpl",
        "s3",
    ),
    "azure": Cloud(
        "ai.chronon.spark.submission.KyuubiSubmitter",
        "cloud_azure_lib_deploy.jar",
        "ai.chronon.integrations.cloud_azure.AzureApiImpl",
        "abfss",
    ),
}
# Stands for the number that a submission would get.
JOB_ID = "<job-id>"


def _needed(environment: Mapping[str, str], variable: str, provider: str) -> str:
    value = environment.get(variable)
    if not value:
        raise RunError(f"CLOUD_PROVIDER={provider} needs {variable}; set it in the env of the team in teams.py")
    return value


def cloud_provider(environment: Mapping[str, str]) -> str | None:
    """The cloud that jobs are sent to, or None for jobs on this machine.

    Raises:
        RunError: There is no such cloud.

    """
    provider = (environment.get("CLOUD_PROVIDER") or "").lower()
    if provider and provider not in CLOUDS:
        raise RunError(f"CLOUD_PROVIDER={provider} is none of {', '.join(CLOUDS)}; unset it to run on this machine")
    return provider or None


def cloud_command(job: Job, provider: str, environment: Mapping[str, str], streaming: Sequence[str]) -> list[str]:
    """The command that submits a job to a cloud.

    Raises:
        RunError: A setting of the cloud is missing.
        UnsupportedError: The mode cannot be submitted there.

    """
    cloud = CLOUDS[provider]
    jars = f"{_needed(environment, 'ARTIFACT_PREFIX', provider).rstrip('/')}/release/"
    version = _needed(environment, "VERSION", provider)
    jars += f"{version}/jars"
    start = ["java", "-cp", cloud.jar, cloud.submitter]
    if job.mode in STREAMING_MODES:
        return [*start, *_flink_arguments(job, provider, environment, jars, streaming)]
    if job.mode == "fetch" or job.mode not in MODES:
        raise UnsupportedError(f"--mode {job.mode} with CLOUD_PROVIDER={provider}: not supported by this version yet")
    file = os.path.basename(job.path)
    bucket = f"{cloud.scheme}://zipline-warehouse-{_needed(environment, 'CUSTOMER_ID', provider)}/metadata"
    copy = f"{bucket}/{JOB_ID}/{file}" if provider == "gcp" else f"{bucket}/{file}"
    job = Job(**{**vars(job), "online_jar": cloud.jar, "online_class": cloud.online_class})
    arguments = [f"--jar-uri={jars}/{cloud.jar}", "--job-type=spark", f"--main-class={DRIVER_CLASS}"]
    if provider == "gcp":
        arguments += [
            f"--zipline-version={version}",
            f"--job-id={JOB_ID}",
            "--is-gcp",
            f"--gcp-project-id={_needed(environment, 'GCP_PROJECT_ID', provider)}",
            f"--gcp-bigtable-instance-id={_needed(environment, 'GCP_BIGTABLE_INSTANCE_ID', provider)}",
        ]
    return [*start, *driver_arguments(job, file), *arguments, f"--files={copy}"]


def _flink_arguments(
    job: Job, provider: str, environment: Mapping[str, str], jars: str, streaming: Sequence[str]
) -> list[str]:
    if provider != "gcp" or job.mode != "streaming":
        raise UnsupportedError(f"--mode {job.mode} with CLOUD_PROVIDER={provider}: not supported by this version yet")
    if job.kind != GROUP_BYS:
        raise RunError(f"--mode {job.mode} does not exist for {job.kind}, only for {GROUP_BYS}")
    cloud = CLOUDS[provider]
    version = _needed(environment, "VERSION", provider)
    options = dict(option.split("=", 1) for option in streaming if "=" in option)
    state = options.get("--flink-state-uri") or _needed(environment, "FLINK_STATE_URI", provider)
    kafka = options.get("--kafka-bootstrap")
    return [
        f"--groupby-name={job.name}",
        *([f"--kafka-bootstrap={kafka}"] if kafka else []),
        f"--online-class={cloud.online_class}",
        f"-ZGCP_PROJECT_ID={_needed(environment, 'GCP_PROJECT_ID', provider)}",
        f"-ZGCP_BIGTABLE_INSTANCE_ID={_needed(environment, 'GCP_BIGTABLE_INSTANCE_ID', provider)}",
        f"--validate-rows={options['--validate-rows']}",
        f"--streaming-manifest-path={state}/manifests",
        f"--streaming-checkpoint-path={state}/checkpoints",
        f"--local-zipline-version={version}",
        f"--local-conf-path={job.absolute_path}",
        f"--original-mode={job.mode}",
        f"--conf-type={job.kind}",
        *(option for option in streaming if "savepoint" in option),
        f"--jar-uri={jars}/{cloud.jar}",
        "--job-type=flink",
        f"--main-class={FLINK_CLASS}",
        f"--zipline-version={version}",
        f"--job-id={JOB_ID}",
        f"--flink-main-jar-uri={jars}/flink_assembly_deploy.jar",
    ]
