"""What a distinct-count sketch of 2^8 rows says about a set of strings, worked out from its definition.

A string is hashed (MurmurHash3, x64, 128 bits, seed 9001); eight bits choose a row, and the leading zeros of the other
half a column. The sketch is the set of (row, column) pairs seen, so two sets with as many pairs get the same estimate:
the number of strings of which that many pairs are expected.
"""

from __future__ import annotations

import math

LG_ROWS = 8
SEED = 9001
COLUMNS = 64
MASK = (1 << 64) - 1
C1, C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F


def _rotate(x: int, by: int) -> int:
    return ((x << by) | (x >> (64 - by))) & MASK


def _mix(x: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = ((x ^ (x >> 33)) * factor) & MASK
    return x ^ (x >> 33)


def murmur3(data: bytes, seed: int = SEED) -> tuple[int, int]:
    """The two halves of MurmurHash3 for x64."""
    first = second = seed
    whole = len(data) // 16 * 16
    for at in range(0, whole, 16):
        low, high = (int.from_bytes(data[at + i : at + i + 8], "little") for i in (0, 8))
        first ^= _rotate(low * C1 & MASK, 31) * C2 & MASK
        first = (_rotate(first, 27) + second) * 5 + 0x52DCE729 & MASK
        second ^= _rotate(high * C2 & MASK, 33) * C1 & MASK
        second = (_rotate(second, 31) + first) * 5 + 0x38495AB5 & MASK
    rest = data[whole:]
    low, high = int.from_bytes(rest[:8], "little"), int.from_bytes(rest[8:], "little")
    second ^= _rotate(high * C2 & MASK, 33) * C1 & MASK
    first ^= _rotate(low * C1 & MASK, 31) * C2 & MASK
    first, second = first ^ len(data), second ^ len(data)
    first = first + second & MASK
    second = second + first & MASK
    first, second = _mix(first), _mix(second)
    first = first + second & MASK
    return first, second + first & MASK


def pair(value: str) -> tuple[int, int]:
    """The row and column of a string."""
    first, second = murmur3(value.encode())
    return first % (1 << LG_ROWS), min(COLUMNS - 1, 64 - second.bit_length())


def expected_pairs(strings: float) -> float:
    """How many distinct pairs so many distinct strings are expected to make."""
    rows = 1 << LG_ROWS
    chances = (2.0 ** -min(column + 1, COLUMNS - 1) / rows for column in range(COLUMNS))
    return rows * sum(-math.expm1(strings * math.log1p(-chance)) for chance in chances)


def estimate(pairs: int) -> float:
    """The number of strings of which `pairs` distinct pairs are expected."""
    low, high = 0.0, 1.0
    while expected_pairs(high) < pairs:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expected_pairs(middle) < pairs else (low, middle)
    return high
