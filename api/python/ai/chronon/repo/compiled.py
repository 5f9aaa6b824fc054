"""The compiled files of a repository: where they are, what is in them, and what depends on what."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TypeVar

from ai.chronon.api import ttypes
from ai.chronon.errors import CompiledFileError
from ai.chronon.naming import meta_data
from ai.chronon.repo.layout import FOLDERS
from ai.chronon.repo.serializer import file2thrift, to_tree

# A nameless part's GroupBy has no file of its own; names of definitions have team, file and variable.
PARTS_OF_A_FILE_NAME = 3
Compilable = ttypes.GroupBy | ttypes.Join | ttypes.StagingQuery
AnyCompilable = TypeVar("AnyCompilable", bound=Compilable)


def folder_of(definition: Compilable) -> str:
    """The folder that definitions of this kind live in."""
    return next(folder for folder, kind in FOLDERS.items() if isinstance(definition, kind))


def split_name(name: str) -> tuple[str, str]:
    """The team of a definition, and the name of its file."""
    team, _, rest = name.partition(".")
    return team, rest


def write_atomically(path: str, text: str) -> None:
    """Writes a file as a whole or not at all."""
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@lru_cache(maxsize=1)
def _umask() -> int:
    """The umask of this process, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


class CompiledRepository:
    """The compiled files below one output folder, as they were when first asked for.

    A file that cannot be read counts as absent and is noted in `broken`, by its path.
    """

    def __init__(self, output_root: str) -> None:
        """Takes the folder that holds `group_bys` and `joins`."""
        self.output_root = output_root
        self.broken: dict[str, CompiledFileError] = {}

    @cached_property
    def group_bys(self) -> dict[str, ttypes.GroupBy]:
        """Compiled GroupBys by name."""
        return dict(self._load("group_bys", ttypes.GroupBy))

    @cached_property
    def joins(self) -> dict[str, ttypes.Join]:
        """Compiled joins by name."""
        return dict(self._load("joins", ttypes.Join))

    @cached_property
    def _joins_by_part(self) -> dict[str, list[ttypes.Join]]:
        index: dict[str, list[ttypes.Join]] = {}
        for join in self.joins.values():
            for name in dict.fromkeys(part_names(join)):
                index.setdefault(name, []).append(join)
        return index

    @cached_property
    def _group_bys_by_parent(self) -> dict[str, list[ttypes.GroupBy]]:
        index: dict[str, list[ttypes.GroupBy]] = {}
        for group_by in self.group_bys.values():
            for parent in dict.fromkeys(str(meta_data(join).name) for join in parent_joins(group_by)):
                index.setdefault(parent, []).append(group_by)
        return index

    def _load(self, folder: str, kind: type[AnyCompilable]) -> Iterator[tuple[str, AnyCompilable]]:
        for parent, _, names in sorted(os.walk(os.path.join(self.output_root, folder))):
            for name in sorted(names):
                if not name.startswith("."):
                    definition = self._read(os.path.join(parent, name), kind)
                    if definition is not None:
                        yield str(meta_data(definition).name), definition

    def _read(self, path: str, kind: type[AnyCompilable]) -> AnyCompilable | None:
        try:
            return file2thrift(path, kind)
        except CompiledFileError as error:
            self.broken[path] = error
            return None

    def path(self, definition: Compilable) -> str:
        """The file of a definition, whether it exists or not."""
        team, rest = split_name(str(meta_data(definition).name))
        return os.path.join(self.output_root, folder_of(definition), team, rest)

    def previous(self, definition: AnyCompilable) -> AnyCompilable | None:
        """What is compiled under the name of a definition."""
        path = self.path(definition)
        return self._read(path, type(definition)) if os.path.isfile(path) else None

    def including(self, definitions: Iterable[Compilable]) -> "CompiledRepository":
        """The same files, and the joins among the definitions that are about to be written."""
        later = CompiledRepository(self.output_root)
        later.group_bys = self.group_bys
        joins = {str(meta_data(join).name): join for join in definitions if isinstance(join, ttypes.Join)}
        later.joins = {**self.joins, **joins}
        return later

    def joins_with(self, group_by_name: str) -> list[ttypes.Join]:
        """Compiled joins of which a GroupBy is a part."""
        return self._joins_by_part.get(group_by_name, [])

    def downstream(self, definition: Compilable) -> list[Compilable]:
        """The compiled definitions that are made of this one: joins of its GroupBy, GroupBys over its join.

        Those without a file of their own, which are named without one, are left out.
        """
        name = str(meta_data(definition).name)
        made: list[Compilable] = []
        if isinstance(definition, ttypes.Join):
            made += self._group_bys_by_parent.get(name, [])
        elif isinstance(definition, ttypes.GroupBy):
            made += self.joins_with(name)
        return [item for item in made if len(str(meta_data(item).name).split(".")) >= PARTS_OF_A_FILE_NAME]


def parent_joins(group_by: ttypes.GroupBy) -> list[ttypes.Join]:
    """The joins that a GroupBy reads from."""
    sources = [source.joinSource for source in group_by.sources or []]
    return [source.join for source in sources if source is not None and source.join is not None]


def parts(join: ttypes.Join) -> list[ttypes.GroupBy]:
    """The GroupBys of a join."""
    return [part.groupBy for part in join.joinParts or [] if part.groupBy is not None]


def part_names(join: ttypes.Join) -> list[str]:
    """The names of the GroupBys of a join."""
    return [str(meta_data(group_by).name) for group_by in parts(join)]


def logic(definition: Compilable) -> dict[str, object]:
    """What an overwrite compares: a definition without its meta data and that of its parts."""
    tree = to_tree(definition)
    tree.pop("metaData", None)
    tree.pop("onlineExternalParts", None)
    join_parts = tree.get("joinParts")
    for part in join_parts if isinstance(join_parts, list) else []:
        part.get("groupBy", {}).pop("metaData", None)
    return tree
