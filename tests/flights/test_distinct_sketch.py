"""The sketch worked out from its definition, against known answers of the library that Chronon pins."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from distinct_sketch import estimate, pair

VECTORS = Path(__file__).parents[1] / "golden" / "sketch-vectors.txt"


def vectors(kind: str) -> list[tuple[int, int, float]]:
    """Of all sketches of a kind: how many values went in, how many pairs it holds, what it estimates."""
    found = []
    for line in VECTORS.read_text().splitlines():
        words = line.split()
        if words[0] == "cpc" and words[1].startswith(f"{kind}:") and words[1] != f"{kind}:0":
            pairs = int.from_bytes(bytes.fromhex(words[3])[8:12], "little")
            found.append((int(words[1].split(":")[1]), pairs, struct.unpack(">d", bytes.fromhex(words[2]))[0]))
    return found


@pytest.mark.parametrize(("values", "pairs"), [(values, pairs) for values, pairs, _ in vectors("str")])
def test_strings_make_as_many_pairs_as_in_the_library(values: int, pairs: int) -> None:
    assert len({pair(f"key-{i}-é") for i in range(values)}) == pairs


@pytest.mark.parametrize("kind", ["clone", "union"])
def test_merged_sketches_are_estimated_by_their_pairs(kind: str) -> None:
    # The library solves by a polynomial, which is good to some digits; above 1,000 pairs to fewer.
    cases = [(pairs, answer) for _, pairs, answer in vectors(kind) if pairs < 1000]
    assert len(cases) > 5
    assert [estimate(pairs) for pairs, _ in cases] == pytest.approx([answer for _, answer in cases], rel=1e-5)
