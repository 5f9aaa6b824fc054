"""Which feature repository definitions belong to, for what they need to know while they are imported."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ROOT_VARIABLE = "CHRONON_ROOT"
_ROOT: ContextVar[str | None] = ContextVar("chronon_root", default=None)


def repository_root() -> str:
    """The root: that of the running compilation, else `CHRONON_ROOT`, else the working directory."""
    return _ROOT.get() or os.environ.get(ROOT_VARIABLE) or os.getcwd()


@contextmanager
def repository_at(root: str) -> Iterator[None]:
    """Makes `root` the repository of everything that is imported in the meantime."""
    token = _ROOT.set(root)
    try:
        yield
    finally:
        _ROOT.reset(token)
