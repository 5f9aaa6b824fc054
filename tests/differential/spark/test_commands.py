"""metadata-upload, group-by-upload-bulk-load and fetch beside the reference: `commands.py` has the machinery."""

from __future__ import annotations

import json
from typing import Any

import commands
import joins
import pytest
from commands import Store

KEYS = [{"user_id": user} for user in (1, 2, 3, 5, 8, 29)]
NO_SUCH_KEY = {"user_id": 999}
AT = commands.BATCH_END + 5 * 3_600_000
# Questions by their further words; the store of both sides is the same.
QUESTIONS = {
    "a group-by without a stream": ["--name", "quickstart/purchases.v1", "--type", "group-by"],
    "a group-by with one, as of a moment": [*("--name=quickstart.returns.v1", "--type=group-by", f"--at-millis={AT}")],
    "columns": ["--name", "quickstart.users.v1", "--type", "group-by"],
    "a group-by by its definition": [
        *("--conf-path=production/group_bys/quickstart/users.v1", "--name=quickstart.users.v1", "--type=group-by")
    ],
    "a join": ["--name", "quickstart/training_set.v2", f"--at-millis={AT}"],
    "a join by its definition": [
        *("--conf-path=production/joins/quickstart/training_set.v1", f"--at-millis={AT}"),
        *("--name", "quickstart/training_set.v1"),
    ],
}
METADATA = {
    "a folder": ["--conf-path=production"],
    "a file": ["--conf-path=production/joins/quickstart/training_set.v2"],
    "an endpoint": ["--conf-path=production/group_bys", "--end-point-name", "CHRONON_ENTITY_BY_TEAM"],
    "batches": ["--conf-path", "production", "--batch-size=2"],
}


@pytest.fixture(scope="module")
def ran(reference: None) -> dict[str, Any]:
    """Everything that both sides gave."""
    folder = commands.prepare()
    (folder / "keys").write_text("".join(json.dumps(keys) + "\n" for keys in [*KEYS, NO_SUCH_KEY]))
    keys = ["-f", f"{folder}/keys", "--interval=0"]
    served = Store.at(folder / "served")
    local = ["--local-data-path=data", f"--local-warehouse-location={folder}/warehouse", f"--end-date={commands.DAY}"]
    confs = [f"--conf-path=production/group_bys/quickstart/{name}.v1" for name in commands.GROUP_BYS]
    stores = {side: {name: Store.at(folder / f"{side}-{i}") for i, name in enumerate(METADATA)} for side in joins.SIDES}
    ours = commands.ours(
        folder,
        [
            *(["group-by-upload", conf, *local] for conf in confs),
            *(["group-by-upload-bulk-load", conf, *local, *served.flags(), "--uploader=Disk"] for conf in confs),
            ["metadata-upload", "--conf-path=production", *served.flags()],
            *(["metadata-upload", *words, *stores["native"][name].flags()] for name, words in METADATA.items()),
            *(["fetch", *served.flags(), *words, *keys] for words in QUESTIONS.values()),
        ],
    )
    for name, words in METADATA.items():
        commands.reference(folder, ["metadata-upload", *words, *stores["oracle"][name].flags()])
    answers = {
        name: commands.fetched(commands.reference(folder, ["fetch", *served.flags(), *words, *keys]))
        for name, words in QUESTIONS.items()
    }
    return {
        "folder": folder,
        "served": served,
        "stores": stores,
        "statuses": [result["status"] for result in ours],
        "errors": [result["err"] for result in ours],
        "answers": answers,
        "our answers": dict(zip(QUESTIONS, [r["out"] for r in ours[-len(QUESTIONS) :]], strict=True)),
    }


def test_everything_ran(ran: dict[str, Any]) -> None:
    assert set(ran["statuses"]) == {0}, ran["errors"]


def test_a_bulk_load_names_table_group_by_and_day(ran: dict[str, Any]) -> None:
    """As the reference's fork does; the settings of the store are those of the command line."""
    loads = [line for line in ran["served"].calls.read_text().splitlines() if not line.startswith("multiPut")]
    assert loads[:6] == [
        line
        for name in commands.GROUP_BYS
        for line in (
            "settings UPLOADER=disk",
            f"bulkPut default.quickstart_{name}_v1_upload quickstart.{name}.v1 {commands.DAY}",
        )
    ]


@pytest.mark.parametrize("name", METADATA)
def test_the_same_metadata(ran: dict[str, Any], name: str) -> None:
    """Datasets, keys and values; and as many writes of as many entries."""
    mine, other = (ran["stores"][side][name] for side in ("native", "oracle"))
    assert [entry for entry in mine.entries() if entry[0] != "CHRONON_ENTITY_BY_TEAM"] == [
        entry for entry in other.entries() if entry[0] != "CHRONON_ENTITY_BY_TEAM"
    ]
    assert listings(mine) == listings(other)
    assert sorted(mine.calls.read_text().splitlines()) == sorted(other.calls.read_text().splitlines())


def listings(store: Store) -> dict[str, list[str]]:
    """What teams serve; the reference has it in the order in which the file system gives files."""
    return {
        key: sorted(commands.text(part) for part in value.split(","))
        for dataset, key, value in store.entries()
        if dataset == "CHRONON_ENTITY_BY_TEAM"
    }


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_same_answers(ran: dict[str, Any], name: str) -> None:
    """The very text, of each key."""
    answers = ran["answers"][name]
    assert len(answers) == len(KEYS) + 1
    assert any("purchase" in answer or "email" in answer or "refund" in answer for answer in answers)
    assert ran["our answers"][name] == answers
