"""Semantic hashes equal those that the JVM writes to tables."""

import json
from typing import Any

import harness
import pytest

from ai.chronon.api import ttypes
from ai.chronon.repo.semantic_hash import java_hash, semantic_hashes
from ai.chronon.repo.serializer import copy_struct, from_tree

# Made by the JVM; the file names its source.
GOLDEN: dict[str, Any] = json.loads((harness.TESTS / "golden" / "semantic_hashes.json").read_text())["cases"]


@pytest.mark.parametrize("name", GOLDEN)
def test_hashes_are_those_of_the_jvm(name: str) -> None:
    join = from_tree(GOLDEN[name]["join"], ttypes.Join)
    before = copy_struct(join)
    assert semantic_hashes(join) == GOLDEN[name]["hashes"]
    assert join == before


def test_java_hash_is_unsigned() -> None:
    # From the documentation of String.hashCode: s[0]*31^(n-1) + ... + s[n-1], modulo 2^32.
    assert java_hash("ab") == 97 * 31 + 98
    assert java_hash("polygenelubricants") == 2**31
