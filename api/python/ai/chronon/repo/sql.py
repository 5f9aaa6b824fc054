"""What Spark's parser would say to a piece of SQL, as far as sqlglot knows; it is imported only when needed."""

import logging
import re
from functools import lru_cache

# Most expressions are bare columns or numbers: these need no parser.
PLAIN = re.compile(r"\s*(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\d+(?:\.\d+)?|\*)\s*")
CAST = re.compile(r"\s*cast\s*\(", re.IGNORECASE)
# Simple types of Spark by sqlglot's names of them.
KINDS = {
    **{name: name for name in ("TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL")},
    **{name: name for name in ("BOOLEAN", "BINARY", "DATE", "TIMESTAMP")},
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR"), "STRING"),
    **dict.fromkeys(("TIMESTAMPTZ", "TIMESTAMPNTZ"), "TIMESTAMP"),
}
TEMPLATE = "{{"
LAMBDA = "->"


def sql_problem(text: object, *, statement: bool = False) -> str | None:
    """What is wrong with an SQL expression or statement, in words; `None` if it parses, or holds templates.

    What is no text at all is not this function's business.
    """
    if not isinstance(text, str) or not text or TEMPLATE in text or PLAIN.fullmatch(text):
        return None
    return _problem(text, statement)


@lru_cache(maxsize=65536)
def _problem(text: str, statement: bool) -> str | None:
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - slow to import

    try:
        _parse(text, statement=statement)
    except SqlglotError as error:
        details = getattr(error, "errors", None)
        near = details[0].get("highlight") if details else None
        return f"{text!r} is not valid SQL" + (f"; it stops making sense at {near!r}" if near else "")
    return None


def _parse(text: str, *, statement: bool) -> object:
    import sqlglot  # noqa: PLC0415 - slow to import

    # Its warnings are about statements that it knows by their first word only.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    return sqlglot.parse(text, dialect="spark") if statement else sqlglot.parse_one(f"SELECT {text}", dialect="spark")


def columns_of(text: object) -> frozenset[str]:
    """The columns that an SQL expression reads; none for one that does not parse, or whose lambdas have names too."""
    if not isinstance(text, str) or TEMPLATE in text or LAMBDA in text:
        return frozenset()
    return _columns_of(text)


@lru_cache(maxsize=65536)
def _columns_of(text: str) -> frozenset[str]:
    from sqlglot import exp  # noqa: PLC0415 - slow to import
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        tree = _parse(text, statement=False)
    except SqlglotError:
        return frozenset()
    found = tree.find_all(exp.Column) if isinstance(tree, exp.Select) else []
    # A name with dots is a field of the column that it begins with.
    return frozenset(column.parts[0].name for column in found)


def cast_type(text: object) -> str | None:
    """The simple Spark type that an expression is cast to as a whole, or `None` if it is no such cast."""
    return _cast_type(text) if isinstance(text, str) and CAST.match(text) else None


@lru_cache(maxsize=65536)
def _cast_type(text: str) -> str | None:
    from sqlglot import exp  # noqa: PLC0415 - slow to import
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        tree = _parse(text, statement=False)
    except SqlglotError:
        return None
    chosen = tree.expressions if isinstance(tree, exp.Select) else []
    if len(chosen) != 1 or not isinstance(chosen[0], exp.Cast):
        return None
    kind = chosen[0].to.this
    return KINDS.get(str(kind.value if hasattr(kind, "value") else kind))
