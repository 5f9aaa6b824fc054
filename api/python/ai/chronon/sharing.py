"""Notes which queries several modules share, while a whole repository is compiled in one process.

A GroupBy completes the query of its source in place. Where two modules share that query, what one of them
compiles to depends on whether the other was imported before; the compiler then gives each of them a fresh start.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ai.chronon.api import ttypes


@dataclass
class QueryUse:
    """One query, the modules that use it, and whether any of them changed it; the query is kept for its identity."""

    query: ttypes.Query
    modules: set[str] = field(default_factory=set)
    changed: bool = False


_USES: ContextVar[dict[int, QueryUse] | None] = ContextVar("query_uses", default=None)


def note_use(query: ttypes.Query, *, changed: bool) -> None:
    """Notes that the module that is being imported uses a query; does nothing outside of a whole compilation."""
    uses = _USES.get()
    if uses is not None:
        use = uses.setdefault(id(query), QueryUse(query))
        use.modules.add(_importing_module())
        use.changed |= changed


@contextmanager
def noting_uses() -> Iterator[dict[int, QueryUse]]:
    """Collects the uses of queries by their identity."""
    uses: dict[int, QueryUse] = {}
    token = _USES.set(uses)
    try:
        yield uses
    finally:
        _USES.reset(token)


def _importing_module() -> str:
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))
