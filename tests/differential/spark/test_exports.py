"""metadata-export beside the reference: every definition of `exports.py`, and those of `examples/purchases`.

Both Drivers read the same tables: ours loads them and writes one of them, the reference opens the same metastore.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import commands
import exports
import joins
import pytest

# File, and what of ours differs and why; `docs/divergences.md` has the rows.
DIFFERENT = {
    "group_bys/decimal": "FIRST and LAST take no decimal",
    "group_bys/one_name": "two outputs of one name cannot be computed",
    "group_bys/no_length": "a window of no length is refused",
    "joins/time": "ts is a long",
    "joins/day": "the left has its partition column once",
}
UNDESCRIBED_BY_BOTH = {
    *(f"group_bys/no_{what}" for what in ("table", "column", "select", "where", "key", "source", "operation")),
    *(f"group_bys/no_{what}" for what in ("time", "long", "sum", "date", "derivation")),
    *(f"joins/{what}" for what in ("no_left", "no_part", "no_derivation", "embedding_broken")),
    *(f"staging_queries/{what}" for what in ("no_column", "no_table", "no_macro")),
    "embedded_group_bys/shop.broken_here",
}


@pytest.fixture(scope="module")
def ran(reference: None) -> dict[str, Any]:
    """What either side exported, by path, and what it said."""
    folder = commands.prepare("exports")
    repo, warehouse = folder / "repo", folder / "warehouse"
    join = "production/joins/quickstart/training_set.v2"
    exports.write(repo / "production", json.loads((repo / join).read_text()))
    local = ["--local-data-path=data", f"--local-warehouse-location={warehouse}", f"--end-date={commands.DAY}"]
    arguments = ["--conf-path=production", "--input-root-path=production", "--process-embedded-group-bys"]
    table = ["--output-table-name", "default.exported_by_"]
    results = commands.ours(
        folder,
        [
            ["join", f"--conf-path={join}", f"--start-partition-override={commands.DAY}", *local],
            ["metadata-export", *arguments, f"--output-root-path={folder}/native", *local],
            ["metadata-export", *arguments, table[0], table[1] + "native", *local],
        ],
    )
    metastore = f"jdbc:derby:;databaseName={warehouse}/metastore_db"
    flags = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": f"{warehouse}/data",
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
    }
    words = ["metadata-export", *arguments, f"--end-date={commands.DAY}"]
    commands.reference(folder, [*words, f"--output-root-path={folder}/oracle"], flags)
    commands.reference(folder, [*words, table[0], table[1] + "oracle"], flags)
    return {
        "results": results,
        "files": {side: files(folder / side) for side in joins.SIDES},
        "partitions": {side: partitions(warehouse / "data" / f"exported_by_{side}") for side in joins.SIDES},
    }


def files(root: Path) -> dict[str, Any]:
    """What was exported, by path below the output."""
    return {
        f"{path.parent.name}/{path.name}": json.loads(path.read_text())
        for path in root.glob("*/*")
        if not path.name.startswith(".")
    }


def partitions(table: Path) -> set[str]:
    """Partitions of a table."""
    return {f"{path.parent.name}/{path.name}" for path in table.glob("*/*")}


def test_everything_ran(ran: dict[str, Any]) -> None:
    assert [result["status"] for result in ran["results"]] == [0, 0, 0], ran["results"]
    told = [line for line in ran["results"][1]["out"] if line.startswith("not exported")]
    assert [line.split(": ")[1].rpartition("/")[2] for line in told] == ["list", "text"]


def test_the_same_files(ran: dict[str, Any]) -> None:
    assert set(ran["files"]["native"]) == set(ran["files"]["oracle"])
    assert len(ran["files"]["native"]) > 60


def test_the_same_metadata(ran: dict[str, Any]) -> None:
    """Every member of every file, and the order of features; of reasons only that there is one."""
    mine, other = (
        {name: {**d, **({"exception": ""} if "exception" in d else {})} for name, d in ran["files"][side].items()}
        for side in joins.SIDES[::-1]
    )
    different = {name for name, exported in mine.items() if exported != other[name]}
    assert different == set(DIFFERENT), {n: (mine[n], other[n]) for n in different ^ set(DIFFERENT)}


def test_what_neither_describes(ran: dict[str, Any]) -> None:
    """Ours says whose fault it is."""
    mine, other = (ran["files"][side] for side in joins.SIDES[::-1])
    assert {name for name in mine if "exception" in mine[name] and "exception" in other[name]} == UNDESCRIBED_BY_BOTH
    for name in UNDESCRIBED_BY_BOTH:
        assert mine[name]["exception"].startswith(("group-by shop.", "join shop.", "staging query shop.")), mine[name]


def test_the_same_partitions_of_the_table(ran: dict[str, Any]) -> None:
    kinds = ("groupBy", "join", "stagingQueries", "embeddedGroupBy", "unknown")
    expected = {f"entityType={kind}/ds={commands.DAY}" for kind in kinds}
    assert ran["partitions"] == {"native": expected, "oracle": expected}
