"""Runs subcommands of `ai.chronon.spark.Driver` inside the JVM of a live session.

The session has to be started with the jar:

    SparkSession.builder.config("spark.jars", "chronon-native-spark.jar").enableHiveSupport().getOrCreate()

A subcommand that the driver does not have yet is refused by it, by name.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ai.chronon.errors import ChrononError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DRIVER_CLASS = "ai.chronon.spark.Driver"


class DriverError(ChrononError):
    """A job that failed or was refused; the message is the driver's."""


class _Lines:
    """Takes the lines that the driver writes: a Scala function to the JVM."""

    def __init__(self, show: bool) -> None:
        self.lines: list[str] = []
        self._show = show

    def apply(self, line: str) -> None:
        """Called for each line."""
        self.lines.append(line)
        if self._show:
            click.echo(line)

    def toString(self) -> str:
        """How the JVM prints it."""
        return "lines of the driver"

    class Java:
        """What py4j has to know."""

        implements = ("scala.Function1",)


class Driver:
    """The driver in the JVM of one session."""

    def __init__(self, spark: "SparkSession") -> None:
        """Takes the session; nothing is called yet."""
        self._spark = spark

    def run(self, subcommand: str, definition: str, flags: Sequence[str]) -> None:
        """Runs one subcommand on the text of a compiled definition, and shows what it prints.

        Settings of the session that the job changes are set back.

        Raises:
            DriverError: The jar is missing, or the job failed.

        """
        with _file(definition) as path, _settings_kept(self._spark):
            words = [subcommand, f"--conf-path={path}", *flags]
            status, problems = self._call(words)
        if status:
            raise DriverError("\n".join(problems) or f"{DRIVER_CLASS} {subcommand} ended with status {status}")

    def _call(self, words: Sequence[str]) -> tuple[int, list[str]]:
        # The callbacks of py4j are those of pyspark, which starts them for its own.
        from pyspark.java_gateway import ensure_callback_server_started  # noqa: PLC0415 - pyspark is large

        jvm: Any = self._spark._jvm
        driver = jvm.ai.chronon.spark.Driver
        if type(driver).__name__ == "JavaPackage":
            raise DriverError(
                f"the session has no {DRIVER_CLASS}: start it with the jar, "
                "SparkSession.builder.config('spark.jars', '<path>/chronon-native-spark.jar'), in a new kernel"
            )
        ensure_callback_server_started(self._spark.sparkContext._gateway)  # type: ignore[no-untyped-call]
        arguments = jvm.java.util.ArrayList()
        for word in words:
            arguments.add(word)
        out, err = _Lines(show=True), _Lines(show=False)
        status = driver.run(jvm.org.apache.spark.api.python.PythonUtils.toSeq(arguments), out, err)
        return int(status), [line.removeprefix("error: ") for line in err.lines]


@contextmanager
def _file(text: str) -> Iterator[str]:
    """A file with the text, for as long as the job runs."""
    handle, path = tempfile.mkstemp(prefix="chronon-", suffix=".json")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        yield path
    finally:
        os.unlink(path)


def _settings(spark: "SparkSession") -> dict[str, str]:
    return {row["key"]: row["value"] for row in spark.sql("SET").collect()}


@contextmanager
def _settings_kept(spark: "SparkSession") -> Iterator[None]:
    """Sets the settings of the session back afterwards: jobs bring their own, such as the time zone."""
    before = _settings(spark)
    try:
        yield
    finally:
        after = _settings(spark)
        for key in after.keys() | before.keys():
            if after.get(key) != before.get(key) and spark.conf.isModifiable(key):
                if key in before:
                    spark.conf.set(key, before[key])
                else:
                    spark.conf.unset(key)
