"""Every case compiles to equal bytes with both packages, or fails in both for the same reason."""

import re
from typing import Any

import pytest
import suite

CASES = {case.name: case for case in suite.load()}
# Errors that the reference raises on purpose; others are accidents inside of it.
ON_PURPOSE = {"AssertionError", "ValueError", "KeyError", "IndexError"}
# The reference looks for modules among all objects that refer to a definition, in whatever order these come.
LOST_SEARCH = re.compile(r"argument of type '\w+' is not iterable")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
PROGRESS = re.compile(r"Using chronon root|Input \w+ from| (Team|Name) - |Writing|Successfully|Skipping|Warning")


def displayed(results: dict[str, Any]) -> list[str]:
    """The lines that the displays printed, without colours and progress."""
    lines = [line.rstrip() for step in results["steps"] for line in ANSI.sub("", step["printed"]).splitlines()]
    return [line for line in lines if line and not PROGRESS.search(line)]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, ours: dict[str, Any], reference: dict[str, Any]) -> None:
    case, actual, expected = CASES[name], ours[name], reference[name]
    errors = [(theirs["error"], own["error"]) for theirs, own in zip(expected["steps"], actual["steps"], strict=True)]
    if case.accepts:
        assert any(theirs and not own for theirs, own in errors), f"not a divergence any more: {case.accepts}"
        return
    if case.rejects:
        assert any(own and not theirs for theirs, own in errors), f"not a divergence any more: {case.rejects}"
        errors = []
    for theirs, own in errors:
        if theirs and not own and LOST_SEARCH.search(theirs["message"]):
            pytest.skip("the reference's search for the definition's module came across another object first")
        assert (own is None) == (theirs is None), f"reference: {theirs}, ours: {own}"
        if own and theirs:
            assert "ChrononError" in own["types"], own
            assert theirs["types"][0] in own["types"] or not ON_PURPOSE.intersection(theirs["types"]), (theirs, own)
    if case.names:
        messages = " ".join(step["error"]["message"] for step in actual["steps"] if step["error"])
        assert [fact for fact in case.names if fact not in messages] == [], messages
    if case.differs or case.rejects:
        assert actual["files"] != expected["files"], f"equal now: {case.differs}"
        return
    assert sorted(actual["files"]) == sorted(expected["files"])
    for path, text in expected["files"].items():
        assert actual["files"][path] == text, path
    if case.output:
        assert displayed(actual) == displayed(expected)


def test_errors_name_their_facts(ours: dict[str, Any]) -> None:
    """Every case that fails says which facts its error has to name."""
    nameless = [
        name
        for name, result in ours.items()
        if any(step["error"] for step in result["steps"]) and not CASES[name].names
    ]
    assert nameless == []
