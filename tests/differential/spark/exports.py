"""Definitions of every kind and fault for `metadata-export`, over the tables of `examples/purchases`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

# Numbers of the airbnb dialect.
MIN, FIRST, LAST, UNIQUE_COUNT, APPROX_UNIQUE_COUNT, COUNT, SUM, AVERAGE = 0, 2, 3, 4, 5, 6, 7, 8
APPROX_PERCENTILE, LAST_K, HISTOGRAM = 12, 13, 17
DAYS, HOURS = 1, 0
LONG, FLOAT, STRING, LIST, STRUCT = 4, 5, 7, 12, 13
TEMPORAL, SNAPSHOT = 0, 1
UNBOUNDED = 2147483647
PURCHASES = {"user_id": "user_id", "price": "purchase_price", "product": "cast(product_id as string)"}
USERS = {"user_id": "user_id", "account_created_ds": "account_created_ds", "email_verified": "email_verified"}
TYPES = {
    "user_id": "user_id", "l": "array(purchase_price)", "s": "named_struct('a', 1, 'b', 'x')",
    "m": "map('a', purchase_price)", "b": "cast('x' as binary)", "sh": "cast(1 as smallint)",
    "f": "cast(1 as float)", "bo": "true", "i": "1", "dec": "cast(1 as decimal(10, 2))", "d": "current_date()",
}  # fmt: skip
ENTITY_TYPES = {
    "user_id": "user_id", "d": "current_date()", "t": "current_timestamp()", "dec": "cast(1 as decimal(10, 2))",
    "l": "array(named_struct('a', 1, 'b', 'x'))", "by": "cast(1 as tinyint)",
}  # fmt: skip


def window(length: int, unit: int = DAYS) -> Json:
    """A window."""
    return {"length": length, "timeUnit": unit}


def agg(column: str, operation: int, windows: list[Json] | None = None, **more: Any) -> Json:
    """An aggregation."""
    return {"inputColumn": column, "operation": operation, **({"windows": windows} if windows else {}), **more}


def events(table: str = "data.purchases", selects: Json | None = PURCHASES, time: str = "ts", **query: Any) -> Json:
    """A source of events."""
    selected = {} if selects is None else {"selects": selects}
    return {"events": {"table": table, "query": {**selected, "timeColumn": time, "setups": [], **query}}}


def entities(selects: Json | None = USERS, query: Json | None = None, **more: Any) -> Json:
    """A source of entities."""
    selected = {} if selects is None else {"selects": selects}
    return {"entities": {"snapshotTable": "data.users", "query": {**selected, "setups": [], **(query or {})}, **more}}


def meta(name: str) -> Json:
    """Metadata of a definition."""
    return {"name": f"shop.{name}", "outputNamespace": "default", "team": "shop"}


DAILY = [agg("price", SUM, [window(3)]), agg("price", COUNT)]
RATIO = {"name": "ratio", "expression": "price_sum_3d / price_count"}
RENAMED = {"name": "renamed", "expression": "price_count"}
STAR = {"name": "*", "expression": "*"}
CHECKOUTS = events("data.checkouts", {"user_id": "user_id", "product": "cast(product_id as string)"})
ALL_OPERATIONS = [
    agg("price", SUM, [window(3), window(6, HOURS), window(UNBOUNDED)]),
    agg("price", AVERAGE),
    agg("price", LAST_K, [window(14)], argMap={"k": "10"}),
    agg("price", MIN, [window(7)], buckets=["product", "user"]),
    agg("product", HISTOGRAM, [window(7)], argMap={"k": "3"}),
    agg("price", APPROX_PERCENTILE, [window(7)], argMap={"k": "128", "percentiles": "[0.5]"}),
    agg("product", APPROX_UNIQUE_COUNT, [window(30)]),
]
OF_TYPES = [
    *(agg("l", operation) for operation in (SUM, LAST, UNIQUE_COUNT)),
    *(agg("m", operation) for operation in (AVERAGE, LAST)),
    *(agg(column, LAST) for column in ("s", "sh", "bo", "f")),
    *(agg("b", COUNT), agg("sh", SUM), agg("f", SUM), agg("i", MIN)),
    agg("s", LAST_K, [window(2)], argMap={"k": "3"}),
]


def group_by(name: str, source: Json, aggregations: list[Json] | None, **more: Any) -> Json:
    """A group-by with the key `user_id`."""
    result = {"metaData": meta(name), "sources": [source], "keyColumns": ["user_id"]}
    return {**result, **({} if aggregations is None else {"aggregations": aggregations}), **more}


def group_bys(chained_join: Json) -> dict[str, Json]:
    """All of them by name; `chained_join` has an output table."""
    with_user = {**PURCHASES, "user": "cast(user_id as string)"}
    found = [
        group_by("operations", events(selects=with_user), ALL_OPERATIONS, accuracy=TEMPORAL),
        group_by("snapshot", events(), DAILY, accuracy=SNAPSHOT),
        group_by("hours", events(), [agg("price", SUM, [window(6, HOURS)])], accuracy=SNAPSHOT),
        group_by("types", events(selects=TYPES), OF_TYPES),
        group_by("as_it_is", events(selects=None), [agg("purchase_price", SUM, [window(3)])]),
        group_by("two_sources", events(), DAILY),
        group_by("cumulative", events(), DAILY),
        group_by("incremental", events(), DAILY, isIncremental=1),
        group_by("no_aggregations", events(), None),
        group_by("users", entities(), None),
        group_by("users_as_they_are", entities(selects=None), None),
        group_by("entity_types", entities(selects=ENTITY_TYPES), None),
        group_by(
            "users_in_windows",
            entities(query={"timeColumn": "unix_timestamp(account_created_ds, 'yyyy-MM-dd') * 1000"}),
            [agg("email_verified", COUNT, [window(7)])],
        ),
        group_by(
            "mutations",
            entities(mutationTable="data.user_mutations", mutationTopic="m"),
            [agg("email_verified", COUNT)],
            accuracy=TEMPORAL,
        ),
        group_by("derived", events(), DAILY, derivations=[RATIO, RENAMED]),
        group_by("derived_and_kept", events(), DAILY, derivations=[STAR, RATIO, RENAMED]),
        group_by("kept_later", events(), DAILY, derivations=[RATIO, STAR]),
        group_by(
            "derived_users",
            entities(),
            None,
            derivations=[STAR, {"name": "up", "expression": "upper(email_verified)"}],
        ),
        group_by(
            "chained",
            {
                "joinSource": {
                    "join": chained_join,
                    "query": {
                        "selects": {"user_id": "user_id", "x": "quickstart_returns_v1_refund_amt_count_3d"},
                        "timeColumn": "ts",
                    },
                }
            },
            [agg("x", SUM)],
        ),
        # what cannot be described
        group_by("no_table", events("data.nope"), DAILY),
        group_by("no_column", events(), [agg("nope", SUM)]),
        group_by("no_select", events(selects={**PURCHASES, "price": "nope + 1"}), DAILY),
        group_by("no_where", events(wheres=["nope > 1"]), DAILY),
        group_by("no_key", events(), DAILY, keyColumns=["shop"]),
        group_by("no_source", events(), DAILY, sources=[]),
        group_by("no_operation", events(), [{"inputColumn": "price"}]),
        group_by("no_time", entities(), [agg("email_verified", LAST)]),
        group_by("no_long", events(time="user_id"), DAILY),
        group_by("no_sum", events(), [agg("product", SUM)]),
        group_by("no_date", events(selects=TYPES), [agg("d", LAST)]),
        group_by("no_derivation", events(), DAILY, derivations=[{"name": "r", "expression": "nope"}]),
        # what is described there alone
        group_by("decimal", events(selects=TYPES), [agg("dec", LAST)]),
        group_by("one_name", events(), [agg("price", SUM), agg("price", SUM)]),
        group_by("no_length", events(), [agg("price", SUM, [window(0)])]),
    ]
    by_name = {g["metaData"]["name"].split(".")[1]: g for g in found}
    refunds = {"user_id": "user_id", "price": "refund_amt", "product": "'x'"}
    by_name["two_sources"]["sources"].append(events("data.returns", refunds))
    by_name["cumulative"]["sources"][0]["events"]["isCumulative"] = 1
    return by_name


def joins(parts: dict[str, Json]) -> dict[str, Json]:
    """All joins by name."""

    def join(name: str, names: list[str], left: Json = CHECKOUTS, **more: Any) -> Json:
        joined = [{"groupBy": parts[n]} for n in names]
        return {"metaData": meta(name), "left": left, "joinParts": joined, **more}

    def external(name: str, **more: Any) -> Json:
        def struct(struct_name: str, **members: Json) -> Json:
            fields = [{"name": n, "dataType": t} for n, t in members.items()]
            return {"kind": STRUCT, "name": struct_name, "params": fields}

        numbers = {"kind": LIST, "params": [{"name": "elem", "dataType": {"kind": LONG}}]}
        values = struct("Values", v={"kind": FLOAT}, w=numbers)
        key = struct("Keys", k={"kind": STRING})
        return {"source": {"metadata": meta(name), "keySchema": key, "valueSchema": values}, **more}

    feature = "shop_snapshot_price_count"
    inner = group_by("only_here", events(), DAILY)
    broken = group_by("broken_here", events("data.nope"), DAILY)
    found = [
        join("simple", ["operations", "snapshot", "users"]),
        join("entity_left", ["snapshot"], entities(selects={"user_id": "user_id"})),
        join("other_key_type", ["snapshot"], events("data.checkouts", {"user_id": "cast(1 as int)"})),
        join("derived_parts", ["derived", "derived_and_kept", "derived_users"]),
        join("mutations", ["mutations"]),
        join("chained", ["chained"]),
        join("nothing", []),
        join("external", ["snapshot"], onlineExternalParts=[external("svc"), external("other", prefix="p")]),
        join("derived", ["snapshot"], derivations=[STAR, {"name": "r", "expression": f"{feature} + 1"}]),
        join("renamed", ["snapshot"], derivations=[{"name": "a", "expression": feature}, STAR]),
        join("of_the_left", ["snapshot"], derivations=[{"name": "p", "expression": "concat(product, '!')"}]),
        join(
            "of_external",
            ["snapshot"],
            onlineExternalParts=[external("svc")],
            derivations=[STAR, {"name": "r", "expression": f"{feature} + ext_shop_svc_v"}],
        ),
        join("labelled", ["snapshot"], labelPart={"labels": [{"groupBy": parts["users"]}], "leftStartOffset": 30}),
        join("skewed", ["snapshot"], skewKeys={"user_id": ["1"]}),
        join(
            "bootstrapped",
            ["snapshot"],
            bootstrapParts=[{"table": "data.checkouts", "keyColumns": ["user_id"]}],
        ),
        join("no_left", ["snapshot"], events("data.nope")),
        join("no_part", ["snapshot", "no_table"]),
        join("no_derivation", ["snapshot"], derivations=[{"name": "r", "expression": "nope"}]),
        join("time", ["snapshot"], derivations=[{"name": "t", "expression": "ts"}]),
        join("day", ["snapshot"], derivations=[{"name": "t", "expression": "concat(product, ds)"}]),
    ]
    by_name = {j["metaData"]["name"].split(".")[1]: j for j in found}
    by_name["embedding"] = join("embedding", ["snapshot"])
    by_name["embedding"]["joinParts"] += [{"groupBy": inner, "prefix": "q"}]
    by_name["embedding_broken"] = join("embedding_broken", [])
    by_name["embedding_broken"]["joinParts"] += [{"groupBy": inner}, {"groupBy": broken}]
    return by_name


def staging_queries() -> dict[str, Json]:
    """All staging queries by name."""
    days = "ds between '{{ start_date }}' and '{{ end_date }}'"
    columns = "cast(1 as decimal(4, 2)) d, named_struct('a', 1) st, map('a', 1L) mm, '{{latest_date}}' l, ds"
    texts = {
        "grouped": f"select user_id, sum(purchase_price) s from data.purchases where {days} group by 1",
        "types": f"select user_id, {columns} from data.purchases where {days}",
        "latest": "select '{{ max_date(table=data.purchases) }}' m from data.purchases",
        "no_column": "select nope from data.purchases",
        "no_table": "select nope from data.nope",
        "no_macro": "select '{{ nope }}' z",
    }
    return {
        name: {"metaData": meta(name), "query": text, "startPartition": "2023-11-01"} for name, text in texts.items()
    }


def write(root: Path, chained_join: Json) -> None:
    """Puts all of them below `root`, beside a file of no kind and files that are no definitions."""
    of_group_bys = group_bys(chained_join)
    kinds = {"group_bys": of_group_bys, "joins": joins(of_group_bys), "staging_queries": staging_queries()}
    others = {"group_bys/shop/text": "hello", "group_bys/shop/list": "[1]", "models/shop/m": '{"a": 1}'}
    others["group_bys/shop/more"] = json.dumps({**of_group_bys["snapshot"], "unheard_of": 1, "features": ["old"]})
    files = {f"{kind}/shop/{name}": json.dumps(d) for kind, found in kinds.items() for name, d in found.items()}
    for name, text in {**files, **others}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
