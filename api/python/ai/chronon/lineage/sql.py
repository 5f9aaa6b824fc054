"""Where the columns of SQL come from, by sqlglot. The only module of the package that knows sqlglot.

Names of columns are in lower case: Spark does not tell `User` from `user`, and lineage has to connect them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ai.chronon.errors import ChrononError
from ai.chronon.lineage.lineage_metadata import Origin, Origins

try:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import Node, lineage
    from sqlglot.optimizer.qualify import qualify
except ImportError as error:
    raise ChrononError("lineage needs sqlglot; install it: pip install 'chronon-native[lineage]'") from error

DIALECT = "spark"
# How sqlglot writes a column whose struct, array or map is entered.
FIELD_ACCESS = "Dot"
# How sqlglot names the node over the queries of a union.
UNION_NODE = "UNION"


class SqlError(ChrononError, ValueError):
    """SQL that cannot be parsed or resolved; the message holds the SQL."""


class Expression(NamedTuple):
    """What an expression reads, and the name of what it does at its outermost; none if it only renames."""

    columns: tuple[tuple[str, ...], ...]
    transform: str | None


def transform_name(tree: exp.Expression) -> str | None:
    """The name of what an expression does at its outermost: that of its function or operator.

    >>> transform_name(sqlglot.parse_one("a + b"))
    'Add'
    """
    if isinstance(tree, exp.Alias):
        tree = tree.this
    if isinstance(tree, exp.Anonymous):
        return str(tree.this)
    if isinstance(tree, (exp.Column, exp.Identifier, exp.Star)):
        return None
    return type(tree).__name__


def _column_path(column: exp.Column) -> tuple[str, ...]:
    """A column with everything that stands before it and the fields after it, in lower case."""
    names = [part.name for part in column.parts]
    parent = column.parent
    while isinstance(parent, exp.Dot):
        names.append(parent.expression.name)
        parent = parent.parent
    return tuple(name.lower() for name in names)


def _parse(text: str) -> exp.Expression:
    """An expression as the reference sees it: read and written plainly, then read as Spark's.

    The way by the plain dialect settles how transforms are called, such as `Case` for an `if`. What it cannot
    read or would misread is read as Spark's alone.
    """
    spark = sqlglot.parse_one(text, read=DIALECT)
    try:
        written = sqlglot.parse_one(text).sql()
        plain = sqlglot.parse_one(written, read=DIALECT)
    except SqlglotError:
        return spark
    seen, wanted = ({_column_path(column) for column in tree.find_all(exp.Column)} for tree in (plain, spark))
    return plain if seen == wanted else spark


@lru_cache(maxsize=4096)
def parse_expression(text: str) -> Expression:
    """What one expression of a select or of a derivation reads.

    Raises:
        SqlError: It is not SQL.

    """
    try:
        tree = _parse(text)
    except SqlglotError as error:
        raise SqlError(f"not a SQL expression of Spark: {text!r} ({str(error).splitlines()[0]})") from error
    columns = dict.fromkeys(_column_path(column) for column in tree.find_all(exp.Column) if column.name != "*")
    return Expression(tuple(columns), transform_name(tree))


def has_subquery(text: str) -> bool:
    """Whether an expression reads other tables than its own."""
    try:
        return sqlglot.parse_one(text, read=DIALECT).find(exp.Select) is not None
    except SqlglotError:
        return False


def column_of(path: tuple[str, ...], table: str) -> tuple[str, bool]:
    """The column that a path starts at, without its table, and whether a field inside of it is read.

    >>> column_of(("events", "user", "id"), "data.events")
    ('user', True)
    """
    table_path = tuple(part.strip("`").lower() for part in table.split("."))
    for size in (len(table_path), 1):
        if len(path) > size and path[:size] == table_path[-size:]:
            path = path[size:]
            break
    return path[0], len(path) > 1


def collapse(transforms: list[str]) -> tuple[str, ...]:
    """Transforms without repetitions of one right after itself."""
    return tuple(name for i, name in enumerate(transforms) if i == 0 or transforms[i - 1] != name)


def tables_of(text: str) -> list[str]:
    """The tables that a query reads, without those that it defines itself, in the order of their names."""
    try:
        tree = sqlglot.parse_one(text, read=DIALECT)
    except SqlglotError as error:
        raise SqlError(f"not a query of Spark: {text!r} ({str(error).splitlines()[0]})") from error
    own = {each.alias_or_name for each in tree.find_all(exp.CTE)}
    names = {".".join(part.name for part in table.parts) for table in tree.find_all(exp.Table)}
    return sorted(name.lower() for name in names if name not in own)


def _nested(schema: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Columns by table as sqlglot wants them: by database, then by table."""
    result: dict[str, Any] = {}
    for table, columns in schema.items():
        inner = result
        *databases, name = table.split(".")
        for database in databases:
            inner = inner.setdefault(database, {})
        inner[name] = dict(columns)
    return result


def _leaves(node: Node, transforms: list[str], found: set[Origin]) -> None:
    """Adds what a node of sqlglot's tree comes from; `transforms` are those between it and the output."""
    if isinstance(node.expression, exp.Table):
        table = ".".join(part.name for part in node.expression.parts).lower()
        path = node.name.split(".")
        if path[-1] not in ("*", ""):
            found.add(((table, path[-1].strip('`"').lower()), collapse(transforms)))
        return
    # A node of a union stands for its first query, which does nothing to the columns of the others.
    is_query = node.name == UNION_NODE or isinstance(node.expression, exp.Query)
    name = None if is_query else transform_name(node.expression)
    for child in node.downstream:
        _leaves(child, [*([name] if name else []), *transforms], found)


def _with_sources(query: exp.Query, sources: Mapping[str, str]) -> exp.Query:
    """A query with other queries in place of some of its tables."""
    parsed: dict[str, Any] = {name: sqlglot.parse_one(text, read=DIALECT) for name, text in sources.items()}
    expanded = exp.expand(query.copy(), parsed, dialect=DIALECT)
    return expanded if isinstance(expanded, exp.Query) else query


def query_origins(
    text: str,
    schema: Mapping[str, Mapping[str, str]] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Origins:
    """Where the output columns of a query come from.

    Args:
        text: A query of Spark; of a statement that holds one, that one is taken.
        schema: Table to column to type, of the tables that are known; without it `*` has no columns.
        sources: Table to the query that stands for it.

    Raises:
        SqlError: It cannot be parsed, or a column cannot be resolved.

    """
    try:
        statement = sqlglot.parse_one(text, read=DIALECT)
        query = statement if isinstance(statement, exp.Query) else statement.find(exp.Query)
        if query is None:
            raise SqlError(f"there is no query in {text!r}")
        if sources:
            query = _with_sources(query, sources)
        tables = _nested(schema or {})
        # With a schema, `*` becomes the columns that it stands for.
        resolved = qualify(query.copy(), schema=tables, dialect=DIALECT, validate_qualify_columns=False)
        origins: Origins = {}
        for column in getattr(resolved, "named_selects", []):
            if column and column != "*":
                origins[column.lower()] = set()
                root = lineage(column, query.copy(), schema=tables, dialect=DIALECT, validate_qualify_columns=False)
                _leaves(root, [], origins[column.lower()])
    except SqlglotError as error:
        raise SqlError(f"cannot analyse {text!r}: {str(error).splitlines()[0]}") from error
    return origins
