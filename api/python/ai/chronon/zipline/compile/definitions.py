"""Finds the definitions of a repository: the variables of the modules in its folders."""

import copy
import importlib
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

from ai.chronon.errors import ChrononError
from ai.chronon.zipline.naming import FOLDERS, Definition, folder_of, meta_data, versioned
from gen_thrift.api import ttypes

# The order in which folders are read; what two modules hold belongs to the one that is read first.
ORDER = ("staging_queries", "group_bys", "joins", "models", "model_transforms")
AIRBNB_TYPES = "ai.chronon.api.ttypes"


@dataclass
class Found:
    """A definition, and the file whose variable it is."""

    definition: Definition
    path: str

    @property
    def name(self) -> str:
        """The name of the definition."""
        return str(meta_data(self.definition).name)

    @property
    def folder(self) -> str:
        """The folder that its compiled file stands in."""
        return folder_of(self.definition)


@dataclass
class Discovery:
    """What the modules of a repository hold, and the files that cannot be taken, each with the reason."""

    found: list[Found] = field(default_factory=list)
    failed: dict[str, list[Exception]] = field(default_factory=dict)

    def fail(self, path: str, error: Exception) -> None:
        """Notes an error of a file."""
        self.failed.setdefault(path, []).append(error)


def location(error: BaseException, root: str) -> str | None:
    """The innermost line of the repository that an error, or its cause, came through; `file:line` from the root."""
    cause = error.__cause__ or error
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(cause.__traceback__)]
    inside = [(path, line) for path, line in lines if path.startswith(root + os.sep)]
    return f"{os.path.relpath(inside[-1][0], root)}:{inside[-1][1]}" if inside else None


def module_files(root: str) -> Iterator[str]:
    """The Python files of the folders with definitions, folder by folder, sorted."""
    for folder in ORDER:
        top = os.path.join(root, folder)
        files = [os.path.join(at, name) for at, _, names in os.walk(top) for name in names if name.endswith(".py")]
        yield from sorted(files)


def module_name(root: str, path: str) -> str:
    """The dotted name of a file of the repository."""
    return os.path.splitext(os.path.relpath(path, root))[0].replace(os.sep, ".")


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ChrononError:
        raise
    except Exception as error:
        raise ChrononError(f"it fails with {type(error).__name__}: {error}") from error


def _kind_of(value: object) -> type[Definition] | None:
    return next((kind for kind in FOLDERS.values() if isinstance(value, kind)), None)


def _refuse_airbnb(module: ModuleType) -> None:
    for variable, value in vars(module).items():
        if type(value).__module__ == AIRBNB_TYPES:
            raise ChrononError(
                f"{variable} is a {type(value).__name__} of the airbnb dialect; make it with the functions of "
                "ai.chronon.types, and import no type from ai.chronon.api"
            )


def _definitions(module: ModuleType, path: str, seen: set[int]) -> Iterator[Found]:
    rest = module.__name__.partition(".")[2]
    for variable, value in list(vars(module).items()):
        if _kind_of(value) is None or id(value) in seen:
            continue
        seen.add(id(value))
        definition = copy.deepcopy(value)
        data = meta_data(definition)
        data.name = versioned(f"{rest}.{variable}", data.version)
        data.team = rest.split(".")[0]
        yield Found(definition, path)


def discover(root: str) -> Discovery:
    """Imports every file of the folders with definitions; one that fails does not keep the others from being read."""
    if root not in sys.path:
        sys.path.insert(0, root)
    importlib.invalidate_caches()
    discovery = Discovery()
    seen: set[int] = set()
    names: dict[tuple[str, str], str] = {}
    for path in module_files(root):
        try:
            module = _import(module_name(root, path))
            _refuse_airbnb(module)
            found = list(_definitions(module, path, seen))
        except Exception as error:  # noqa: BLE001 - a module may fail in any way; the others are still reported
            discovery.fail(path, error)
            continue
        for item in found:
            first = names.setdefault((item.folder, item.name), path)
            if first != path:
                discovery.fail(
                    path,
                    ChrononError(f"{item.name} of {item.folder} is also defined in {first}; rename one of the two"),
                )
            else:
                discovery.found.append(item)
    return discovery


def reads_models(definition: Definition) -> bool:
    """Whether the definition is about models, which have neither features nor dependencies of their own."""
    return isinstance(definition, (ttypes.Model, ttypes.ModelTransforms))
