"""Repositories that both packages compile: what is added to the common teams, and what errors must name."""

from zipline.tools import HEADER, TEAMS, Files

PLAIN = 'GroupBy(E(), ["a"], [Aggregation("b", Operation.SUM, ["7d"])])'


def group_by(body: str, **files: str) -> Files:
    """A repository with one module of GroupBys."""
    return {"group_bys/shop/case.py": HEADER + body, **files}


def one(arguments: str) -> Files:
    """A repository with one GroupBy over events."""
    return group_by(f"v = GroupBy(E(), ['a'], {arguments})")


def over(source: str, aggregations: str = '[Aggregation("b", windows=["7d"])]') -> Files:
    """A repository with one GroupBy over a source."""
    return group_by(f"v = GroupBy({source}, ['a'], {aggregations})")


def join(call: str) -> Files:
    """A repository with one join of GroupBys `g`, `h` (other columns), `entity` and `on` (online)."""
    parts = """
g = GroupBy(E(), ["a"], [Aggregation("b", windows=["7d"])])
h = GroupBy(E("db.h"), ["a", "b"], [Aggregation("c", Operation.MAX, ["1d"])], version=4)
entity = GroupBy(N(), ["a"], None)
plus = [Derivation("*", "*"), Derivation("d", "b_last_7d + 1")]
derived = GroupBy(E(), ["a"], [Aggregation("b", windows=["7d"])], derivations=plus)
on = GroupBy(E(), ["a"], [Aggregation("b", windows=["7d"])], online=True)
"""
    module = f"from group_bys.shop.case import g, h, entity, derived, on\nj = Join({call})\n"
    return group_by(parts, **{"joins/shop/case.py": HEADER + module})


def staging(call: str) -> Files:
    """A repository with one staging query."""
    return {"staging_queries/shop/case.py": HEADER + f"s = StagingQuery({call})\n"}


OPERATIONS = [
    "MIN",
    "MAX",
    "FIRST",
    "LAST",
    "APPROX_UNIQUE_COUNT",
    "UNIQUE_COUNT",
    "COUNT",
    "SUM",
    "AVERAGE",
    "VARIANCE",
    "SKEW",
    "KURTOSIS",
    "HISTOGRAM",
    "APPROX_UNIQUE_COUNT_LGK(4)",
    "FREQUENT_K(2)",
    "APPROX_FREQUENT_K(2)",
    "APPROX_HEAVY_HITTERS_K(2)",
    "FIRST_K(2)",
    "LAST_K(2)",
    "TOP_K(2)",
    "BOTTOM_K(2)",
    "UNIQUE_TOP_K(2)",
    "APPROX_PERCENTILE([0.5])",
    "APPROX_PERCENTILE([0.1,0.9],k=99)",
]

MODEL = """
ctr = Model(
    version="1.0",
    inference_spec=InferenceSpec(ModelBackend.VERTEXAI, {"a": "b"}, ResourceConfig(1, 2, "m")),
    input_mapping={"instance": "named_struct('x', x)"},
    output_mapping={"score": "score"},
    value_fields=[("score", DataType.DOUBLE)],
    training_conf=TrainingSpec(training_data_source=E(), training_data_window="7d", schedule="@daily"),
    deployment_conf=DeploymentSpec(ServingContainerConfig("i"), EndpointConfig("e"), ResourceConfig(),
        RolloutStrategy(DeploymentStrategyType.ROLLING, [10, 100], [5, 5], [Metric("m", 0.5)])),
)
"""
LAYERS = """
from ai.chronon.types import *
from ai.chronon.repo.constants import RunMode
default = Team(
    description="d", email="e", outputNamespace="n", tableProperties={"a": "b"},
    conf=ConfigProperties(
        common={"spark.chronon.partition.column": "ds", "x": "default"},
        modeConfigs={RunMode.UPLOAD: {"x": "default.upload", "y": "du"}},
    ),
    clusterConf=ClusterConfigProperties(modeClusterConfigs={"backfill": {"k": "v"}}),
)
shop = Team(
    outputNamespace="s",
    conf=ConfigProperties(common={"x": "shop"}, modeConfigs={"upload": {"y": "su"}, "backfill": {}}),
    env=EnvironmentVariables(common={}),
)
"""

