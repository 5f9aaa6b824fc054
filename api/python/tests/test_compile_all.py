"""`compile.py --all`, `--check`, `--json` and `--strict`, and what bad input comes to."""

import json
import subprocess
import sys
from pathlib import Path

import harness
import pytest

TOOL = harness.ours()
HEAD = """
from ai.chronon.types import *

def source(**selects):
    return EventSource(table="db.clicks", query=Query(selects=select("user_id", "price", **selects), time_column="ts"))

def gb(sources=None, **arguments):
    return GroupBy(**{"sources": sources or source(), "keys": ["user_id"], "online": True, "aggregations": [
        Aggregation("price", Operation.SUM)], **arguments})
"""


# Compiles each module in a process of its own, forked from one that has imported the compiler.
EACH_ALONE = """
import os, sys
from ai.chronon.repo.compile import extract_and_convert
for module in sys.argv[1:]:
    if os.fork() == 0:
        try:
            extract_and_convert.main(["--conf", module, "-y", "--output_root", "one"], standalone_mode=False)
        finally:
            os._exit(0)
    os.wait()
"""


def compile_in(root: Path, *arguments: str) -> harness.Result:
    return TOOL.execute(TOOL.compile, root, *arguments, "-y")


def add(root: Path, module: str, text: str, head: str = HEAD) -> None:
    file = root / module
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(head + text)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository of one join of two GroupBys of its own, and teams."""
    root = tmp_path / "small"
    root.mkdir()
    (root / "teams.json").write_text((harness.FEATURE_REPO / "teams.json").read_text())
    add(root, "group_bys/shop/a.py", "v1 = gb()\nv2 = gb(backfill_start_date='2020-01-01')\n")
    join = "from group_bys.shop import a\nv1 = Join(left=Source(events=source()), right_parts=[JoinPart(a.v1)])\n"
    add(root, "joins/shop/j.py", join)
    return root


def test_all_is_what_compiling_each_file_comes_to(repo: Path, tmp_path: Path) -> None:
    assert compile_in(repo, "--all").code == 0
    modules = [
        str(path.relative_to(repo))
        for folder in ("group_bys", "joins")
        for path in sorted((repo / folder).rglob("*.py"))
    ]
    environment = harness.clean_environment(PYTHONPATH=f"{harness.PACKAGE_ROOT}:{repo}")
    subprocess.run(
        [sys.executable, "-c", EACH_ALONE, *modules], cwd=repo, env=environment, capture_output=True, check=True
    )
    assert harness.tree(repo / "production") == harness.tree(repo / "one")


def test_all_compiles_modules_that_share_a_query_as_if_alone(small: Path) -> None:
    add(small, "sources/shared.py", "clicks = source()\n")
    uses = "from sources.shared import clicks\nv1 = gb(clicks, aggregations=[Aggregation('%s', Operation.SUM)])\n"
    add(small, "group_bys/shop/b.py", uses % "first")
    add(small, "group_bys/shop/c.py", uses % "second")
    assert compile_in(small, "--all").code == 0
    alone = {}
    for name in ("b", "c"):
        assert compile_in(small, "--conf", f"group_bys/shop/{name}.py", "--output_root", f"alone/{name}").code == 0
        alone.update(harness.tree(small / "alone" / name / "group_bys"))
    together = harness.tree(small / "production/group_bys")
    assert {name: together[name] for name in alone} == alone
    assert b'"second": "second"' not in together["shop/b.v1"]


def test_a_second_run_changes_nothing(small: Path) -> None:
    assert compile_in(small, "--all").code == 0
    result = compile_in(small, "--all", "--check")
    assert (result.code, result.out.splitlines()[-1]) == (0, "0 files would change")


def test_check_names_lines_columns_and_hashes_and_writes_nothing(small: Path) -> None:
    assert compile_in(small, "--all").code == 0
    before = harness.tree(small / "production")
    add(small, "group_bys/shop/a.py", "v1 = gb(aggregations=[Aggregation('price', Operation.MAX)])\n")
    result = compile_in(small, "--all", "--check", "--force-overwrite")
    assert result.code == 1
    assert harness.tree(small / "production") == before
    for fact in (
        "GroupBy shop.a.v1 would change",
        '-      "operation": 7,',
        '+      "operation": 1,',
        "column + price_max",
        "column - price_sum",
        "column + shop_a_v1_price_max",
        "semantic hash of shop_db.shop_j_v1_shop_a_v1: ",
        "2 files would change",
    ):
        assert fact in result.out


def test_check_of_one_file(small: Path) -> None:
    result = compile_in(small, "--conf", "group_bys/shop/a.py", "--check")
    assert (result.code, "2 files would change" in result.out) == (1, True)
    assert not (small / "production").exists()


def test_compiling_one_file_touches_nothing_else(small: Path) -> None:
    assert compile_in(small, "--all").code == 0
    times = {path: path.stat().st_mtime_ns for path in (small / "production").rglob("*")}
    assert compile_in(small, "--conf", "group_bys/shop/a.py").code == 0
    changed = {path.name for path, time in times.items() if path.is_file() and path.stat().st_mtime_ns != time}
    assert changed == {"a.v1", "a.v2"}


def test_json_is_all_that_is_printed(small: Path) -> None:
    add(small, "group_bys/shop/broken.py", "1 / 0\n", head="")
    result = compile_in(small, "--all", "--json")
    outcome = json.loads(result.out)
    assert result.code == outcome["exit_code"] == 1
    assert outcome["errors"] == ["group_bys/shop/broken.py:1: ZeroDivisionError: division by zero"]
    assert {(item["name"], item["decision"]) for item in outcome["definitions"]} == {
        ("shop.a.v1", "write"),
        ("shop.a.v2", "write"),
        ("shop.j.v1", "write"),
    }
    assert (small / "production/joins/shop/j.v1").is_file()


# What is wrong, a module that holds it, and the facts of the message, all but the first with file and line.
PROBLEMS = {
    "two aggregations of one column": (
        "v1 = gb(aggregations=[Aggregation('price', Operation.SUM), Aggregation('price', Operation.SUM)])",
        ["group_bys/shop/p.py:10 (v1)", "two aggregations give the column 'price_sum'"],
    ),
    "SQL that does not parse": (
        "v1 = gb(source(x='1 +', y='f(a'))",
        ["group_bys/shop/p.py:10 (v1)", "the column 'x': '1 +' is not valid SQL", "the column 'y': 'f(a' is not valid"],
    ),
    "a filter that does not parse": (
        "s = source()\ns.query.wheres = ['a = = 1']\nv1 = gb(s)",
        ["group_bys/shop/p.py:12 (v1)", "wheres[0]: 'a = = 1' is not valid SQL"],
    ),
    "an operation on an impossible type": (
        "v1 = gb(source(name='cast(n as string)'), aggregations=[Aggregation('name', Operation.AVERAGE)])",
        ["group_bys/shop/p.py:10 (v1)", "AVERAGE does not take 'name', which is cast to STRING"],
    ),
    "a derivation of columns that are not there": (
        "v1 = gb(derivations=[Derivation('d', 'price_summ / user_id + ds + f.price_sum'), Derivation('*', '*')])",
        ["derivation 'd' reads 'price_summ'", "nearest are ['price_sum', 'user_id']", "derivation 'd' reads 'f'"],
    ),
    "a bucket that is not selected": (
        "v1 = gb(aggregations=[Aggregation('price', Operation.SUM, buckets=['kind'])])",
        ["the bucket 'kind' of 'price' is not selected"],
    ),
    "a derivation that does not parse": (
        "v1 = gb(derivations=[Derivation('d', 'price_sum +')])",
        ["derivation 'd': 'price_sum +' is not valid SQL"],
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_are_warned_of_and_refused_with_strict(small: Path, name: str) -> None:
    text, facts = PROBLEMS[name]
    add(small, "group_bys/shop/p.py", text + "\n")
    refused = compile_in(small, "--conf", "group_bys/shop/p.py", "--strict")
    assert refused.code == 1
    assert not (small / "production").exists()
    warned = compile_in(small, "--conf", "group_bys/shop/p.py")
    assert warned.code == 0
    assert (small / "production/group_bys/shop/p.v1").is_file()
    for result in (refused, warned):
        assert [fact for fact in facts if fact not in result.err] == [], result.err


def test_casts_to_nested_types_are_left_to_the_engine(small: Path) -> None:
    text = "v1 = gb(source(xs='cast(x as array<double>)'), aggregations=[Aggregation('xs', Operation.AVERAGE)])\n"
    add(small, "group_bys/shop/p.py", text)
    assert compile_in(small, "--conf", "group_bys/shop/p.py", "--strict").code == 0


def test_problems_of_joins(small: Path) -> None:
    module = """
