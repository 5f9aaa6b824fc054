"""`compile.py` as a user runs it: exit codes, messages, and what is left on disk."""

from pathlib import Path

import harness
import pytest

TOOL = harness.ours()


def compile_in(root: Path, *arguments: str) -> harness.Result:
    return TOOL.execute(TOOL.compile, root, *arguments)


def add(root: Path, module: str, text: str) -> str:
    file = root / module
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return module


def test_a_folder_is_compiled_and_counted(repo: Path) -> None:
    result = compile_in(repo, "--conf", "group_bys/shop", "-y")
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1] == f"Successfully wrote 37 GroupBy objects to {repo}/production"
    assert (repo / "production/group_bys/shop/deep.er.nested.last_name").is_file()
    assert not (repo / "production/group_bys/shop/skipped.v1").exists()


def test_root_need_not_be_on_the_path_nor_be_the_folder(repo: Path, tmp_path: Path) -> None:
    tool = harness.Tool("ours", TOOL.compile, TOOL.run, TOOL.path)
    arguments = ("--chronon_root", str(repo), "--conf", "group_bys/shop/tags.py", "-y")
    assert tool.execute(tool.compile, tmp_path, *arguments).code == 0
    assert (repo / "production/group_bys/shop/tags.v1").is_file()


@pytest.mark.parametrize(
    ("code", "message", "arguments"),
    [
        (1, "must begin with one of staging_queries, group_bys, joins", ["--conf", "sources"]),
        (1, "leads out of the repository", ["--conf", "../group_bys"]),
        (1, "leads out of the repository", ["--conf", "group_bys/../../joins"]),
        (2, "Missing option", []),
        (2, "--all takes no --input_path", ["--all", "--conf", "joins/shop"]),
        (1, "does not exist", ["--conf", "group_bys/absent"]),
        (1, "is not a Python file", ["--conf", "joins/notes.txt"]),
    ],
)
def test_wrong_usage(repo: Path, code: int, message: str, arguments: list[str]) -> None:
    (repo / "joins/notes.txt").touch()
    result = compile_in(repo, *arguments, "-y")
    assert result.code == code
    assert message in result.err


def test_prompts_want_an_answer(repo: Path) -> None:
    result = compile_in(repo, "--conf", "group_bys/shop/tags.py")
    assert (result.code, "Aborted" in result.err) == (1, True)
    assert not (repo / "production").exists()


def test_teams_file_is_needed(repo: Path) -> None:
    (repo / "teams.json").unlink()
    result = compile_in(repo, "--conf", "group_bys/shop/tags.py", "-y")
    assert (result.code, "teams.json is missing" in result.err) == (1, True)


@pytest.mark.parametrize(
    ("message", "teams"),
    [
        ("team 'shop' is not in", "{}"),
        ("sets 'namespace'", '{"shop": {}}'),
        ("is not JSON", "{"),
        ("an object of teams is needed", "[]"),
    ],
)
def test_teams_file_must_know_the_team(repo: Path, message: str, teams: str) -> None:
    (repo / "teams.json").write_text(teams)
    result = compile_in(repo, "--conf", "group_bys/shop/tags.py", "-y")
    assert result.code == 1
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_failing_file_of_a_folder_is_reported_and_the_rest_compiled(repo: Path) -> None:
    add(repo, "group_bys/bare/broken.py", "1 / 0\n")
    result = compile_in(repo, "--conf", "group_bys/bare", "-y")
    assert result.code == 1
    assert "group_bys/bare/broken.py:1: ZeroDivisionError: division by zero" in result.err
    assert "Traceback" not in result.err
    assert (repo / "production/group_bys/bare/defaults.v1").is_file()


def test_wrong_value_is_named_and_nothing_is_left(repo: Path) -> None:
    # The reference opens the file before it fails, and later runs stumble over the empty file.
    source = "from group_bys.shop.tags import v1\nv1.metaData.tableProperties = {'a': 1}\n"
    module = add(repo, "group_bys/shop/wrong_value.py", source)
    result = compile_in(repo, "--conf", module, "-y")
    assert result.code == 1
    assert "GroupBy.metaData.tableProperties['a'] is 1, a int; it must be text" in result.err
    assert not list(repo.glob("production/**/*"))


ONLINE_JOIN = """
from ai.chronon.join import Join, JoinPart
from group_bys.bare import defaults
from sources.events import clicks

v1 = Join(left=clicks(), right_parts=[JoinPart(defaults.v1)], online=True)
"""


def test_online_join_with_offline_part_is_refused_before_writing(repo: Path) -> None:
    module = add(repo, "joins/shop/online.py", ONLINE_JOIN)
    result = compile_in(repo, "--conf", module, "-y")
    assert result.code == 1
    assert "Fix the following: ['bare.defaults.v1']" in result.err
    assert not (repo / "production").exists()


def test_repeated_runs_pass_and_changes_need_force(repo: Path) -> None:
    for folder in ("group_bys/shop", "joins/shop", "group_bys/shop", "joins/shop"):
        assert compile_in(repo, "--conf", folder, "-y").code == 0
    module = repo / "group_bys/shop/buckets.py"
    module.write_text(module.read_text().replace("LAST_K(3)", "LAST_K(4)"))
    before = harness.tree(repo / "production")
    result = compile_in(repo, "--conf", "group_bys/shop/buckets.py", "-y")
    assert result.code == 1
    assert "Detected dependencies are as follows: ['shop.mapped.v1']" in result.err
    assert harness.tree(repo / "production") == before
    assert compile_in(repo, "--conf", "group_bys/shop/buckets.py", "-y", "--force-overwrite").code == 0
    after = harness.tree(repo / "production")
    assert {name for name in after if after[name] != before[name]} == {
        "group_bys/shop/buckets.v1",
        "joins/shop/mapped.v1",
    }


def test_validation_errors_keep_the_file_from_being_written(repo: Path) -> None:
    module = "group_bys/shop/meta_data.py"
    (repo / module).write_text((repo / module).read_text().replace("2030-01-01", "next year"))
    result = compile_in(repo, "--conf", module, "-y")
    assert result.code == 0
    assert "deprecation date 'next year'" in result.err
    assert {path.name for path in repo.glob("production/group_bys/shop/*")} == {"meta_data.v2"}
    assert compile_in(repo, "--conf", module, "-y", "--strict").code == 1


def test_corrupt_compiled_file_is_named(repo: Path) -> None:
    (repo / "production/joins/shop").mkdir(parents=True)
    (repo / "production/joins/shop/old.v1").touch()
    result = compile_in(repo, "--conf", "group_bys/shop/tags.py", "-y")
    assert result.code == 1
    assert "production/joins/shop/old.v1" in result.err
    assert "Traceback" not in result.err
