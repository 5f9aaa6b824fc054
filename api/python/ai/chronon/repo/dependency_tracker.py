"""What is made of a compiled definition, for programs that compile files by themselves."""

import logging
import os

from ai.chronon.api import ttypes
from ai.chronon.errors import PathError
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import Compilable, CompiledRepository
from ai.chronon.repo.layout import FOLDERS
from ai.chronon.repo.serializer import file2thrift


class ChrononEntityDependencyTracker:
    """Downstream definitions by the path of a compiled file."""

    def __init__(self, chronon_root_path: str, log_level: int = logging.INFO) -> None:
        """Takes the folder that holds the compiled `group_bys` and `joins`."""
        self.log_level = log_level
        self._compiled = CompiledRepository(chronon_root_path)

    def get_downstream(self, conf_path: str) -> list[Compilable]:
        """The compiled definitions that are made of the one in a file.

        Raises:
            PathError: The path has no folder of definitions.
            CompiledFileError: The file cannot be read.

        """
        folders = [folder for folder in os.path.normpath(conf_path).split(os.sep) if folder in FOLDERS]
        if not folders:
            raise PathError(f"{conf_path} is in none of the folders {', '.join(FOLDERS)}")
        definition: Compilable = file2thrift(conf_path, FOLDERS[folders[-1]])
        if isinstance(definition, ttypes.StagingQuery):
            return []
        return self._compiled.downstream(definition)

    def get_downstream_names(self, conf_path: str) -> list[str]:
        """Their names."""
        return [str(meta_data(definition).name) for definition in self.get_downstream(conf_path)]
