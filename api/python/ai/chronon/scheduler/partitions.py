"""How to find out whether a partition is there; nothing here imports Airflow until Hive is asked."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Partitions(Protocol):
    """Something that knows which partitions exist."""

    def exists(self, spec: str) -> bool:
        """Whether a partition, `<database>.<table>/<column>=<value>[/<column>=<value>...]`, is there."""


class HivePartitions:
    """Asks the Hive metastore, through Airflow's provider `apache-airflow-providers-apache-hive`."""

    def __init__(self, conn_id: str = "metastore_default") -> None:
        """Takes the id of the connection to the metastore."""
        self.conn_id = conn_id

    def exists(self, spec: str) -> bool:
        """Whether the metastore lists the partition.

        Raises:
            ImportError: The provider is not installed.

        """
        try:
            from airflow.providers.apache.hive.hooks.hive import HiveMetastoreHook  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ImportError(
                "waiting for Hive partitions needs apache-airflow-providers-apache-hive; install it, or give the DAGs "
                "other `partitions`, such as FolderPartitions or CommandPartitions"
            ) from error
        table, _, partition = spec.partition("/")
        schema, _, name = table.rpartition(".")
        hook = HiveMetastoreHook(metastore_conn_id=self.conn_id)
        return bool(hook.check_for_named_partition(schema or "default", name, partition))


class FolderPartitions:
    """Looks into a warehouse folder with Hive's layout, as local runs have it."""

    def __init__(self, warehouse: str) -> None:
        """Takes the folder that holds the folders of databases."""
        self.warehouse = warehouse

    def exists(self, spec: str) -> bool:
        """Whether the folder of the partition is there and not empty."""
        table, _, partition = spec.partition("/")
        schema, _, name = table.rpartition(".")
        database = [] if schema in ("", "default") else [f"{schema}.db"]
        # Hive's tables have names in small letters, and so have their folders.
        folder = Path(self.warehouse, *[part.lower() for part in (*database, name)], partition)
        return folder.is_dir() and any(folder.iterdir())


class CommandPartitions:
    """Asks a program, which gets the partition as its last argument."""

    def __init__(self, command: Sequence[str], absent: int = 1) -> None:
        """Takes the words of the command; exit code 0 says that the partition is there, `absent` that it is not."""
        self.command = tuple(command)
        self.absent = absent

    def exists(self, spec: str) -> bool:
        """Whether the program finds the partition.

        Raises:
            RuntimeError: It ended in another way.

        """
        process = subprocess.run([*self.command, spec], check=False)
        if process.returncode not in (0, self.absent):
            raise RuntimeError(f"{' '.join(self.command)} {spec} ended with exit code {process.returncode}")
        return process.returncode == 0
