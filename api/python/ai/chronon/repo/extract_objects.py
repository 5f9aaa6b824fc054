"""Definitions of files and folders by name, for programs that do not compile them."""

import logging

from ai.chronon.errors import ChrononError
from ai.chronon.logger import get_logger
from ai.chronon.naming import meta_data
from ai.chronon.repo.compiled import AnyCompilable
from ai.chronon.repo.discovery import definitions, import_file, module_files


def from_file(
    root_path: str, file_path: str, cls: type[AnyCompilable], log_level: int = logging.INFO
) -> dict[str, AnyCompilable]:
    """The definitions of one kind in a file, by name; the root has to be importable.

    Raises:
        Exception: Whatever the file raises.

    """
    get_logger(log_level).debug("reading %s", file_path)
    return {str(meta_data(found).name): found for found in definitions(import_file(root_path, file_path), cls)}


def from_folder(
    root_path: str, full_path: str, cls: type[AnyCompilable], log_level: int = logging.INFO
) -> dict[str, AnyCompilable]:
    """The definitions of one kind below a folder, or in a file, by name; files that fail are logged.

    Raises:
        MissingFileError: There is nothing at the path.

    """
    found: dict[str, AnyCompilable] = {}
    for file in module_files(full_path):
        try:
            found.update(from_file(root_path, file, cls, log_level))
        except ChrononError as error:
            get_logger(log_level).error("%s: %s", file, error)
        except Exception:  # noqa: BLE001 - a module of the repository may raise anything
            get_logger(log_level).exception("%s cannot be imported", file)
    return found
