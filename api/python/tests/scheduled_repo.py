"""A compiled repository with every kind of job, written by hand as compiling would write it."""

import json
from pathlib import Path
from typing import Any

TEAMS = {
    "default": {"namespace": "default", "table_properties": {}},
    "shop": {
        "namespace": "shop_db",
        "team_name": "The shop",
        "airflow_queue": "big",
        "dag_start_date": "2024-05-01",
        "maintainer_emails": ["shop@example.org"],
        "user": "shop_user",
    },
}


def dependency(spec: str, end: str | None = None, name: str | None = None) -> str:
    table, _, rest = spec.partition("/")
    lag = "_minus_1" if "ds_add" in rest else ""
    return json.dumps({"name": name or f"wait_for_{table}_ds{lag}", "spec": spec, "start": None, "end": end})


def definition(name: str, *dependencies: str, custom: object = None, **fields: Any) -> dict[str, Any]:
    top = {key: fields.pop(key) for key in ("sources", "backfillStartDate", "left", "query") if key in fields}
    meta_data = {"name": name, "team": name.split(".")[0], "outputNamespace": "shop_db", "dependencies": dependencies}
    if custom is not None:
        meta_data["customJson"] = json.dumps(custom)
    return {"metaData": {**meta_data, **fields}, **top}


CLICKS = "data.clicks/ds={{ ds }}"
ORDERS = "data.orders/ds={{ macros.ds_add(ds, -1) }}/kind=a"
STREAM = {"events": {"table": "data.clicks", "topic": "clicks", "query": {"setups": []}}}
MUTATED = {"entities": {"snapshotTable": "data.users", "mutationTopic": "users", "query": {"setups": []}}}
BATCH = {"events": {"table": "data.orders", "query": {"setups": []}}}

FILES: dict[str, dict[str, Any]] = {
    "group_bys/shop/clicks.v1": definition(
        "shop.clicks.v1", dependency(CLICKS), sources=[BATCH, STREAM], online=1, backfillStartDate="2024-01-01"
    ),
    "group_bys/shop/users.v1": definition(
        "shop.users.v1", dependency(CLICKS), dependency(ORDERS), sources=[MUTATED], online=1
    ),
    "group_bys/shop/orders.v1": definition(
        "shop.orders.v1",
        dependency(ORDERS, end="2024-06-01"),
        sources=[BATCH],
        backfillStartDate="2024-01-01",
        online=0,
    ),
    "group_bys/shop/unused.v1": definition("shop.unused.v1", dependency(CLICKS), sources=[STREAM]),
    "joins/shop/training.v1": definition(
        "shop.training.v1",
        dependency(CLICKS),
        dependency("shop_db.shop_orders_v1/ds={{ ds }}"),
        left=BATCH,
        online=1,
        samplePercent=10.0,
        offlineSchedule="0 3 * * *",
        custom={"check_consistency": True},
    ),
    "joins/shop/served-only.v1": definition(
        "shop.served-only.v1", left=BATCH, online=1, offlineSchedule="@never", custom={"check_consistency": False}
    ),
    "joins/other/small.v1": definition("other.small.v1", dependency(CLICKS), left=BATCH),
    "staging_queries/shop/cleaned.v1": definition(
        "shop.cleaned.v1", "data.raw/ds={{ ds }}", "data.raw/ds={{ ds }}/hr=23", query="SELECT 1"
    ),
}


def write(root: Path) -> Path:
    """Writes the repository to a folder, and returns that."""
    for name, content in FILES.items():
        path = root / "production" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=2))
    (root / "teams.json").write_text(json.dumps(TEAMS))
    return root
