"""Authoring functions give the objects, and the kinds of errors, that the reference's give."""

from pathlib import Path

import pytest
from zipline import tools

LINES = Path(__file__).with_name("expressions.txt").read_text(encoding="utf-8").splitlines()
EXPRESSIONS = [line for line in LINES if line and not line.startswith("#")]

NO_NAME = "the reference stumbles over the missing name (AttributeError); ours says that there is none"
# Expressions for which ours differs, and why that is better. The test fails when one no longer differs.
DIFFERENT = {
    'Aggregation(input_column="a", operation=Operation.LAST_K)': "an operation that was not called is refused",
    'Aggregation("a", Operation.SUM, windows=Window(1, TimeUnit.DAYS))': "the message says what is wrong",
    "type(Aggregations(a=Aggregation())).__name__": "a list: the reference's view can be neither added nor copied",
    'GroupBy(E(), ["a"], Aggregations(b=Aggregation(operation=Operation.SUM)))': "as above: fails to compile there",
    'GroupBy(E(), None, [Aggregation("b")])': "the message says what is wrong",
    'GroupBy(E(), ["a"], [3])': "the message says what is wrong",
    'GroupBy(E(), "a", [Aggregation("b")])': "the message says what is wrong",
    "J(left=E().events)": "the message says what is wrong",
    "J(left=None)": "the message says what is wrong",
    'J(left=EventSource("t", Query(selects("a"))))': "refused here, not when the file is written",
    "normalize_source(3)": "the reference prints and goes on with None",
    "normalize_source(J())": "the reference prints and goes on with None",
    "G().table": NO_NAME,
    "J().table": NO_NAME,
    'J(output_namespace="ns").table': NO_NAME,
    'StagingQuery("SELECT 1", output_namespace="ns").table': NO_NAME,
}


def _is_nameless(theirs: dict[str, object]) -> bool:
    return "startswith" in str(theirs.get("message"))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gives_what_the_reference_gives(reference: tools.Tool, ours: tools.Tool, expression: str) -> None:
    theirs = reference.ask(expression=expression)
    mine = ours.ask(expression=expression)
    if expression in DIFFERENT or _is_nameless(theirs):
        assert mine != theirs
        assert "error" not in mine or "ChrononError" in mine["error"]
    elif "error" in theirs:
        assert "error" in mine, mine
        assert theirs["error"][0] in mine["error"], (theirs, mine)
    else:
        assert mine == theirs


def test_differences_are_of_expressions_that_are_tested() -> None:
    assert set(DIFFERENT) <= set(EXPRESSIONS)
    assert len(EXPRESSIONS) > 250
