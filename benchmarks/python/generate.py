"""Writes a feature repository of a given size, the same one for the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

TEAMS = ("search", "pricing", "trust", "growth", "payments")
GROUP_BY = """
g{number} = GroupBy(
    sources=EventSource(
        table="events.{table}",
        query=Query(
            selects=select("user_id", "item_id", amount="cast(price * {factor} as double)", kind="lower(kind)"),
            wheres=["price > {factor}"],
            time_column="unix_timestamp(created_at) * 1000",
            start_partition="2024-01-01",
        ),
    ),
    keys=["{key}"],
    aggregations=[
        Aggregation(input_column="amount", operation=Operation.SUM, windows=WINDOWS),
        Aggregation(input_column="amount", operation=Operation.AVERAGE, windows=WINDOWS, buckets=["kind"]),
        Aggregation(input_column="kind", operation=Operation.LAST_K({k}), windows=WINDOWS[:{windows}]),
        Aggregation(input_column="amount", operation=Operation.APPROX_PERCENTILE([0.5, 0.99])),
    ],
    online=True,
    output_namespace="features",
    table_properties={{"owner": "{team}"}},
)
"""
GROUP_BY_HEAD = """from ai.chronon.api.ttypes import EventSource
from ai.chronon.group_by import Aggregation, GroupBy, Operation, TimeUnit, Window
from ai.chronon.query import Query, select

WINDOWS = [Window(length, TimeUnit.DAYS) for length in (1, 7, 30)]
"""
JOIN = """
j{number} = Join(
    left=Source(
        events=EventSource(
            table="events.requests_{number}",
            query=Query(selects=select("user_id", "item_id"), time_column="ts", start_partition="2024-01-01"),
        )
    ),
    right_parts=[{parts}],
    online=True,
)
"""
JOIN_HEAD = """from ai.chronon.api.ttypes import EventSource, Source
from ai.chronon.join import Join, JoinPart
from ai.chronon.query import Query, select
"""


def generate(root: Path, *, group_bys: int, joins: int, modules: int, seed: int = 7) -> list[str]:
    """Writes the repository, and returns the paths of its modules, GroupBys first.

    Five eighths of the modules hold GroupBys. A join has three to eight parts.
    """
    chance = random.Random(seed)
    root.mkdir(parents=True)
    teams = {team: {"namespace": f"{team}_db"} for team in TEAMS}
    (root / "teams.json").write_text(json.dumps({"default": {"namespace": "db", "table_properties": {}}, **teams}))
    group_by_modules = modules * 5 // 8
    places = [f"group_bys/{TEAMS[i % len(TEAMS)]}/module_{i}.py" for i in range(group_by_modules)]
    texts = dict.fromkeys(places, GROUP_BY_HEAD)
    names = []
    for number in range(group_bys):
        place = places[number % group_by_modules]
        team = place.split("/")[1]
        texts[place] += GROUP_BY.format(
            number=number,
            table=f"table_{chance.randrange(100)}",
            factor=chance.randrange(1, 50),
            key=chance.choice(("user_id", "item_id")),
            k=chance.randrange(2, 20),
            windows=chance.randrange(1, 4),
            team=team,
        )
        names.append((place[:-3].replace("/", "."), f"g{number}"))
    join_places = [f"joins/{TEAMS[i % len(TEAMS)]}/joined_{i}.py" for i in range(modules - group_by_modules)]
    for position, place in enumerate(join_places):
        own = range(position, joins, len(join_places))
        chosen = {number: chance.sample(names, chance.randrange(3, 9)) for number in own}
        imported = sorted({module for parts in chosen.values() for module, _ in parts})
        texts[place] = JOIN_HEAD + "".join(f"import {module}\n" for module in imported)
        for number, parts in chosen.items():
            listed = ", ".join(
                f"JoinPart(group_by={module}.{name}, prefix='p{i}')" for i, (module, name) in enumerate(parts)
            )
            texts[place] += JOIN.format(number=number, parts=listed)
    for place, text in texts.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    return places + join_places
