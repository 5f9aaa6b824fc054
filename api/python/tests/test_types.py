"""What feature repositories rely on in the generated types, and what importing does not do."""

import subprocess
import sys

import harness
import pytest

import ai.chronon.types as public
from ai.chronon.api import ttypes


def test_fields_are_positional_in_the_order_of_their_ids() -> None:
    query = ttypes.Query({"a": "b"}, ["c"], "d", "e", "f", ["g"], "h", "i", "j")
    assert (query.selects, query.setups, query.partitionColumn) == ({"a": "b"}, ["g"], "j")


def test_default_of_setups_is_a_list() -> None:
    assert ttypes.Query().setups == []
    assert ttypes.Query().setups is ttypes.Query().setups
    assert ttypes.StagingQuery().setups is None


def test_enumerations_are_plain_numbers_with_names() -> None:
    assert ttypes.Operation.HISTOGRAM == 17
    assert ttypes.Operation._VALUES_TO_NAMES[19] == "BOUNDED_UNIQUE_COUNT"
    assert ttypes.Accuracy._NAMES_TO_VALUES["SNAPSHOT"] == 1


def test_objects_compare_by_content_and_have_no_hash() -> None:
    assert ttypes.Window(1, 0) == ttypes.Window(1, 0)
    assert ttypes.Window(1, 0) != ttypes.Window(1, 1)
    with pytest.raises(TypeError):
        hash(ttypes.Window(1, 0))


# Slow to import, or not there where definitions are written: needed by some tools only.
HEAVY = ("pyspark", "py4j", "sqlglot", "rich", "airflow", "pandas")


@pytest.mark.parametrize(
    "module",
    ["ai.chronon.group_by", "ai.chronon.join", "ai.chronon.utils", "ai.chronon.types", "ai.chronon.repo.compile"],
)
def test_importing_starts_nothing_heavy(module: str) -> None:
    script = f"import sys, {module}; print([name for name in sys.modules if name.split('.')[0] in {HEAVY}])"
    process = subprocess.run(
        [sys.executable, "-c", script],
        env=harness.clean_environment(PYTHONPATH=str(harness.PACKAGE_ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (process.stdout.strip(), process.stderr) == ("[]", "")


def test_listing_commands_imports_none_of_them() -> None:
    script = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from ai.chronon import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('ai.chronon.repo') or name.startswith('thrift')])"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        env=harness.clean_environment(PYTHONPATH=str(harness.PACKAGE_ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.splitlines()[-1] == "[]"
    assert "compile " in process.stdout


def test_run_needs_the_standard_library_only() -> None:
    script = harness.PACKAGE_ROOT / "ai" / "chronon" / "repo" / "run.py"
    process = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--help"], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    assert "--start-ds" in process.stdout


def test_run_can_be_imported_without_thrift() -> None:
    # Programs that prepare tables take the settings of local runs from it, in whatever environment they have.
    script = f"import sys; sys.path.insert(0, {str(harness.PACKAGE_ROOT)!r}); import ai.chronon.repo.run"
    process = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


def test_public_names_exist() -> None:
    assert all(getattr(public, name) for name in public.__all__)
