"""The dialect of `ai.chronon` follows from the repository, and is decided in one place."""

import os
import subprocess
import sys
from pathlib import Path

import harness
import pytest

ZIPLINE_TEAMS = 'from ai.chronon.types import Team\n\ndefault = Team(outputNamespace="d")\n'
SHOW = "import ai.chronon.group_by as g; print(g.__name__)"
ZIPLINE, AIRBNB = "ai.chronon.zipline.group_by", "ai.chronon.group_by"


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(harness.PACKAGE_ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _repository(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_json", ".json").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("expected", "files"),
    [
        (ZIPLINE, {"teams_py": ZIPLINE_TEAMS}),
        (AIRBNB, {"teams_json": "{}"}),
        (AIRBNB, {}),
        (AIRBNB, {"teams_py": "TEAMS = ['red', 'blue']  # of a game, with ai.chronon in a comment\n"}),
        (AIRBNB, {"teams_py": "TEAMS = ['red', 'blue']\n", "teams_json": "{}"}),
        (ZIPLINE, {"teams_py": "import gen_thrift.api.ttypes as t\ndefault = t.Team()\n"}),
    ],
)
def test_import_from_a_working_folder(tmp_path: Path, expected: str, files: dict[str, str]) -> None:
    below = tmp_path / "group_bys" / "team"
    below.mkdir(parents=True)
    _repository(tmp_path, **files)
    for folder in (tmp_path, below):
        result = _python(folder, "-c", SHOW)
        assert result.stdout.strip() == expected, result.stderr


def test_the_importing_file_goes_before_the_working_folder(tmp_path: Path) -> None:
    zipline = _repository(tmp_path / "zipline", teams_py=ZIPLINE_TEAMS, group_bys__team__show_py=SHOW)
    airbnb = _repository(tmp_path / "airbnb", teams_json="{}", group_bys__team__show_py=SHOW)
    assert _python(airbnb, str(zipline / "group_bys/team/show.py")).stdout.strip() == ZIPLINE
    assert _python(zipline, str(airbnb / "group_bys/team/show.py")).stdout.strip() == AIRBNB


def test_a_repository_of_both_is_refused_by_name(tmp_path: Path) -> None:
    root = _repository(tmp_path, teams_py=ZIPLINE_TEAMS, teams_json="{}")
    for arguments in (["-c", SHOW], ["-m", "ai.chronon.zipline.cli", "compile"]):
        result = _python(root, *arguments)
        assert result.returncode == 1
        assert "teams.json" in result.stderr
        assert "teams.py" in result.stderr


def test_names_are_one_module_however_they_are_imported(tmp_path: Path) -> None:
    root = _repository(tmp_path, teams_py=ZIPLINE_TEAMS)
    program = (
        "from ai.chronon import group_by\nimport ai.chronon.group_by as same, ai.chronon.zipline.group_by as own\n"
        "from ai.chronon.types import GroupBy, Team\nfrom gen_thrift.api.ttypes import Team as thrift\n"
        "assert group_by is same is own and GroupBy is own.GroupBy and Team is thrift\n"
        "assert own.__spec__.name == 'ai.chronon.zipline.group_by'\n"
        "from ai.chronon.repo.constants import RunMode\nfrom ai.chronon.repo import compile\n"
        "assert compile.__name__ == 'ai.chronon.zipline.repo.compile'\n"
    )
    assert _python(root, "-c", program).stderr == ""


@pytest.mark.parametrize("module", ["api.ttypes", "lineage", "repo.explore"])
def test_what_only_airbnb_has_is_refused_by_name(tmp_path: Path, module: str) -> None:
    root = _repository(tmp_path, teams_py=ZIPLINE_TEAMS)
    result = _python(root, "-c", f"import ai.chronon.{module}")
    assert "belongs to the airbnb dialect" in result.stderr


def test_commands_refuse_a_repository_of_the_other_dialect(tmp_path: Path) -> None:
    zipline = _repository(tmp_path / "zipline", teams_py=ZIPLINE_TEAMS)
    airbnb = _repository(tmp_path / "airbnb", teams_json="{}", group_bys__t__a_py="")
    compile_py = ["-m", "ai.chronon.repo.compile", "--chronon_root", str(zipline), "--conf", "group_bys/t/a.py"]
    result = _python(airbnb, *compile_py)
    assert result.returncode == 1
    assert "zipline dialect, not of airbnb; run zipline compile there" in result.stderr
    result = _python(zipline, "-m", "ai.chronon.zipline.cli", "compile", "--chronon-root", str(airbnb))
    assert result.returncode == 1
    assert "airbnb dialect, not of zipline; run compile.py there" in result.stderr


def test_a_definition_of_the_airbnb_dialect_is_refused_by_name(tmp_path: Path) -> None:
    definition = "value = type('GroupBy', (), {'__module__': 'ai.chronon.api.ttypes'})()\n"
    root = _repository(tmp_path, teams_py=ZIPLINE_TEAMS, group_bys__t__a_py=definition)
    result = _python(root, "-m", "ai.chronon.zipline.cli", "compile")
    assert result.returncode == 1
    assert "group_bys/t/a.py: value is a GroupBy of the airbnb dialect" in result.stderr


def test_importing_stays_cheap(tmp_path: Path) -> None:
    root = _repository(tmp_path, teams_py=ZIPLINE_TEAMS)
    program = (
        "import sys, ai.chronon.group_by, ai.chronon.types\n"
        "heavy = {'pyspark', 'sqlglot', 'rich', 'click'} & {name.split('.')[0] for name in sys.modules}\n"
        "assert not heavy, heavy\n"
    )
    assert _python(root, "-c", program).stderr == ""
