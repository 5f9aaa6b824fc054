"""Running a job without a script of the repository: the installed Spark, and a warehouse in a folder.

`spark-submit` is $SPARK_SUBMIT_PATH, else that of the pyspark 3.5 which is installed next to this interpreter. Its
settings come from the variables in `SPARK_SETTINGS` and, for a local master, from a warehouse and an embedded
metastore below `<repository>/warehouse`:

    CHRONON_WAREHOUSE_DIR   another folder for both
    CHRONON_METASTORE_URL   another JDBC address for the metastore
    CHRONON_SPARK_CONF      further settings, `key=value` separated by spaces, quoted as in a shell
"""

import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

LOCAL_MASTER = "local[*]"

# Variable to Spark setting.
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


class LocalSparkError(Exception):
    """Spark or Java are missing, or a setting of theirs is wrong; the message says how to supply it."""


def lacks_spark(jar: str) -> bool:
    """Whether a jar cannot run without Spark's own jars; one that cannot be read is taken for complete."""
    try:
        with zipfile.ZipFile(jar) as content:
            return "org/apache/spark/SparkContext.class" not in content.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def _installed_spark() -> Path:
    """The home of the pyspark that is installed next to this interpreter."""
    spec = importlib.util.find_spec("pyspark")
    install = f"install it: {sys.executable} -m pip install 'pyspark>=3.5.4,<3.6', or set SPARK_SUBMIT_PATH"
    if spec is None or not spec.submodule_search_locations:
        raise LocalSparkError(f"pyspark is missing next to {sys.executable}; {install}")
    version = importlib.metadata.version("pyspark")
    if not version.startswith("3.5."):
        raise LocalSparkError(f"pyspark {version} is installed next to {sys.executable}, 3.5 is needed; {install}")
    return Path(spec.submodule_search_locations[0])


def installed_spark_submit() -> str | None:
    """The `spark-submit` of the installed pyspark, if that is one which the driver runs on."""
    try:
        return str(_installed_spark() / "bin" / "spark-submit")
    except LocalSparkError:
        return None


def _spark_submit(environment: dict[str, str]) -> str:
    """The `spark-submit` to start; sets up the environment for the installed pyspark."""
    if not environment.get("JAVA_HOME") and shutil.which("java") is None:
        raise LocalSparkError("java is missing; install a JDK 17 (Debian: apt-get install openjdk-17-jdk-headless)")
    named = environment.get("SPARK_SUBMIT_PATH")
    if named:
        found = shutil.which(named)
        if found is None:
            raise LocalSparkError(f"SPARK_SUBMIT_PATH={named} is not an executable file")
        return found
    home = _installed_spark()
    # The scripts of Spark look for Python and for their home by these.
    environment["SPARK_HOME"] = str(home)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    return str(home / "bin" / "spark-submit")


def is_local_master(environment: Mapping[str, str]) -> bool:
    """Whether the job runs inside of one process on this machine."""
    return environment.get("JOB_MODE", LOCAL_MASTER).startswith("local")


def warehouse_folder(repo: str, environment: Mapping[str, str]) -> Path:
    """The folder that holds the tables of local runs."""
    return (Path(repo).resolve() / environment.get("CHRONON_WAREHOUSE_DIR", "warehouse")).resolve()


def local_spark_conf(repo: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that give every local run of a repository the same warehouse and metastore.

    A tool that prepares tables for a repository starts its session with these too.
    """
    warehouse = warehouse_folder(repo, environment)
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
    """All settings of a run, later ones winning: local ones, by variable, and free ones.

    Raises:
        LocalSparkError: A free setting has no value.

    """
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
            raise LocalSparkError(f"CHRONON_SPARK_CONF holds {setting!r}; write key=value")
        conf[key] = value
    return conf


def launcher(repo: str, environment: dict[str, str], jars: str | None) -> list[str]:
    """The start of a command, up to the class; may extend the environment.

    Raises:
        LocalSparkError: Spark or Java are missing, or a setting is wrong.

    """
    command = [_spark_submit(environment), "--master", environment.get("JOB_MODE", LOCAL_MASTER)]
    command += ["--name", environment.get("APP_NAME") or "chronon"]
    if is_local_master(environment):
        environment.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    if jars:
        command += ["--jars", jars]
    for key, value in spark_conf(repo, environment).items():
        command += ["--conf", f"{key}={value}"]
    return command
