"""`explore.py`: what it finds, how it shows it, and that the reference shows the same."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import harness
import pytest
import sample_repo
from click.testing import CliRunner, Result

from ai.chronon.repo.explore import main
from ai.chronon.repo.index import FeatureIndex

KEYWORDS = ["price", "user_id", "chained", "clicks", "data.u", "col1", "col", "in.line", "shop.", "5", "v1", "zzz"]
# Runs the script of the reference once for each line of input, and prints what it printed as one line of JSON.
DRIVER = """
import contextlib, io, json, runpy, sys
script = sys.argv[1]
for line in sys.stdin:
    sys.argv = [script, *json.loads(line)]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        runpy.run_path(script, run_name="__main__")
    print(json.dumps(out.getvalue()), flush=True)
"""


def git(root: Path, author: str, *arguments: str) -> None:
    values = {"NAME": author.title(), "EMAIL": f"{author}@example.com", "DATE": "2024-03-01T00:00:00Z"}
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in values.items()}
    command = ["git", "-C", str(root), *arguments]
    subprocess.run(command, env={**os.environ, **identity}, check=True, capture_output=True)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample repository with a history: all by one author, two files changed by others."""
    root = sample_repo.write(tmp_path_factory.mktemp("explore") / "chronon")
    git(root, "ann", "init", "-q")
    git(root, "ann", "add", "-A")
    git(root, "ann", "commit", "-qm", "everything")
    for author, module in (("bob", "users"), ("cyd", "purchases")):
        (root / "group_bys" / "shop" / f"{module}.py").write_text(f"# {author}\n")
        git(root, author, "commit", "-qam", f"{module} again")
    return root


def explore(*arguments: str, colours: bool = False) -> Result:
    return CliRunner().invoke(main, arguments, env={"FORCE_COLOR": "1" if colours else "", "NO_COLOR": ""})


def blocks(text: str) -> list[str]:
    """The hits of a result, without the lines before them."""
    return [f"{block.rstrip()}" for block in re.split(r"\n\n|\A\n", text) if "json_file" in block]


