"""Lineage: the same steps, tables and features as the reference finds, over a repository and single expressions."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import harness
import pytest
import sample_repo
from click.testing import CliRunner

pytest.importorskip("sqlglot", reason="sqlglot is not installed: pip install 'chronon-native[lineage]'")

from ai.chronon.api import ttypes
from ai.chronon.lineage.command import main
from ai.chronon.lineage.lineage_metadata import LineageMetaData, TableType
from ai.chronon.lineage.lineage_parser import LineageParser, build_lineage
from ai.chronon.lineage.sql import SqlError, query_origins, tables_of
from ai.chronon.query import Query

EXPRESSIONS = [
    "Cap", "UserID + 1", "`order`", "arr[0]", "m['k']", "cast(a as int)", "date(ts)", "my_udf(a, b)", "1", "'x'",
    "null", "current_timestamp()", "(a + b)", "-a", "not a", "sum(a) over (partition by b)", "if(a, b, c)",
    "a in (b, 2)", "a is null", "a and b", "a || b", "concat(a, b)", "(select max(x) from u)",
    "transform(arr, x -> x + 1)",
    "filter(arr, x -> x > thr)", "coalesce(a, b)", "unix_timestamp(a) * 1000", "unix_timestamp(a)", "struct(a, b)",
    "array(a, b)", "a % 2", "a = b", "to_timestamp(a)", "a::double", "explode(a)", "nvl(a, b)", "a like 'x'",
    "get_json_object(a, '$.x')", "regexp_extract(a, 'x', 1)", "lower(a)", "count(distinct a)",
    "case a when 1 then b else c end", "a DIV b", "a <=> b", "ds", "to_date(a)", "from_unixtime(a / 1000)",
    "substr(a, 1, 2)", "max(a)", "collect_list(a)", "*", "size(a)", "split(a, ',')[0]", "data.events.a", "events.a",
    "named_struct('q', a)", "element_at(a, 1)", "datediff(a, b)", "greatest(a, b)", "a between b and c",
]  # fmt: skip
# What the reference gets wrong: expression to the inputs that ours finds, all of `data.events`.
BETTER: dict[str, list[list[Any]]] = {
    # It takes the fields of a struct for a table of that name.
    "payload.user.id": [["payload", ["Dot"]]],
    "payload.user['x'].id": [["payload", ["Dot"]]],
    "a.*": [],
    # It writes Spark's function with one argument too many, and then finds no input.
    "date_add(a, 1)": [["a", ["TsOrDsAdd"]]],
    # It takes a template for a struct.
    "{{ ds }}": [],
}
DRIVER = """
import json, sys
from ai.chronon.lineage.lineage_parser import LineageParser
for line in sys.stdin:
    data = LineageParser().parse_lineage(*json.loads(line))
    filled = lambda lists: {key: sorted(names) for key, names in lists.items() if names}
    print(json.dumps({
        "steps": [[s.input_table, s.input_column, s.output_table, s.output_column, list(s.transforms)]
                  for s in data.lineages],
        "tables": {name: [t.config_name, t.table_type.value, bool(t.materialized),
                          sorted(t.key_columns or []), sorted(t.columns)] for name, t in data.tables.items()},
        "features": {name: [f.config_name, f.config_type.value, f.table_name, f.column_name]
                     for name, f in data.features.items()},
        "configs": {name: sorted(config.features) for name, config in data.configs.items()},
        "unparsed_configs": filled(data.unparsed_configs),
        "unparsed_columns": filled(data.unparsed_columns),
    }), flush=True)
