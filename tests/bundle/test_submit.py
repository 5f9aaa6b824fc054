"""The bundle jar alone, on a stock Spark, through plain spark-submit: from authored definitions to exported rows."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JAR = Path(os.environ.get("CHRONON_BUNDLE", ROOT / "build" / "chronon-native-spark.jar"))

TEAMS = {"default": {"namespace": "default", "table_properties": {}}, "shop": {"namespace": "default"}}

GROUP_BY = """
from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.group_by import Accuracy, Aggregation, GroupBy, Operation, TimeUnit, Window
from ai.chronon.query import Query, select

v1 = GroupBy(
    sources=[Source(events=EventSource(table="data.purchases", query=Query(
        selects=select("user", "price"), time_column="ts", start_partition="2024-01-01")))],
    keys=["user"],
    accuracy=Accuracy.TEMPORAL,
    aggregations=[
        Aggregation("price", Operation.SUM, [Window(1, TimeUnit.DAYS)]),
        Aggregation("price", Operation.LAST),
    ],
    online=False,
    backfill_start_date="2024-01-01",
)
"""

JOIN = """
from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.join import Join, JoinPart
from ai.chronon.query import Query, select
from group_bys.shop import purchases

v1 = Join(
    left=Source(events=EventSource(table="data.visits", query=Query(
        selects=select("user"), time_column="ts", start_partition="2024-01-01"))),
    right_parts=[JoinPart(group_by=purchases.v1)],
)
"""

VISITS = (
    "user,ts,ds\na,2024-01-02 12:00:00,2024-01-02\na,2024-01-02 12:00:01,2024-01-02\nb,2024-01-02 00:30:00,2024-01-02\n"
)
PURCHASES = (
    "user,price,ts,ds\n"
    "a,1.5,2024-01-01 11:59:59,2024-01-01\n"  # before the window of one day
    "a,2.5,2024-01-01 12:00:00,2024-01-01\n"  # its first moment
    "a,4.0,2024-01-02 12:00:00,2024-01-02\n"  # at the first visit: only the second one sees it
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feature repository with one compiled join, and its tables as files."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed in this Python; scripts/quickstart and scripts/test install it in .venv")
    root = tmp_path_factory.mktemp("shop")
    files = {
        "teams.json": json.dumps(TEAMS),
        "group_bys/__init__.py": "",
        "group_bys/shop/__init__.py": "",
        "group_bys/shop/purchases.py": GROUP_BY,
        "joins/__init__.py": "",
        "joins/shop/__init__.py": "",
        "joins/shop/training.py": JOIN,
        "data/visits.csv": VISITS,
        "data/purchases.csv": PURCHASES,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    command = [sys.executable, "-m", "ai.chronon.repo.compile", "--conf", "joins/shop/training.py", "--yes"]
    paths = os.pathsep.join([str(root), str(ROOT / "api" / "python")])
    subprocess.run(command, cwd=root, check=True, env=os.environ | {"PYTHONPATH": paths})
    return root


def submit(repo: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the Driver in the jar as a user without any of our scripts would."""
    spark = Path(importlib.util.find_spec("pyspark").origin).parent  # type: ignore[union-attr,arg-type]
    local = ["--master", "local[2]", "--conf", "spark.driver.bindAddress=127.0.0.1"]
    command = [str(spark / "bin" / "spark-submit"), *local, "--class", "ai.chronon.spark.Driver", str(JAR)]
    environment = os.environ | {"SPARK_HOME": str(spark), "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        [*command, *arguments], cwd=repo, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


def test_a_join_from_files_to_files(repo: Path) -> None:
    """Features are right to the second, and the exit status is zero."""
    done = submit(
        repo,
        "join",
        "--conf-path=production/joins/shop/training.v1",
        "--end-date=2024-01-02",
        "--local-data-path=data",
        "--local-warehouse-location=warehouse",
        "--local-table-export-path=out",
        "--local-table-export-format=json",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    exported = (repo / "out" / "default.shop_training_v1.json").read_text()
    rows = sorted((json.loads(line) for line in exported.splitlines()), key=lambda row: (row["user"], row["ts"]))
    features = [
        (r["user"], r.get("shop_purchases_v1_price_sum_1d"), r.get("shop_purchases_v1_price_last")) for r in rows
    ]
    assert features == [("a", 2.5, 2.5), ("a", 6.5, 4.0), ("b", None, None)]


def test_what_is_not_built_is_refused_by_name(repo: Path) -> None:
    """A subcommand of a later version says so and fails."""
    done = submit(repo, "label-join", "--conf-path=x", "--end-date=2024-01-02")
    assert done.returncode != 0
    assert "label-join" in done.stdout + done.stderr
