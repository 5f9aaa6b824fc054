"""A compiled repository with a bit of everything, for the tools that read compiled files.

Definitions that `compile.py` would merge with their teams are written here as they look afterwards, so that
the tools can be tested without it.
"""

import json
from pathlib import Path
from typing import Any

from ai.chronon.api import ttypes
from ai.chronon.api.ttypes import EntitySource, EventSource, JoinSource, Source
from ai.chronon.group_by import Aggregation, GroupBy, Operation, TimeUnit, Window
from ai.chronon.join import Join, JoinPart
from ai.chronon.naming import AnyDefinition, Definition, meta_data
from ai.chronon.query import Query, select
from ai.chronon.repo.serializer import thrift_simple_json

TEAMS: dict[str, dict[str, Any]] = {
    "default": {"namespace": "default_db", "table_properties": {}},
    "shop": {"namespace": "shop_db"},
    "risk": {"namespace": "risk_db"},
}
WIDE = [f"col{number}" for number in range(30)]


def days(length: int) -> ttypes.Window:
    return Window(length, TimeUnit.DAYS)


def purchases() -> Source:
    query = Query(
        selects=select("user_id", price="purchase_price * qty", day="date(ts)"),
        wheres=["qty > 0", "currency = 'USD'"],
        time_column="ts",
    )
    return Source(events=EventSource(table="data.purchases", query=query))


def clicks() -> list[Source]:
    new = Query(
        selects=select(
            user_id="uid", item="coalesce(item_id, other_id)", amount="CASE WHEN a > 1 THEN b ELSE cast(c AS INT) END"
        ),
        start_partition="2023-01-01",
        time_column="ts",
    )
    old = Query(selects=select(user_id="user", item="item", amount="amount"), time_column="ts")
    topic = "clicks.topic/host=k"
    return [
        Source(events=EventSource(table="data.clicks/hr=00", topic=topic, query=new)),
        Source(events=EventSource(table="data.clicks_old", topic=topic, query=old)),
    ]


def users(mutations: bool) -> Source:
    query = Query(selects=select("user_id", "country", age="floor(months / 12)"))
    entities = EntitySource(snapshotTable="data.users", query=query)
    if mutations:
        entities.mutationTable, entities.mutationTopic = "data.users_mut/hr=00", "users.topic"
        query.timeColumn, query.mutationTimeColumn, query.reversalColumn = "ts", "mts", "rev"
    return Source(entities=entities)


def checkouts(*columns: str, **renamed: str) -> Source:
    query = Query(selects=select(*columns, **renamed), wheres=["ok"], time_column="ts")
    return Source(events=EventSource(table="data.checkouts", query=query))


def derivations(*pairs: tuple[str, str]) -> list[ttypes.Derivation]:
    return [ttypes.Derivation(name=name, expression=expression) for name, expression in pairs]


def named(name: str, definition: AnyDefinition, namespace: str | None = None) -> AnyDefinition:
    data = meta_data(definition)
    data.name, data.team = name, name.split(".", maxsplit=1)[0]
    data.outputNamespace = namespace or str(TEAMS[data.team]["namespace"])
    return definition


def group_bys() -> dict[str, ttypes.GroupBy]:
    total = Aggregation(input_column="price", operation=Operation.SUM, windows=[days(3)])
    count = Aggregation(input_column="price", operation=Operation.COUNT, windows=[days(3)])
    plain = GroupBy(
        sources=purchases(),
        keys=["user_id"],
        online=True,
        aggregations=[
            Aggregation(input_column="price", operation=Operation.SUM, windows=[days(3), days(14)]),
            Aggregation(input_column="price", operation=Operation.LAST_K(10)),
            Aggregation(input_column="price", operation=Operation.APPROX_PERCENTILE([0.5])),
            Aggregation(input_column="price", operation=Operation.COUNT, buckets=["day"]),
        ],
    )
    derived = GroupBy(
        sources=purchases(), keys=["user_id"], backfill_start_date="2023-01-01", aggregations=[total, count]
    )
    derived.derivations = derivations(
        ("*", "*"), ("avg_price", "price_sum_3d / coalesce(price_count_3d, 1)"), ("renamed", "price_sum_3d")
    )
    only = GroupBy(
        sources=purchases(), keys=["user_id"], online=True, backfill_start_date="2023-01-01", aggregations=[total]
    )
    only.derivations = derivations(("only", "price_sum_3d + 1"))
    oldest = Aggregation(input_column="age", operation=Operation.MAX)
    entities = GroupBy(sources=users(mutations=True), keys=["user_id"], online=True, aggregations=[oldest])
    taken = GroupBy(sources=users(mutations=False), keys=["user_id"], online=True, aggregations=None)
    streamed = GroupBy(
        sources=clicks(),
        keys=["user_id"],
        online=True,
        aggregations=[
            Aggregation(input_column="item", operation=Operation.UNIQUE_COUNT),
            Aggregation(input_column="amount", operation=Operation.FIRST),
        ],
        team_override="risk",
    )
    wide = GroupBy(
        sources=Source(
            events=EventSource(table="data.wide", query=Query(selects=select("k", *WIDE), time_column="ts"))
        ),
        keys=["k"],
        online=True,
        aggregations=[Aggregation(input_column=column, operation=Operation.SUM) for column in WIDE],
    )
    made = {
        "shop.purchases.v1": plain,
        "shop.purchases.derived": derived,
        "shop.users.v1": entities,
        "shop.users.taken": taken,
        "shop.deep.er.clicks.v1": streamed,
        "shop.wide.v1": wide,
    }
    for name, group_by in made.items():
        named(name, group_by)
    made["shop.purchases.only"] = only
    named("shop.purchases.only", only, "elsewhere")
    return made