from group_bys.shop import a
v1 = Join(left=Source(events=EventSource(table="a.b", query=Query(selects=select("buyer"), time_column="t"))),
          right_parts=[JoinPart(a.v1), JoinPart(a.v1)])
"""
    add(small, "joins/shop/p.py", module)
    result = compile_in(small, "--conf", "joins/shop/p.py", "--strict")
    assert result.code == 1
    for fact in (
        "joins/shop/p.py:12 (v1)",
        "two parts give the column 'shop_a_v1_price_sum'",
        "does not select 'user_id'",
    ):
        assert fact in result.err


def test_windows_off_their_hop_are_never_more_than_a_warning(small: Path) -> None:
    windows = "windows=[Window(301, TimeUnit.HOURS), Window(300, TimeUnit.DAYS), Window(312, TimeUnit.HOURS)]"
    add(small, "group_bys/shop/p.py", f"v1 = gb(aggregations=[Aggregation('price', Operation.SUM, {windows})])\n")
    result = compile_in(small, "--conf", "group_bys/shop/p.py", "--strict")
    assert result.code == 0
    assert result.err.count("is no multiple of a day") == 1
    assert "window of 301 hours over 'price'" in result.err


def test_all_broken_rules_of_a_group_by_are_named_at_once(small: Path) -> None:
    wrong = "accuracy=Accuracy.SNAPSHOT, is_incremental=True, upload_schedule='@hourly'"
    text = f"v1 = gb(EventSource(table='a', topic='t', query=Query(mutation_time_column='m')), {wrong})\n"
    add(small, "group_bys/shop/p.py", text)
    result = compile_in(small, "--conf", "group_bys/shop/p.py")
    assert result.code == 1
    for fact in ("group_bys/shop/p.py:10 (v1)", "mutation time", "@hourly"):
        assert fact in result.err


# Bad input: files to add, arguments, and facts of the one clear message.
BAD: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "a module that raises": (
        {"group_bys/shop/b.py": "x = 1\nraise RuntimeError('boom')\n"},
        ["--conf", "group_bys/shop"],
        ["group_bys/shop/b.py:2: RuntimeError: boom"],
    ),
    "a module that ends the program": (
        {"group_bys/shop/b.py": "import sys\nsys.exit(0)\n"},
        ["--conf", "group_bys/shop"],
        ["group_bys/shop/b.py:2: SystemExit: 0"],
    ),
    "a cycle between modules": (
        {
            "group_bys/shop/b.py": "from group_bys.shop.c import y\nx = 1\n",
            "group_bys/shop/c.py": "from group_bys.shop.b import x\ny = 1\n",
        },
        ["--conf", "group_bys/shop"],
        ["in a cycle: group_bys/shop/b.py -> group_bys/shop/c.py -> group_bys/shop/b.py"],
    ),
    "a cycle between modules, by attribute": (
        {
            "group_bys/shop/b.py": "import group_bys.shop.c\nx = 1\n",
            "group_bys/shop/c.py": "import group_bys.shop.b as b\ny = b.x\n",
        },
        ["--conf", "group_bys/shop"],
        ["in a cycle: group_bys/shop/b.py -> group_bys/shop/c.py -> group_bys/shop/b.py"],
    ),
    "two definitions of one name": (
        {
            "joins/shop/k.py": HEAD
            + "a = Join(left=Source(events=source()), right_parts=[JoinPart(gb(name='shop.b.c'))])\n"
            "b = Join(left=Source(events=source()), right_parts=[JoinPart(gb(name='shop.b.c', lag=1))])\n"
        },
        ["--all"],
        ["shop.b.c", "rename"],
    ),
    "a team that does not exist": (
        {"group_bys/nobody/b.py": HEAD + "v1 = gb()\n"},
        ["--conf", "group_bys"],
        ["group_bys/nobody/b.py:10 (v1): team 'nobody' is not in"],
    ),
    "a compiled file of the other dialect": (
        {"production/joins/other/x.v1": '{"metaData": {"name": "other.x.v1", "executionInfo": {}}}'},
        ["--conf", "group_bys/shop"],
        ["production/joins/other/x.v1", "zipline dialect"],
    ),
    "a half-written compiled file": (
        {"production/joins/other/x.v1": '{"metaData": {"na'},
        ["--conf", "group_bys/shop"],
        ["production/joins/other/x.v1", "compile it again"],
    ),
    "a source that is not UTF-8": (
        {"group_bys/shop/b.py": "name = '\udce9'\n"},
        ["--conf", "group_bys/shop"],
        ["group_bys/shop/b.py", "UTF-8"],
    ),
    "a path outside of the repository": ({}, ["--conf", "../small/../x"], ["leads out of the repository"]),
}
NOTHING_IS_WRITTEN = {
    "a compiled file of the other dialect",
    "a half-written compiled file",
    "a path outside of the repository",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error_and_the_rest_is_compiled(small: Path, name: str) -> None:
    files, arguments, facts = BAD[name]
    for path, text in files.items():
        (small / path).parent.mkdir(parents=True, exist_ok=True)
        (small / path).write_bytes(text.encode("utf-8", "surrogateescape"))
    result = compile_in(small, *arguments)
    assert result.code == 1
    assert [fact for fact in facts if fact not in result.err] == [], result.err
    assert "Traceback" not in result.err
    assert (small / "production/group_bys/shop/a.v1").is_file() == (name not in NOTHING_IS_WRITTEN)
    assert [path for path in small.rglob("production/**/.*") if path.is_file()] == []


def test_a_half_written_file_is_replaced_by_its_definition(small: Path) -> None:
    file = small / "production/group_bys/shop/a.v1"
    file.parent.mkdir(parents=True)
    file.write_text('{"metaData"')
    assert compile_in(small, "--conf", "group_bys/shop/a.py").code == 0
    assert json.loads(file.read_text())["metaData"]["name"] == "shop.a.v1"


def test_a_repository_of_the_other_dialect_is_refused(small: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (small / "teams.json").unlink()
    (small / "teams.py").write_text("from ai.chronon.types import Team\n")
    result = compile_in(tmp_path_factory.mktemp("elsewhere"), "--all", "--chronon_root", str(small))
    assert (result.code, "zipline compile" in result.err) == (1, True)