COMPILED: dict[str, Files] = {
    **{f"operation {text}": one(f"[Aggregation('b', Operation.{text}, ['3d'])]") for text in OPERATIONS},
    "empty repository": {},
    "default operation": one("[Aggregation('b')]"),
    "windows of every form": one("[Aggregation('b', windows=['7D', '24d', Window(3, TimeUnit.DAYS), '007d'])]"),
    "hours with a topic": over("E(topic='t')", "[Aggregation('b', windows=['1h', '24H'])]"),
    "hours with temporal accuracy": one("[Aggregation('b', windows=['1h'])], accuracy=Accuracy.TEMPORAL"),
    "hours after an aggregation without windows": one("[Aggregation('c'), Aggregation('b', windows=['1h'])]"),
    "buckets and tags": one("[Aggregation('b', Operation.SUM, ['1d'], ['c'], {'t': 'u'})], tags={'x': 'y'}"),
    "version": one("[Aggregation('b')], version=3"),
    "version zero": one("[Aggregation('b')], version=0"),
    "online": one("[Aggregation('b')], online=True, production=True"),
    "online on no schedule": one("[Aggregation('b')], online=True, online_schedule='@never'"),
    "schedules": one("[Aggregation('b')], online=True, online_schedule='@hourly', offline_schedule='@weekly'"),
    "namespace and properties": one("[Aggregation('b')], output_namespace='own', table_properties={'p': 'q'}"),
    "steps and history": one("[Aggregation('b')], step_days=5, disable_historical_backfill=True"),
    "snapshot": one("[Aggregation('b', windows=['30d'])], accuracy=Accuracy.SNAPSHOT"),
    "no aggregations given as a list": one("[]"),
    "derivations": one(
        "[Aggregation('b')], derivations=[Derivation('*', '*'), Derivation('r', 'b_last'), Derivation('s', 'b_last+a')]"
    ),
    "derivations alone": one("[Aggregation('b')], derivations=[Derivation('a', 'a'), Derivation('x', '1')]"),
    "derivation of a literal": one("[Aggregation('b')], derivations=[Derivation('x', \"'b_last'\")]"),
    "default aggregation": one("DefaultAggregation(['a'], [E()])"),
    "two sources": over("[E(), EventSource('u', Query(selects('a', c='cc', b='z'), time_column='t2'))]"),
    "time column is a select": over("EventSource('t', Query(selects('a', 'b', ts='x')))"),
    "no selects": over("EventSource('t', Query(time_column='ts'))"),
    "entities": over("N()", "None"),
    "entities with mutations": over(
        "EntitySource('t', Query(selects('a', 'b'), time_column='ts', mutation_time_column='m', reversal_column='r'), "
        "'mut', 'topic')"
    ),
    "entities of two tables": over("[N(), EntitySource('u', Query(selects(a='x', b='y'), wheres=['w']))]", "None"),
    "cumulative": over(
        "EventSource('t', Query(selects('a', 'b'), time_column='ts', start_partition='2020-01-01'), is_cumulative=True)"
    ),
    "partitions": over(
        "EventSource('t', Query(selects('a', 'b'), ['w2', 'w1'], '2020', '2021', 'ts', ['setup'], "
        "partition_column='day', partition_format='yyyyMMdd', sub_partitions_to_wait_for=['hr=23', 'x=1'], "
        "time_partitioned=True))"
    ),
    "table with a sub-partition": over("E('db.t/hr=01')"),
    "letters beyond ASCII": over("EventSource('db.ünï', Query(selects(a=\"'ä'\", b='b\\n+1'), time_column='ts'))"),
    "settings": one(
        "[Aggregation('b')], conf=ConfigProperties(common={'z': '0'}, modeConfigs={'upload': {'u': '1'}}), "
        "env_vars=EnvironmentVariables(modeEnvironments={'backfill': {'q': '1'}}), "
        "cluster_conf=ClusterConfigProperties(common={'k': 'w'})"
    ),
    "layers of settings": {
        "teams.py": LAYERS,
        **one("[Aggregation('b')], conf=ConfigProperties(modeConfigs={'upload': {'z': 'o'}})"),
    },
    "several in a file": group_by(f"b = {PLAIN}\na = {PLAIN}\nalias = b\n_private = {PLAIN}\nlisted = [{PLAIN}]\n"),
    "package file": {"group_bys/shop/__init__.py": HEADER + f"v = {PLAIN}"},
    "deep folder": {"group_bys/shop/deep/er/case.py": HEADER + f"v = {PLAIN}"},
    "imported from a later file": group_by(
        "from group_bys.shop.later import v\n", **{"group_bys/shop/later.py": HEADER + f"v = {PLAIN}\n"}
    ),
    "a definition in another folder": {"joins/shop/case.py": HEADER + f"v = {PLAIN}"},
    "one name for two kinds": {
        "group_bys/shop/case.py": HEADER + f"v = {PLAIN}",
        "joins/shop/case.py": HEADER + "from group_bys.shop import case\nv = Join(E(), [JoinPart(case.v)], 'a')",
    },
    "table of another": {
        "group_bys/shop/case.py": HEADER + f"v = {PLAIN}",
        "group_bys/other/case.py": HEADER
        + "from group_bys.shop import case\nw = GroupBy(E(case.v.table), ['a'], [Aggregation('b')])",
    },
    "join": join("E(), [JoinPart(g)], 'a'"),
    "join of several": join("E(), [JoinPart(g), JoinPart(h, prefix='p'), JoinPart(entity)], ['a', 'b'], version=2"),
    "join online": join("E(), [JoinPart(on)], 'a', online=True, production=True"),
    "join with mapped keys": join(
        "EventSource('l', Query(selects('x', y='z'), time_column='t')), [JoinPart(h, {'x': 'a', 'y': 'b'})], 'x'"
    ),
    "join with long names": join("E(), [JoinPart(g), JoinPart(h, prefix='p')], 'a', use_long_names=True"),
    "join of derived features": join("E(), [JoinPart(derived)], 'a'"),
    "join with derivations": join(
        "E(), [JoinPart(g)], 'a', derivations=[Derivation('*', '*'), Derivation('d', 'a_b_last_7d + c'), "
        "Derivation('t', 'ts')]"
    ),
    "join with derivations alone": join("E(), [JoinPart(g)], 'a', derivations=[Derivation('d', 'a_b_last_7d')]"),
    "join over entities": join("N(), [JoinPart(g)], 'a'"),
    "join without parts": join("E(), [], 'a'"),
    "join without row ids": join("E(), [JoinPart(g)]"),
    "join of a cumulative left": join("E(is_cumulative=True), [JoinPart(g)], 'a'"),
    "join with external parts": join(
        "E(), [JoinPart(g)], 'a', online_external_parts=[ExternalPart(ContextualSource([('x', DataType.LONG)])), "
        "ExternalPart(ExternalSource('svc', 'shop', [('k', DataType.STRING)], [('v', DataType.LIST(DataType.LONG))]), "
        "{'a': 'k'}, 'p')]"
    ),
    "join with bootstrap": join(
        "E(), [JoinPart(on)], 'a', online=True, bootstrap_from_log=True, "
        "bootstrap_parts=[BootstrapPart('boot', ['a'], Query(selects('a', 'x')))]"
    ),
    "join with everything": join(
        "E(), [JoinPart(g, tags={'x': 'y'})], 'a', skew_keys={'a': ['1']}, sample_percent=5, check_consistency=True, "
        "consistency_sample_percent=3.0, offline_schedule='@weekly', historical_backfill=False, step_days=3, "
        "enable_stats_compute=True, modular_execution=True, conf=ConfigProperties(common={'z': '0'})"
    ),
    "join source": {
        "group_bys/shop/base.py": HEADER + f"v = {PLAIN}",
        "joins/shop/base.py": HEADER + "from group_bys.shop.base import v\nj = Join(E(topic='t'), [JoinPart(v)], 'a')",
        "group_bys/shop/chained.py": HEADER
        + "from joins.shop import base\n"
        + "c = GroupBy(JoinSource(base.j, Query(selects('a', x='a_b_sum_7d'), time_column='ts')), ['a'], "
        + "[Aggregation('x', windows=['1d'])])",
    },
    "join source of an imported join": {
        "group_bys/shop/base.py": HEADER + f"v = {PLAIN}",
        "joins/shop/base.py": HEADER + "from group_bys.shop.base import v\nj = Join(E(), [JoinPart(v)], 'a')",
        "group_bys/shop/chained.py": HEADER
        + "from joins.shop.base import j\n"
        + "c = GroupBy(JoinSource(j, Query(selects('a', 'x'), time_column='ts')), ['a'], "
        + "[Aggregation('x', windows=['1d'])])",
    },
    "staging query": staging("'SELECT 1'"),
    "staging query with a table": staging(
        "'SELECT * FROM a.b', 1, dependencies=[TableDependency('a.b', 'ds', offset=1)]"
    ),
    "staging query with cut-offs": staging(
        "'SELECT * FROM a.b', dependencies=[TableDependency('a.b', 'ds', start_cutoff='2020-01-01'), "
        "TableDependency('c.d', 'ds', end_cutoff='2021-01-01'), "
        "TableDependency('e.f', 'ds', 'yyyyMMdd', ['hr=1'], start_offset=3, end_offset=1, end_cutoff='20210101')]"
    ),
    "staging query with dictionaries": staging("'SELECT * FROM a.b', dependencies=[{'name': 'n', 'spec': 's'}]"),
    "staging query with everything": staging(
        "'SELECT 1', 2, 'own', {'p': 'q'}, ['setup'], EngineType.BIGQUERY, [], {'t': 'u'}, '@weekly', step_days=2, "
        "recompute_days=3, additional_partitions=['hr']"
    ),
    "staging query of a table": {
        "group_bys/shop/base.py": HEADER + f"v = {PLAIN}",
        "staging_queries/shop/case.py": HEADER
        + "from group_bys.shop.base import v\n"
        + "s = StagingQuery(f'SELECT * FROM {v.table}', "
        + "dependencies=[TableDependency(v.table, 'ds', start_offset=2)])\n",
    },
    "model": {"models/shop/case.py": HEADER + MODEL},
    "model transforms": {
        "models/shop/case.py": HEADER + MODEL,
        "model_transforms/shop/case.py": HEADER
        + "from models.shop.case import ctr\n"
        + "m = ModelTransforms([E()], [ctr], 2, ['a'], [('a', DataType.STRING)])\nn = ModelTransforms([E()], [], 1)\n",
    },
}