@pytest.fixture(scope="module")
def reference_hits(compiled: Path) -> dict[str, list[str]]:
    python = harness.reference_python()
    if not python.is_file():
        pytest.skip(f"the reference is not installed at {python}: run scripts/reference-venv")
    # Given with a slash at its end, the root is cut off file names as a whole, and git finds them.
    cases = [[keyword, "--conf-root", f"{compiled}/"] for keyword in KEYWORDS]
    process = subprocess.run(
        [str(python), "-c", DRIVER, str(python.parent / "explore.py")],
        input="".join(f"{json.dumps(case)}\n" for case in cases),
        env=harness.clean_environment(),
        cwd=compiled,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = [json.loads(line) for line in process.stdout.splitlines()]
    return {keyword: blocks(text) for keyword, text in zip(KEYWORDS, texts, strict=True)}


CODES = re.compile(r"\x1b\[[0-9;]*m")


def comparable(block: str) -> str:
    """A hit with its colours as marks and its lists in order: the reference lists joins as the folder does."""
    marked = CODES.sub(lambda code: f"<{code[0][2:-1]}>", block)
    # Which ten of more values are shown is chance there.
    marked = re.sub(r"\[[^\]]* \.\.\. (.* more<0>)\]", r"\1", marked)
    return re.sub(r"\[([^\]]*)\]", lambda match: f"[{', '.join(sorted(match[1].split(', ')))}]", marked)


@pytest.mark.parametrize("keyword", KEYWORDS)
def test_hits_are_those_of_the_reference(compiled: Path, reference_hits: dict[str, list[str]], keyword: str) -> None:
    ours = blocks(explore(keyword, "--conf-root", str(compiled), colours=True).stdout)
    theirs = reference_hits[keyword]
    assert Counter(map(comparable, ours)) == Counter(map(comparable, theirs))
    assert [block.splitlines()[0] for block in ours] == [block.splitlines()[0] for block in theirs]


def test_the_keywords_cover_no_hit_one_hit_and_many(reference_hits: dict[str, list[str]]) -> None:
    sizes = {keyword: len(found) for keyword, found in reference_hits.items()}
    assert sizes["zzz"] == 0
    assert sizes["in.line"] == 1
    assert sizes["shop."] > 5


def test_without_a_terminal_there_are_no_colours(compiled: Path) -> None:
    result = explore("price", "--conf-root", str(compiled))
    assert "\x1b" not in result.stdout
    assert "    aggregation - ['price', 'price']" in result.stdout.splitlines()


def test_json_has_features_owners_and_columns(compiled: Path) -> None:
    found = json.loads(explore("purchases.derived", "--json", "--conf-root", str(compiled)).stdout)
    assert [hit["name"] for hit in found] == ["shop.purchases.derived"]
    assert found[0]["features"] == ["price_count_3d", "avg_price", "renamed"]
    assert found[0]["columns"] == ["user_id", "price", "day"]
    assert [commit["author"] for commit in found[0]["commits"]] == ["Cyd", "Ann"]
    assert found[0]["joins"] == ["shop.training.narrow", "shop.training.rich"]


@pytest.mark.parametrize(
    ("keyword", "names"),
    [
        ("avg_price", ["shop.purchases.derived", "shop.training.rich"]),  # features
        ("ext_e_ext_svc_score", ["shop.training.rich"]),
        ("data.facts", []),
        ("prepared.v1", ["shop.prepared.v1"]),
        ("Bob", ["shop.users.taken", "shop.users.v1"]),  # owners
    ],
)
def test_all_searches_other_kinds_and_fields(compiled: Path, keyword: str, names: list[str]) -> None:
    found = json.loads(explore(keyword, "--all", "--json", "--conf-root", str(compiled)).stdout)
    assert sorted(hit["name"] for hit in found) == names


def test_features_have_the_names_of_compiled_columns(compiled: Path) -> None:
    index = FeatureIndex(str(compiled))
    plain, rich = index.get("group_by", "shop.purchases.v1"), index.get("join", "shop.training.rich")
    assert plain is not None
    assert plain.features == [
        "price_sum_3d", "price_sum_14d", "price_last10", "price_approx_percentile", "price_count_by_day",
    ]  # fmt: skip
    assert rich is not None
    assert rich.keys == ["user_id"]
    assert rich.features[-8:] == ["ratio", "lost", "home", "amount", "half", "mixed", "one", "cart2"]


def test_handler_lists_events_without_topics(compiled: Path, tmp_path: Path) -> None:
    result = explore("_events_without_topics", "--conf-root", str(compiled))
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[0] for row in rows[:-1]] == [
        "shop.purchases.derived", "shop.purchases.only", "shop.purchases.v1", "shop.wide.v1", "shop.in.line",
    ]  # fmt: skip
    assert rows[0][1:] == ["Ann", "False", "data.purchases", "shop.training.narrow, shop.training.rich", "Ann"]
    assert rows[-1] == ["ann@example.com"]
    file = tmp_path / "rows.tsv"
    arguments = ["--handler-args", f"output_file={file}", "exclude_commit_message=everything"]
    assert explore("_events_without_topics", "--conf-root", str(compiled), *arguments).exit_code == 0
    assert file.read_text().splitlines()[0].split("\t")[1] == ""  # no commit of the compiled file is left


@pytest.mark.parametrize(
    ("code", "message", "arguments"),
    [
        (2, "give a keyword", []),
        (2, "takes output_file, exclude_commit_message", ["_events_without_topics", "--handler-args", "file=x"]),
        (2, "is not of the form key=value", ["_events_without_topics", "--handler-args", "x"]),
        (2, "only _events_without_topics takes arguments", ["price", "x=y"]),
        (1, "teams.json is missing", ["price", "--conf-root", "/nowhere"]),
    ],
)
def test_wrong_usage_is_told_in_one_message(code: int, message: str, arguments: list[str]) -> None:
    result = explore(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    root = sample_repo.write(tmp_path / "chronon")
    broken = root / "production/group_bys/shop/wide.v1"
    broken.write_text("{")
    result = explore("price", "--conf-root", str(root))
    assert result.exit_code == 1
    assert str(broken) in result.stderr


def test_a_repository_without_history_is_searched_all_the_same(tmp_path: Path) -> None:
    root = sample_repo.write(tmp_path / "chronon")
    assert "group_bys/shop/wide.py" in explore("wide", "--conf-root", str(root)).stdout
