"""Which dialect of Chronon a process speaks: decided once, by the feature repository, and nowhere else.

A repository with `teams.json` is of the **airbnb** dialect, one with a `teams.py` that imports from `ai.chronon` or
`gen_thrift` is of the **zipline** dialect, and one with both is refused. Both dialects are imported as `ai.chronon`:
the modules of this package are the airbnb ones, and `activate("zipline")` puts those of `ai.chronon.zipline` in their
place, under the same names. What has no counterpart there is refused by name.

Commands know the root of their repository and say so before they import definitions (`use_repository`). A plain
`python` import has nobody to say it: `detect` then takes the repository around the importing file, else that
around the working folder, else the airbnb dialect.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Sequence
from types import FrameType, ModuleType

from ai.chronon.errors import ChrononError, UnsupportedError

AIRBNB = "airbnb"
ZIPLINE = "zipline"
PACKAGE = "ai.chronon"
TEAMS_JSON = "teams.json"
TEAMS_PY = "teams.py"
# A file of that name may belong to any program; ours imports what it defines teams with.
IMPORTS_TEAMS = re.compile(r"^\s*(?:from|import)\s+(?:ai\.chronon|gen_thrift)\b", re.MULTILINE)

# Modules of the zipline dialect that stand in for others of the same name, or that only it has.
REPLACED = (
    "airflow_helpers",
    "data_types",
    "derivation",
    "group_by",
    "join",
    "model",
    "query",
    "source",
    "staging_query",
    "types",
    "utils",
    "windows",
    "repo.cluster",
    "repo.compile",
    "repo.constants",
    "repo.run",
    "repo.utils",
)
# Modules that author or read definitions of the airbnb dialect, and would misread those of the other.
AIRBNB_ONLY = ("api", "external_api", "lineage", "repo.explore", "repo.plan", "repo.validator", "pyspark", "airflow")
# Modules of later releases of the zipline dialect.
ZIPLINE_LATER = ("scd2",)


class DialectError(ChrononError):
    """A repository of no dialect, of both, or of another one than the command that was run in it."""


_active = {"dialect": AIRBNB}


def active() -> str:
    """The dialect that `ai.chronon` has in this process."""
    return _active["dialect"]


def _holds_zipline_teams(root: str) -> bool:
    try:
        with open(os.path.join(root, TEAMS_PY), encoding="utf-8", errors="replace") as file:
            return IMPORTS_TEAMS.search(file.read()) is not None
    except OSError:
        return False


def dialect_of(root: str) -> str | None:
    """The dialect of the repository at `root`, or None where there is no repository.

    Raises:
        DialectError: The folder has the files of both dialects.

    """
    airbnb = os.path.isfile(os.path.join(root, TEAMS_JSON))
    zipline = _holds_zipline_teams(root)
    if airbnb and zipline:
        raise DialectError(
            f"{root} holds both {TEAMS_JSON} (airbnb dialect) and {TEAMS_PY} (zipline dialect), so its definitions "
            "could mean either; keep the one that the repository is written for"
        )
    if airbnb:
        return AIRBNB
    return ZIPLINE if zipline else None


def find_repository(folder: str) -> tuple[str, str] | None:
    """Root and dialect of the innermost repository that holds a folder."""
    folder = os.path.abspath(folder)
    while True:
        dialect = dialect_of(folder)
        if dialect is not None:
            return folder, dialect
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _importing_folders(frame: FrameType | None) -> Iterator[str]:
    """The folder of the file whose import led here, then the working folder."""
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith("<frozen importlib") and not path.startswith(os.path.dirname(__file__)):
            if os.path.isabs(path) or os.path.isfile(path):
                yield os.path.dirname(os.path.abspath(path))
            break
        frame = frame.f_back
    yield os.getcwd()


def detect() -> str:
    """The dialect of a plain import: of the repository around the importing file, else around the working folder.

    Raises:
        DialectError: That repository has the files of both dialects.

    """
    try:
        folders = list(_importing_folders(sys._getframe(1)))
    except FileNotFoundError:  # the working folder is gone
        return AIRBNB
    for folder in folders:
        found = find_repository(folder)
        if found is not None:
            return found[1]
    return AIRBNB


class _Stand(importlib.abc.Loader):
    """Loads a module under the name of the one that it stands in for."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It ran under its own name; importing it under another one has put the other's spec into it.
        module.__spec__ = self._spec


class _ZiplineFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of the zipline dialect under the common names, and refuses those that only airbnb's has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(f"{PACKAGE}."):
            return None
        name = fullname.removeprefix(f"{PACKAGE}.")
        if name in REPLACED:
            return importlib.machinery.ModuleSpec(fullname, _Stand(f"{PACKAGE}.zipline.{name}"))
        if name in ZIPLINE_LATER:
            raise UnsupportedError(f"{fullname}: not supported by this version of Chronon Native yet")
        if name in AIRBNB_ONLY:
            raise UnsupportedError(
                f"{fullname} belongs to the airbnb dialect, and this repository is of the zipline dialect "
                f"({TEAMS_PY}); import the types of definitions from gen_thrift.api.ttypes or ai.chronon.types"
            )
        return None


def _forget(name: str) -> None:
    """Lets the next import of a module of this package look for it again."""
    sys.modules.pop(f"{PACKAGE}.{name}", None)
    parent, _, child = f"{PACKAGE}.{name}".rpartition(".")
    if parent in sys.modules and hasattr(sys.modules[parent], child):
        delattr(sys.modules[parent], child)


def activate(dialect: str) -> None:
    """Makes `ai.chronon` speak a dialect from here on; a second call with the same dialect does nothing.

    Raises:
        DialectError: The process speaks the zipline dialect, and cannot go back.

    """
    if dialect == active():
        return
    if dialect != ZIPLINE:
        raise DialectError(f"this process already speaks the {active()} dialect; start another one for {dialect}")
    _active["dialect"] = ZIPLINE
    sys.meta_path.insert(0, _ZiplineFinder())
    for name in REPLACED:
        _forget(name)


def airbnb_module(name: str) -> ModuleType:
    """A module of the airbnb dialect, whatever dialect is spoken; for tools that both share."""
    fullname = f"{PACKAGE}.{name}"
    if active() == AIRBNB:
        return importlib.import_module(fullname)
    parent = importlib.import_module(fullname.rpartition(".")[0])
    spec = importlib.machinery.PathFinder.find_spec(fullname, parent.__path__)
    if spec is None or spec.loader is None:
        raise ImportError(f"{fullname} is missing from the installation")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def use_repository(root: str, wanted: str) -> None:
    """Takes the dialect of the repository that a command was given.

    Raises:
        DialectError: The folder is no repository of the wanted dialect; the message says which command to run.

    """
    dialect = dialect_of(root)
    if dialect is not None and dialect != wanted:
        command = "zipline compile" if dialect == ZIPLINE else "compile.py"
        raise DialectError(f"{root} is a repository of the {dialect} dialect, not of {wanted}; run {command} there")
    if wanted == ZIPLINE and dialect is None and not os.path.isfile(os.path.join(root, TEAMS_PY)):
        raise DialectError(f"{root} has no {TEAMS_PY}; run from the root of the repository or give --chronon-root")
    activate(wanted)