"""
Dump = dict[str, Any]


def dump(data: LineageMetaData) -> Dump:
    """As the driver prints what the reference found."""
    return {
        "steps": [
            [s.input_table, s.input_column, s.output_table, s.output_column, [*s.transforms]] for s in data.lineages
        ],
        "tables": {
            name: [t.config_name, t.table_type.value, t.materialized, sorted(t.key_columns or []), sorted(t.columns)]
            for name, t in data.tables.items()
        },
        "features": {
            name: [f.config_name, f.config_type.value, f.table_name, f.column_name] for name, f in data.features.items()
        },
        "configs": {name: sorted(config.features) for name, config in data.configs.items()},
        "unparsed_configs": {key: sorted(names) for key, names in data.unparsed_configs.items() if names},
        "unparsed_columns": {key: sorted(names) for key, names in data.unparsed_columns.items() if names},
    }


def expression_name(number: int) -> str:
    return f"shop.expressions.e{number}"


def group_by_over(name: str, selects: dict[str, str] | None, **fields: Any) -> ttypes.GroupBy:
    query = Query(selects=selects, time_column="ts")
    source = ttypes.Source(events=ttypes.EventSource(table="data.events/hr=00", query=query))
    meta_data = ttypes.MetaData(name=name, team="shop", outputNamespace="shop_db", customJson="{}")
    return ttypes.GroupBy(metaData=meta_data, sources=[source], keyColumns=["k"], **fields)


def odd_group_bys() -> dict[str, ttypes.GroupBy]:
    """Definitions whose columns are missing, doubled, renamed or replaced."""

    def total(column: str, operation: int = ttypes.Operation.SUM) -> ttypes.Aggregation:
        return ttypes.Aggregation(inputColumn=column, operation=operation, argMap={})

    count = total("v", ttypes.Operation.COUNT)
    plain = {"k": "k", "v": "a + b"}
    unknown = [("x", "nothing + 1"), ("y", "v_sum"), ("z", "v_sum + k"), ("q", "ds"), ("r", "ts + v_sum")]
    wildcard = [("*", "*"), ("v_sum", "v_count"), ("x", "2"), ("n", "nothing")]
    twice = group_by_over("shop.odd.twice", plain, aggregations=[total("v")])
    other = ttypes.EventSource(table="data.events", query=Query(selects={"k": "k2", "v": "b"}, time_column="ts"))
    twice.sources = [*(twice.sources or []), ttypes.Source(events=other)]
    online = group_by_over("shop.odd.online", plain, aggregations=[total("v"), count])
    assert online.metaData is not None
    online.metaData.online, online.backfillStartDate = True, "2023-01-01"
    online.derivations = sample_repo.derivations(("*", "*"), ("both", "v_sum / v_count"))
    derive = sample_repo.derivations
    chained = {"k": "k", "v": "x + 1", "b": "v * 2", "c": "b", "later": "a", "a": "y", "again": "coalesce(a, V)"}
    own = {"k": "k", "v": "v + 1", "b": "v * 2", "one": "1", "q": "one + z", "window": "sum(v) over (partition by k)"}
    return {
        "chained": group_by_over("shop.odd.chained", chained),
        "own": group_by_over("shop.odd.own", own),
        "time": group_by_over("shop.odd.time", plain, aggregations=[total("ts")]),
        "lacking": group_by_over("shop.odd.lacking", plain, aggregations=[total("zz"), total("v")]),
        "bare": group_by_over("shop.odd.bare", None, aggregations=[total("v")]),
        "unknown": group_by_over("shop.odd.unknown", plain, aggregations=[total("v")], derivations=derive(*unknown)),
        "wildcard": group_by_over(
            "shop.odd.wildcard", plain, aggregations=[total("v"), count], derivations=derive(*wildcard)
        ),
        "twice": twice,
        "online": online,
    }


def compiled_feature_repo(root: Path) -> Path:
    """The definitions of the tests of authoring, as our own compiler writes them."""
    shutil.copytree(harness.FEATURE_REPO, root)
    tool = harness.ours()
    for folder in ("group_bys/shop", "joins/shop"):
        result = tool.execute(tool.compile, root, "--conf", folder, "--yes", "--force-overwrite")
        assert result.code == 0, result.err
    (root / "production" / "staging_queries" / "shop").mkdir(parents=True)
    return root


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The sample repository; one with a GroupBy for each expression and oddity; that of the tests of authoring."""
    sample = sample_repo.write(tmp_path_factory.mktemp("lineage") / "sample")
    single = tmp_path_factory.mktemp("lineage") / "single"
    single.mkdir()
    (single / "teams.json").write_text(json.dumps(sample_repo.TEAMS))
    for folder in ("joins/shop", "staging_queries/shop"):
        (single / "production" / folder).mkdir(parents=True)
    for number, expression in enumerate([*EXPRESSIONS, *BETTER]):
        group_by = group_by_over(expression_name(number), {"k": "k", "out": expression})
        sample_repo.write_definition(single, "group_bys", group_by)
    for group_by in odd_group_bys().values():
        sample_repo.write_definition(single, "group_bys", group_by)
    return sample, single, compiled_feature_repo(tmp_path_factory.mktemp("lineage") / "authored")