def external_part() -> ttypes.ExternalPart:
    kinds = ttypes.DataKind
    fields = [
        ttypes.DataField("score", ttypes.TDataType(kinds.DOUBLE)),
        ttypes.DataField("n", ttypes.TDataType(kinds.LONG)),
    ]
    keys = [ttypes.DataField("user_id", ttypes.TDataType(kinds.STRING))]
    source = ttypes.ExternalSource(
        metadata=ttypes.MetaData(name="ext svc", team="risk", customJson="null"),
        keySchema=ttypes.TDataType(kinds.STRUCT, keys, "ext_ext svc_keys"),
        valueSchema=ttypes.TDataType(kinds.STRUCT, fields, "ext_ext svc_values"),
    )
    return ttypes.ExternalPart(source=source, prefix="e")


def inline() -> ttypes.GroupBy:
    source = Source(events=EventSource(table="data.inl", query=Query(selects=select("k", "v"), time_column="ts")))
    total = Aggregation(input_column="v", operation=Operation.SUM)
    group_by = GroupBy(sources=source, keys=["k"], online=True, name="shop.in.line", aggregations=[total])
    named("shop.in.line", group_by)
    return group_by


def joins(group_bys: dict[str, ttypes.GroupBy]) -> dict[str, ttypes.Join]:
    left = checkouts("user_id", "cart", other="uid2")
    first = Join(
        left=left,
        right_parts=[
            JoinPart(group_bys["shop.purchases.v1"], prefix="p"),
            JoinPart(group_bys["shop.purchases.only"]),
            JoinPart(group_bys["shop.users.v1"], key_mapping={"other": "user_id"}),
        ],
        online=True,
        sample_percent=100.0,
    )
    rich = Join(
        left=left,
        right_parts=[JoinPart(group_bys["shop.purchases.derived"]), JoinPart(group_bys["shop.users.taken"])],
        row_ids=["user_id"],
    )
    rich.onlineExternalParts = [external_part()]
    boot = Query(selects=select("user_id", shop_users_taken_country="country"))
    rich.bootstrapParts = [ttypes.BootstrapPart(table="data.boot", keyColumns=["user_id"], query=boot)]
    rich.derivations = derivations(
        ("*", "*"),
        ("ratio", "shop_purchases_derived_avg_price / ext_e_ext_svc_score"),
        ("lost", "shop_purchases_derived_price_sum_3d * 2"),
        ("home", "shop_users_taken_country"),
        ("amount", "ext_e_ext_svc_n"),
        ("half", "ext_e_ext_svc_score / 2"),
        ("mixed", "ext_e_ext_svc_score + cart"),
        ("one", "1"),
        ("cart2", "cart"),
    )
    labels = GroupBy(
        sources=Source(
            events=EventSource(table="data.labels", query=Query(selects=select("user_id", label="y"), time_column="ts"))
        ),
        keys=["user_id"],
        name="shop.labels",
        aggregations=[Aggregation(input_column="label", operation=Operation.MAX, windows=[days(7)])],
    )
    labelled = Join(left=left, right_parts=[JoinPart(group_bys["shop.deep.er.clicks.v1"])])
    labelled.labelPart = ttypes.LabelPart(
        labels=[JoinPart(labels)], leftStartOffset=7, leftEndOffset=7, metaData=ttypes.MetaData()
    )
    narrow = Join(left=left, right_parts=[JoinPart(group_bys["shop.purchases.derived"])])
    narrow.derivations = derivations(("only", "shop_purchases_derived_renamed + cart"))
    entity_left = Source(
        entities=EntitySource(snapshotTable="data.users", query=Query(selects=select("user_id", "name")))
    )
    of_entities = Join(left=entity_left, right_parts=[JoinPart(group_bys["shop.users.taken"], prefix="u")])
    carts = Source(events=EventSource(table="data.carts", query=Query(selects=select("k"), time_column="ts")))
    made = {
        "shop.training.v1": first,
        "shop.training.rich": rich,
        "shop.training.labelled": labelled,
        "shop.training.narrow": narrow,
        "shop.training.of_entities": of_entities,
        "shop.inline.v1": Join(left=carts, right_parts=[JoinPart(inline()), JoinPart(group_bys["shop.wide.v1"])]),
    }
    for number in range(12):
        source = Source(
            events=EventSource(table=f"data.carts{number}", query=Query(selects=select("k"), time_column="ts"))
        )
        made[f"shop.many.j{number}"] = Join(left=source, right_parts=[JoinPart(group_bys["shop.wide.v1"])])
    for name, join in made.items():
        named(name, join)
    return made


