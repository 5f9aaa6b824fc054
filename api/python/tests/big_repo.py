"""A compiled repository of about 500 tables and definitions, made from a seed."""

import json
import random
from pathlib import Path

TEAMS = ("ads", "payments", "risk", "search", "stays", "support")
SEED = 20240301


def _write(root: Path, folder: str, name: str, tree: dict[str, object]) -> None:
    team, _, rest = name.partition(".")
    file = root / "production" / folder / team / rest
    file.parent.mkdir(parents=True, exist_ok=True)
    meta_data = {"name": name, "team": team, "outputNamespace": f"{team}_db", "online": 1}
    file.write_text(json.dumps({"metaData": meta_data, **tree}))


def write(root: Path, tables: int = 120, group_bys: int = 240, joins: int = 120, models: int = 20) -> Path:
    """Writes it; the same arguments give the same files."""
    chance = random.Random(SEED)
    root.mkdir(parents=True, exist_ok=True)
    (root / "teams.json").write_text(json.dumps({team: {"namespace": f"{team}_db"} for team in (*TEAMS, "default")}))
    names = [f"data.{chance.choice(TEAMS)}_events_{i}" for i in range(tables)]
    made: list[dict[str, object]] = []
    for i in range(group_bys):
        name = f"{chance.choice(TEAMS)}.features_{i % 40}.v{i}"
        table = (
            names[min(int(chance.expovariate(1 / 30)), tables - 1)] if chance.random() < 0.5 else chance.choice(names)
        )
        query = {"selects": {"user_id": "user_id", "amount": "amount"}, "timeColumn": "ts", "setups": []}
        sources = [{"events": {"table": table, "query": query}}]
        windows = [{"length": length, "timeUnit": 1} for length in (1, 7, 30)]
        aggregations = [{"inputColumn": "amount", "operation": 7, "argMap": {}, "windows": windows}]
        tree: dict[str, object] = {"sources": sources, "keyColumns": ["user_id"], "aggregations": aggregations}
        _write(root, "group_bys", name, tree)
        made.append({"metaData": {"name": name}, **tree})
    for i in range(joins):
        name = f"{chance.choice(TEAMS)}.training_{i % 25}.v{i}"
        left = {"events": {"table": chance.choice(names), "query": {"selects": {"user_id": "user_id"}, "setups": []}}}
        parts = [{"groupBy": group_by} for group_by in chance.sample(made, chance.randint(1, 5))]
        tree = {"left": left, "joinParts": parts}
        if i < models:
            model = {"metaData": {"name": f"model_{i}"}, "outputSchema": {"params": [{"name": "score"}]}}
            tree["modelTransforms"] = {"transforms": [{"model": model}]}
        _write(root, "joins", name, tree)
    return root