@pytest.fixture(scope="module")
def ours(repositories: tuple[Path, Path, Path]) -> list[Dump]:
    return [dump(LineageParser().parse_lineage(str(root))) for root in repositories]


def reference_python() -> Path:
    folder = os.environ.get("CHRONON_REFERENCE_LINEAGE_VENV", "build/reference-lineage-venv")
    python = harness.CHECKOUT / folder / "bin" / "python"
    if not python.is_file():
        pytest.skip(f"the reference with sqlglot is not installed at {python}: run scripts/reference-venv --lineage")
    return python


@pytest.fixture(scope="module")
def theirs(repositories: tuple[Path, Path, Path]) -> list[Dump]:
    process = subprocess.run(
        [str(reference_python()), "-c", DRIVER],
        input="".join(f"{json.dumps([str(root)])}\n" for root in repositories),
        env=harness.clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


def into(dumped: Dump, table: str) -> list[Any]:
    return sorted([table_, column, out, how] for table_, column, to, out, how in dumped["steps"] if to == table)


def test_steps_of_a_repository_are_those_of_the_reference(ours: list[Dump], theirs: list[Dump]) -> None:
    extra = "shop_db.shop_prepared_union"
    assert into(theirs[0], extra) == [], "the reference knows unions now; take this case off"
    assert into(ours[0], extra) == [
        ["data.facts", "user_id", "user_id", []],
        ["data.facts", "x", "zz", ["Mul"]],
        ["data.more", "user_id", "user_id", []],
        ["data.more", "w", "zz", []],
    ]
    steps = [sorted(step for step in side[0]["steps"] if step[2] != extra) for side in (ours, theirs)]
    assert len(steps[1]) > 200
    assert steps[0] == steps[1]


def test_tables_of_a_repository_are_those_of_the_reference(ours: list[Dump], theirs: list[Dump]) -> None:
    """Which definition named a table of nobody first, and what a union read, is left out."""

    def tables(side: Dump) -> dict[str, Any]:
        skipped = ("data.facts", "data.more", "shop_db.shop_prepared_union")
        return {
            name: table[1:] if table[1] == TableType.OTHER.value else table
            for name, table in side["tables"].items()
            if name not in skipped
        }

    assert tables(ours[0]) == tables(theirs[0])


def test_features_of_a_repository_are_those_of_the_reference(ours: list[Dump], theirs: list[Dump]) -> None:
    """A GroupBy in several joins is told by the table of one of them, whichever the reference comes to last."""

    def features(side: Dump) -> dict[str, Any]:
        return {name: each[:2] + each[3:] for name, each in side["features"].items()}

    def joins_only(side: Dump) -> dict[str, Any]:
        return {name: each for name, each in side["features"].items() if each[1] == "join"}

    assert features(ours[0]) == features(theirs[0])
    assert joins_only(ours[0]) == joins_only(theirs[0])
    for key in ("configs", "unparsed_configs", "unparsed_columns"):
        assert ours[0][key] == theirs[0][key]


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_expression_reads_the_columns_that_the_reference_finds(
    ours: list[Dump], theirs: list[Dump], number: int
) -> None:
    table = "shop_db." + expression_name(number).replace(".", "_")
    assert into(ours[1], table) == into(theirs[1], table)
    assert ours[1]["unparsed_columns"].get(table) == theirs[1]["unparsed_columns"].get(table)


@pytest.mark.parametrize("number", range(len(BETTER)), ids=list(BETTER))
def test_expression_that_the_reference_gets_wrong(ours: list[Dump], theirs: list[Dump], number: int) -> None:
    table = "shop_db." + expression_name(len(EXPRESSIONS) + number).replace(".", "_")
    found = [step for step in into(ours[1], table) if step[2] == "out"]
    assert found == [["data.events", column, "out", how] for column, how in list(BETTER.values())[number]]
    assert into(theirs[1], table) != into(ours[1], table), "equal now; take it off the list"


@pytest.mark.parametrize("name", list(odd_group_bys()))
def test_odd_group_bys_are_analysed_as_by_the_reference(ours: list[Dump], theirs: list[Dump], name: str) -> None:
    for table in (f"shop_db.shop_odd_{name}", f"shop_db.shop_odd_{name}_upload"):
        assert into(ours[1], table) == into(theirs[1], table)
        for key in ("tables", "unparsed_columns"):
            assert ours[1][key].get(table) == theirs[1][key].get(table)
    features = [
        {key: each for key, each in side[1]["features"].items() if each[0] == f"shop.odd.{name}"}
        for side in (ours, theirs)
    ]
    assert features[0] == features[1]


def test_authored_definitions_are_analysed_as_by_the_reference(ours: list[Dump], theirs: list[Dump]) -> None:
    """But for those that read a table called `{{ db }}.clicks`, which it cannot parse."""
    assert theirs[2]["unparsed_configs"] == {
        "group_bys": ["shop.templates.v1", "shop.templates.v2"],
        "joins": ["shop.dependencies.templates"],
    }
    assert ours[2]["unparsed_configs"] == {}
    steps = [sorted(step for step in side[2]["steps"] if "templates" not in step[2]) for side in (ours, theirs)]
    assert len(steps[1]) > 400
    assert steps[0] == steps[1]


def test_filters_pick_steps(repositories: tuple[Path, Path, Path]) -> None:
    data = LineageParser().parse_lineage(str(repositories[0]), {"shop.purchases.v1"})
    assert set(data.configs) >= {"shop.purchases.v1"}
    assert "shop.purchases.only" not in data.configs
    steps = data.filter_lineages(input_table="data.purchases", output_table="shop_db.shop_purchases_v1_upload")
    assert {(step.input_column, step.output_column) for step in steps} == {
        ("user_id", "key_json"), ("purchase_price", "value_json"), ("qty", "value_json"),
    }  # fmt: skip


def test_a_schema_resolves_stars() -> None:
    """As observed in the reference with the same schema."""
    asked = []

    def provider(table: str) -> dict[str, str]:
        asked.append(table)
        return {"a": "int", "b": "string"}

    parser = LineageParser(schema_provider=provider)
    meta_data = ttypes.MetaData(name="shop.star", team="shop", outputNamespace="shop_db")
    parser.handle_staging_query(ttypes.StagingQuery(metaData=meta_data, query="SELECT * FROM data.facts"))
    steps = parser.metadata.filter_lineages(output_table="shop_db.shop_star")
    assert {(step.input_table, step.input_column, step.output_column) for step in steps} == {
        ("data.facts", "a", "a"), ("data.facts", "b", "b"),
    }  # fmt: skip
    assert asked == ["data.facts"]


def test_a_star_over_another_staging_query_needs_no_schema() -> None:
    parser = LineageParser()
    for name, text in (("one", "SELECT a, b + 1 AS c FROM d.x"), ("two", "SELECT * FROM shop_db.shop_one")):
        meta_data = ttypes.MetaData(name=f"shop.{name}", team="shop", outputNamespace="shop_db")
        parser.handle_staging_query(ttypes.StagingQuery(metaData=meta_data, query=text))
    steps = parser.metadata.filter_lineages(output_table="shop_db.shop_two")
    assert {(step.input_table, step.input_column) for step in steps} == {
        ("shop_db.shop_one", "a"),
        ("shop_db.shop_one", "c"),
    }


def test_team_override_names_the_database() -> None:
    """The reference raises a TypeError as soon as a definition sets no namespace itself."""
    parser = LineageParser()
    parser.team_conf = sample_repo.TEAMS
    group_by = group_by_over("shop.odd.v1", {"k": "k"})
    assert group_by.metaData is not None
    group_by.metaData.outputNamespace = None
    assert parser.object_table_name(group_by) == "shop_db.shop_odd_v1"
    group_by.metaData.customJson = '{"team_override": "risk"}'
    assert parser.object_table_name(group_by) == "risk_db.shop_odd_v1"


QUERIES: list[tuple[str, dict[str, str] | None, dict[str, dict[str, str]] | None]] = [
    ("select a + b as c, d from t", None, None),
    ("select a + b as c, d from s", {"s": "select x * 2 as a, b, d from db.u"}, None),
    ("select * from s", {"s": "select x * 2 as a, b, d from db.u"}, None),
    ("select * from t", None, {"t": {"a": "int", "b": "int"}}),
    ("select 1 as one, current_date() as d, a from t", None, None),
    ("select t.a, (select max(x) from u) as m from t", None, None),
    ("insert into x select a from t", None, None),
    ("with q as (select max(a) as m, k from t group by k) select upper(m) as u, q.k from q", None, None),
    ("select count(*) as n, explode(a) as e, row_number() over (partition by a order by b) as rn from t", None, None),
]
QUERY_DRIVER = """
import json, sys
from ai.chronon.lineage.lineage_parser import build_lineage
for line in sys.stdin:
    found = build_lineage("o", *json.loads(line))
    print(json.dumps([[*key, sorted([*origin, list(how)] for origin, how in found[key])] for key in sorted(found)]))
"""


def test_single_queries_are_analysed_as_by_the_reference() -> None:
    process = subprocess.run(
        [str(reference_python()), "-c", QUERY_DRIVER],
        input="".join(f"{json.dumps(query)}\n" for query in QUERIES),
        env=harness.clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    for query, line in zip(QUERIES, process.stdout.splitlines(), strict=True):
        found = build_lineage("o", *query)
        ours = [[*key, sorted([*origin, list(how)] for origin, how in found[key])] for key in sorted(found)]
        assert ours == json.loads(line), query[0]


def test_sql_that_does_not_parse_is_named() -> None:
    with pytest.raises(SqlError, match=r"not a query of Spark: 'SELEC FROM \('"):
        tables_of("SELEC FROM (")
    with pytest.raises(SqlError, match="there is no query"):
        query_origins("DROP TABLE x")


def test_a_defect_costs_one_definition_only(
    repositories: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever sqlglot raises, the other definitions are analysed."""
    parse = LineageParser.parse_group_by

    def broken(self: LineageParser, group_by: ttypes.GroupBy, *arguments: Any) -> None:
        if group_by.metaData is not None and group_by.metaData.name == "shop.wide.v1":
            raise RecursionError
        parse(self, group_by, *arguments)

    monkeypatch.setattr(LineageParser, "parse_group_by", broken)
    data = LineageParser().parse_lineage(str(repositories[0]))
    assert data.unparsed_configs["group_bys"] == ["shop.wide.v1"]
    assert "shop.purchases.v1" in data.configs


def test_command_line(repositories: tuple[Path, Path, Path]) -> None:
    root = ["--conf-root", str(repositories[0])]
    result = CliRunner().invoke(main, ["shop.purchases.only", "--column", "only", *root])
    assert result.stdout.splitlines() == [
        "elsewhere.shop_purchases_only.only <- data.purchases.purchase_price  [Mul > AGG_SUM > Add]",
        "elsewhere.shop_purchases_only.only <- data.purchases.qty  [Mul > AGG_SUM > Add]",
    ]
    tree = json.loads(CliRunner().invoke(main, ["--json", *root]).stdout)
    assert len(tree["lineages"]) > 200
    assert tree["unparsed_configs"] == {"staging_queries": ["shop.prepared.bad"]}
    assert CliRunner().invoke(main, ["--strict", *root]).exit_code == 1
    unknown = CliRunner().invoke(main, ["shop.nothing", *root])
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "shop.nothing" in unknown.stderr
    assert CliRunner().invoke(main, ["--conf-root", "/nowhere"]).exit_code == 1