def chain(group_bys: dict[str, ttypes.GroupBy]) -> tuple[ttypes.Join, ttypes.GroupBy, ttypes.Join]:
    """A join, a GroupBy over that join, and a join of that GroupBy."""
    events = EventSource(
        table="data.checkouts",
        topic="checkouts.topic",
        query=Query(selects=select("user_id", "cart"), time_column="ts"),
    )
    parent = Join(left=Source(events=events), right_parts=[JoinPart(group_bys["shop.deep.er.clicks.v1"])], online=True)
    named("shop.training.parent", parent)
    query = Query(selects=select("cart", amt="shop_deep_er_clicks_v1_amount_first"), time_column="ts")
    total = Aggregation(input_column="amt", operation=Operation.SUM, windows=[days(1)])
    chained = ttypes.GroupBy(
        metaData=ttypes.MetaData(online=True, customJson="{}"),
        sources=[Source(joinSource=JoinSource(join=parent, query=query))],
        keyColumns=["cart"],
        aggregations=[total],
    )
    named("risk.chained.v1", chained)
    carts = EventSource(table="data.carts", query=Query(selects=select("cart"), time_column="ts"))
    child = Join(left=Source(events=carts), right_parts=[JoinPart(chained)])
    named("risk.chain.v1", child)
    return parent, chained, child


def staging_queries() -> dict[str, ttypes.StagingQuery]:
    plain = (
        "SELECT a.user_id, sum(b.x) AS total, max(upper(a.name)) nm, a.ds FROM data.users a JOIN data.facts b "
        "ON a.user_id = b.user_id WHERE a.ds BETWEEN '{{ start_date }}' AND '{{ end_date }}' GROUP BY a.user_id, a.ds"
    )
    nested = (
        "WITH t AS (SELECT user_id, x + y AS z, ds FROM data.facts WHERE ds = '{{ end_date }}') "
        "SELECT user_id, z * 2 AS zz, my_udf(z) AS u, ds FROM t"
    )
    union = "SELECT user_id, x * 2 AS zz FROM data.facts UNION ALL SELECT user_id, w AS zz FROM data.more"
    texts = {"v1": plain, "nested": nested, "union": union, "bad": "SELEC FROM (", "star": "SELECT * FROM data.facts"}
    made = {}
    for variable, text in texts.items():
        query = ttypes.StagingQuery(metaData=ttypes.MetaData(dependencies=["data.users/ds={{ ds }}"]), query=text)
        named(f"shop.prepared.{variable}", query)
        made[variable] = query
    return made


def write_definition(root: Path, folder: str, definition: Definition) -> None:
    team, _, rest = str(meta_data(definition).name).partition(".")
    file = root / "production" / folder / team / rest
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(thrift_simple_json(definition))


def write(root: Path) -> Path:
    """Writes the compiled repository, and empty modules where its definitions would be."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "teams.json").write_text(json.dumps(TEAMS))
    made = group_bys()
    parent, chained, child = chain(made)
    for group_by in [*made.values(), chained]:
        write_definition(root, "group_bys", group_by)
    for join in [*joins(made).values(), parent, child]:
        write_definition(root, "joins", join)
    for query in staging_queries().values():
        write_definition(root, "staging_queries", query)
    for module in ("shop/purchases", "shop/users", "shop/deep/er/clicks", "shop/wide", "risk/chained"):
        file = root / "group_bys" / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("# definitions\n")
    return root
