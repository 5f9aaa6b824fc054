"""The compiled files of a repository: reading them, and putting new ones in their place as a whole."""

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from ai.chronon.errors import ChrononError, CompiledFileError
from ai.chronon.repo.serializer import to_tree

OUTPUT_FOLDER = "compiled"
# New files are written beside the old ones, and take their place when all of them are there.
STAGING_FOLDER = "compiled_staging"
TEAMS_FOLDER = "teams_metadata"
# The old files for as long as it takes to move the new ones to their place.
REPLACED_SUFFIX = "_replaced"


def _keep_whole_numbers(struct: Any, tree: Any) -> None:
    """Writes a floating field that was given a whole number as that number, as existing files have it."""
    if isinstance(struct, (list, tuple)):
        for item, inner in zip(struct, tree, strict=True):
            _keep_whole_numbers(item, inner)
    elif hasattr(struct, "thrift_spec"):
        for name in tree:
            value = getattr(struct, name)
            if isinstance(value, int) and isinstance(tree[name], float):
                tree[name] = value
            _keep_whole_numbers(value, tree[name])


def text_of(struct: object) -> str:
    """The text of a compiled file: keys sorted, indented by two, ASCII only, without a newline at the end."""
    tree = to_tree(struct)
    _keep_whole_numbers(struct, tree)
    return json.dumps(tree, indent=2, sort_keys=True)


def path_of(folder: str, name: str) -> str:
    """The compiled file of a definition, from the output folder.

    >>> path_of("group_bys", "team.path.file.variable__1")
    'group_bys/team/path.file.variable__1'
    """
    team, _, rest = name.partition(".")
    return f"{folder}/{team}/{rest}"


def team_path(team: str) -> str:
    """The compiled file of a team, from the output folder."""
    return f"{TEAMS_FOLDER}/{team}/{team}_team_metadata"


def name_of(path: str) -> str:
    """The name of the definition that a compiled file holds."""
    _, team, rest = path.split("/", 2)
    return f"{team}.{rest}"


def _checked_text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read()
            json.loads(text)
        except ValueError as error:
            raise CompiledFileError(f"{path} is not JSON: {error}; delete it, and compile again") from error
    return text


def recover(root: str) -> None:
    """Puts old files back that a killed run had moved away and not yet replaced."""
    output = os.path.join(root, OUTPUT_FOLDER)
    if not os.path.isdir(output) and os.path.isdir(output + REPLACED_SUFFIX):
        os.replace(output + REPLACED_SUFFIX, output)


def read(root: str) -> dict[str, str]:
    """The compiled files of a repository: path from the output folder to text; those of teams are left out.

    Raises:
        CompiledFileError: A file cannot be read back; the message names it.

    """
    top = os.path.join(root, OUTPUT_FOLDER)
    texts = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, top).replace(os.sep, "/")
            if relative.count("/") > 1 and not relative.startswith(TEAMS_FOLDER) and not name.startswith("."):
                texts[relative] = _checked_text(path)
    return texts


def write(root: str, texts: Mapping[str, str]) -> None:
    """Puts files in place of all that are there; a failure leaves the old ones as they were.

    Raises:
        ChrononError: A file or folder cannot be written.

    """
    output, staging = os.path.join(root, OUTPUT_FOLDER), os.path.join(root, STAGING_FOLDER)
    shutil.rmtree(staging, ignore_errors=True)
    try:
        _write(output, staging, texts)
    except OSError as error:
        raise ChrononError(f"cannot write {error.filename}: {error.strerror}; nothing was changed") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(output: str, staging: str, texts: Mapping[str, str]) -> None:
    os.makedirs(staging)
    for relative, text in sorted(texts.items()):
        path = os.path.join(staging, relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    replaced = f"{output}{REPLACED_SUFFIX}"
    shutil.rmtree(replaced, ignore_errors=True)
    if os.path.isdir(output):
        os.replace(output, replaced)
    os.replace(staging, output)
    shutil.rmtree(replaced, ignore_errors=True)
