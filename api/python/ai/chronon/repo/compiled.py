"""The compiled files of a repository: where they are, what is in them, and what depends on what."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from ai.chronon.api import ttypes
from ai.chronon.naming import meta_data
from ai.chronon.repo.layout import FOLDERS
from ai.chronon.repo.serializer import file2thrift, to_tree

# A nameless part's GroupBy has no file of its own; names of definitions have team, file and variable.
PARTS_OF_A_FILE_NAME = 3
Compilable = ttypes.GroupBy | ttypes.Join
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
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


class CompiledRepository:
    """The compiled files below one output folder, as they were when first asked for."""

    def __init__(self, output_root: str) -> None:
        """Takes the folder that holds `group_bys` and `joins`."""
        self.output_root = output_root

    @cached_property
    def group_bys(self) -> dict[str, ttypes.GroupBy]:
        """Compiled GroupBys by name."""
        return dict(self._load("group_bys", ttypes.GroupBy))

    @cached_property
    def joins(self) -> dict[str, ttypes.Join]:
        """Compiled joins by name."""
        return dict(self._load("joins", ttypes.Join))

    def _load(self, folder: str, kind: type[AnyCompilable]) -> Iterator[tuple[str, AnyCompilable]]:
        for parent, _, names in sorted(os.walk(os.path.join(self.output_root, folder))):
            for name in sorted(names):
                if not name.startswith("."):
                    definition = file2thrift(os.path.join(parent, name), kind)
                    yield str(meta_data(definition).name), definition

    def path(self, definition: Compilable) -> str:
        """The file of a definition, whether it exists or not."""
        team, rest = split_name(str(meta_data(definition).name))
        return os.path.join(self.output_root, folder_of(definition), team, rest)

    def previous(self, definition: AnyCompilable) -> AnyCompilable | None:
        """What is compiled under the name of a definition."""
        path = self.path(definition)
        return file2thrift(path, type(definition)) if os.path.isfile(path) else None

    def including(self, definitions: Iterable[Compilable]) -> "CompiledRepository":
        """The same files, and the joins among the definitions that are about to be written."""
        later = CompiledRepository(self.output_root)
        later.group_bys = self.group_bys
        joins = {str(meta_data(join).name): join for join in definitions if isinstance(join, ttypes.Join)}
        later.joins = {**self.joins, **joins}
        return later

    def joins_with(self, group_by_name: str) -> list[ttypes.Join]:
        """Compiled joins of which a GroupBy is a part."""
        return [join for join in self.joins.values() if group_by_name in part_names(join)]

    def downstream(self, definition: Compilable) -> list[str]:
        """Names of the compiled definitions that are made of this one, sorted; a join has none yet."""
        if isinstance(definition, ttypes.Join):
            return []
        names = [str(meta_data(join).name) for join in self.joins_with(str(meta_data(definition).name))]
        return sorted(name for name in names if len(name.split(".")) >= PARTS_OF_A_FILE_NAME)


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