# What is compiled, and words that the messages of both must hold.
REFUSED: dict[str, tuple[Files, tuple[str, ...]]] = {
    "hours refreshed daily": (one("[Aggregation('b', windows=['1h'])], online=True"), ("shop.case.v", "hourly")),
    "unbounded events": (
        over("EventSource('t', Query(selects('a', 'b'), time_column='ts'))", "[Aggregation('b')]"),
        ("shop.case.v", "start_partition"),
    ),
    "unbounded events of a join source": (
        {
            "joins/shop/base.py": HEADER + "j = Join(E(), [], 'a')",
            "group_bys/shop/case.py": HEADER
            + "from joins.shop import base\n"
            + "v = GroupBy(JoinSource(base.j, Query(selects('a', 'b'), time_column='ts')), ['a'], [Aggregation('b')])",
        },
        ("shop.case.v", "start_partition"),
    ),
    "derivation of nothing": (one("[Aggregation('b')], derivations=[Derivation('x', 'nope')]"), ("nope", "b_last")),
    "derivation of a derivation": (
        one("[Aggregation('b')], derivations=[Derivation('x', 'b_last'), Derivation('y', 'x')]"),
        ("x", "b_last"),
    ),
    "two derivations of one name": (
        one("[Aggregation('b')], derivations=[Derivation('x', 'b_last'), Derivation('x', '1')]"),
        ("x",),
    ),
    "derivation named as a feature": (
        one("[Aggregation('b')], derivations=[Derivation('*', '*'), Derivation('b_last', 'b_last + 1')]"),
        ("b_last",),
    ),
    "derivation of a key online": (
        one("[Aggregation('b')], online=True, derivations=[Derivation('x', 'a')]"),
        ("a", "b_last"),
    ),
    "time column twice": (
        over("EventSource('t', Query(selects('a', 'b', ts='x'), time_column='y'))"),
        ("x", "y"),
    ),
    "percentiles": (one("[Aggregation('b', Operation.APPROX_PERCENTILE([1.5]))]"), ("[1.5]",)),
    "window": (one("[Aggregation('b', windows=['1w'])]"), ("w",)),
    "version": (one("[Aggregation('b')], version='1'"), ("str",)),
    "tags that are no text": (one("[Aggregation('b')], tags={'a': 1}"), ("int",)),
    "selects that are no text": (over("EventSource('t', Query(selects(a=1, b='b'), time_column='ts'))"), ("int",)),
    "unknown team": ({"group_bys/nope/case.py": HEADER + f"v = {PLAIN}"}, ("nope", "teams.py")),
    "file outside of a team": ({"group_bys/root.py": HEADER + f"v = {PLAIN}"}, ("root", "teams.py")),
    "no default team": (
        {"teams.py": TEAMS.replace("default =", "another ="), **one("[Aggregation('b')]")},
        ("default", "teams.py"),
    ),
    "no partition column": (
        {"teams.py": TEAMS.replace("spark.chronon.partition.column", "x"), **one("[Aggregation('b')]")},
        ("spark.chronon.partition.column", "teams.py"),
    ),
    "no namespace": (
        {"teams.py": TEAMS.replace('Team(outputNamespace="shop_db")', "Team()"), **one("[Aggregation('b')]")},
        ("shop.case.v", "outputNamespace"),
    ),
    "teams that fail": ({"teams.py": "from ai.chronon.types import *\n1/0\n"}, ("ZeroDivisionError",)),
    "module that fails": (group_by("import nope_nope"), ("group_bys/shop/case.py", "nope_nope")),
    "module that does not parse": (group_by("def (:"), ("group_bys/shop/case.py", "syntax")),
    "one name in two files": (
        {
            "group_bys/shop/case.py": HEADER + f"v = {PLAIN}",
            "joins/shop/case.py": HEADER + f"v = {PLAIN}",
        },
        ("shop.case.v", "group_bys/shop/case.py", "joins/shop/case.py"),
    ),
    "join without its keys": (
        join("EventSource('l', Query(selects('x'), time_column='ts')), [JoinPart(g)], 'x'"),
        ("['a']", "shop.case.g"),
    ),
    "join that maps an unknown column": (
        join("EventSource('l', Query(selects('x'), time_column='ts')), [JoinPart(g, {'y': 'a'})], 'x'"),
        ("['y']", "shop.case.g"),
    ),
    "join that maps to no key": (join("E(), [JoinPart(g, {'a': 'zz'})], 'a'"), ("zz", "shop.case.g")),
    "join with names twice": (
        join("E(), [JoinPart(g), JoinPart(on)], 'a'"),
        ("shop.case.j", "a_b_last_7d", "shop.case.g", "shop.case.on"),
    ),
    "join derives from nothing": (join("E(), [JoinPart(g)], 'a', derivations=[Derivation('x', 'nope')]"), ("nope",)),
    "join derives from the left online": (
        join("E(), [JoinPart(on)], 'a', online=True, derivations=[Derivation('x', 'a')]"),
        ("a_b_last_7d",),
    ),
    "join without time": (join("EventSource('l', Query(selects('a'))), [JoinPart(g)], 'a'"), ("joins/shop/case.py",)),
    "join of a bare GroupBy": (join("E(), [g], 'a'"), ("GroupBy",)),
    "staging query without dependencies": (staging("'SELECT * FROM a.b'"), ("ependencies",)),
    "staging query with a text": (staging("'SELECT 1', dependencies=['x']"), ("ictionar",)),
    "model without a version": ({"models/shop/case.py": HEADER + "m = Model(version=1)"}, ("int", "string")),
}
